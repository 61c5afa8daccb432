// Every source is compiled with -g, so that the linker can name lines. That must not show in the module.

import assert from 'node:assert/strict';
import { appendFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { BuildableArch } from '../../extension/core/arch/names.ts';
import { readLines } from '../../extension/core/elf/dwarf-lines.ts';
import { readObject } from '../../extension/core/elf/read-object.ts';
import { micropythonSource } from '../micropython/source.ts';
import { buildProject, examples, type Project } from '../projects.ts';
import { needed } from '../setup/need.ts';

const archs: readonly BuildableArch[] = ['x64', 'x86', 'armv6m', 'armv7m', 'armv7emsp', 'rv32imc', 'rv64imc'];
const projects = await examples();
after(() => Promise.all(projects.map(({ dir }) => rm(dir, { recursive: true, force: true }))));

for (const project of projects) {
  test(`${project.name}: the same bytes with and without debug information on ${archs.join(', ')}`, async (t) => {
    const tree = await needed(t, "MicroPython's source", micropythonSource);
    if (!tree) return;
    const withLines = await modules(project, tree.path);
    assert.ok(await hasLines(project, 'x64'));
    await appendFile(join(project.dir, 'Makefile'), '\nCFLAGS += -g0\n');
    const without = await modules(project, tree.path);
    assert.ok(!(await hasLines(project, 'x64')));
    for (const arch of archs) assert.deepEqual(withLines.get(arch), without.get(arch), arch);
  });
}

async function modules(project: Project, tree: string): Promise<Map<BuildableArch, Buffer>> {
  const { outputs } = await buildProject(project, archs, tree);
  const found = new Map<BuildableArch, Buffer>();
  for (const { arch, path, diagnostics } of outputs) {
    assert.ok(path, `${arch}: ${JSON.stringify(diagnostics)}`);
    found.set(arch, await readFile(path));
  }
  return found;
}

async function hasLines(project: Project, arch: BuildableArch): Promise<boolean> {
  const path = join(project.dir, `build/natmod/${arch}/${project.module}.c.o`);
  const object = readObject(await readFile(path), path);
  const lines = readLines(object);
  return object.sections.some(
    (section) => section.name.startsWith('.text') && lines.at(section.index, 0) !== undefined,
  );
}
