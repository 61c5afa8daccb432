// With --compat, the bytes of MicroPython's own linker: for every example and fixture, on every architecture it links.

import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { BuildableArch } from '../../extension/core/arch/names.ts';
import { micropythonSource } from '../micropython/source.ts';
import { buildProject, examples, fixtures, type Project } from '../projects.ts';
import { need, needed } from '../setup/need.ts';
import { hasReference, profileOf, runReference } from './reference-linker.ts';

const linkedArchs: readonly BuildableArch[] = ['x64', 'x86', 'armv6m', 'armv7m', 'armv7emsp', 'armv7emdp'];

/** Architectures whose compiler calls its own library here, which Debian's packages give the reference no way to read. */
const callsRuntime: Readonly<Record<string, readonly BuildableArch[]>> = { switches: ['armv6m'] };

const projects = [...(await examples()), ...(await fixtures())];
after(() => Promise.all(projects.map(({ dir }) => rm(dir, { recursive: true, force: true }))));

for (const project of projects) {
  const archs = linkedArchs.filter((arch) => !callsRuntime[project.name]?.includes(arch));
  test(`${project.name}: the reference linker's bytes on ${archs.join(', ')}`, async (t) => {
    const tree = await needed(t, "MicroPython's source", micropythonSource);
    if (!tree || !need(t, 'pyelftools for the reference linker', hasReference())) return;
    const profile = profileOf(tree);
    const result = await buildProject(project, archs, tree.path, { compat: profile });
    for (const output of result.outputs) {
      assert.ok(output.path, `${output.arch}: ${JSON.stringify(output.diagnostics)}`);
      const reference = await linkByReference(project, output.arch);
      assert.deepEqual(await readFile(output.path), reference, output.arch);
    }
    assert.equal(result.outputs.length, archs.length);

    async function linkByReference({ dir, module }: Project, arch: BuildableArch): Promise<Buffer> {
      const folder = `build/natmod/${arch}`;
      const objects = (await objectsIn(join(dir, folder), dir)).map((object) => join(folder, object));
      const output = profile === '1.26' ? `build/${module}.native.mpy` : `build/${module}.mpy`;
      assert.ok(tree);
      const complaint = runReference({ tree, arch, dir, header: `${folder}/${module}.config.h`, output, objects });
      assert.equal(complaint, undefined);
      return readFile(join(dir, output));
    }
  });
}

/** Objects in the order of SRC. */
async function objectsIn(folder: string, dir: string): Promise<string[]> {
  const makefile = await readFile(join(dir, 'Makefile'), 'utf8');
  const sources = (/^SRC\s*=\s*(.*)$/m.exec(makefile)?.[1] ?? '').split(/\s+/);
  const objects = (await readdir(folder)).filter((file) => file.endsWith('.o'));
  return sources.map((source) => {
    const object = objects.find((file) => file.startsWith(source.replace(/\.c$/, '')));
    assert.ok(object, `no object of ${source} in ${objects.join(' ')}`);
    return object;
  });
}
