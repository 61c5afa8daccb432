// With --compat, the bytes of MicroPython's own linker: for every example and fixture, on every architecture it links.

import assert from 'node:assert/strict';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { BuildableArch } from '../../extension/core/arch/names.ts';
import { micropythonSource } from '../micropython/source.ts';
import { buildProject, examples, fixtures, type Project } from '../projects.ts';
import { need, needed } from '../setup/need.ts';
import { hasReference, knowsArch, profileOf, runReference } from './reference-linker.ts';

const linkedArchs: readonly BuildableArch[] = [
  'x64',
  'x86',
  'armv6m',
  'armv7m',
  'armv7emsp',
  'armv7emdp',
  'rv32imc',
  'rv64imc',
  'xtensa',
];

/**
 * Architectures on which there is nothing to compare with. armv6m, xtensa: the compiler calls its own library, which Debian's
 * packages give the reference no way to read, or do not hold. xtensa otherwise: the reference links wrong, because its literals
 * of one section and offset are one, whichever objects they are in, and lose addends to symbols.
 */
const incomparable: Readonly<Record<string, readonly BuildableArch[]>> = {
  // Calls memcpy, which the linker of 1.26 does not provide.
  'far-entry': ['rv32imc'],
  features: ['xtensa'],
  globals: ['xtensa'],
  'many-objects': ['xtensa'],
  'shared-strings': ['xtensa'],
  switches: ['armv6m'],
};

// Debian's compiler folds an index into the address of the qstr table, where the reference fails an assertion.
const environment = { CFLAGS_EXTRA: '-mno-force-l32' };

const projects = [...(await examples()), ...(await fixtures())];
after(() => Promise.all(projects.map(({ dir }) => rm(dir, { recursive: true, force: true }))));

for (const project of projects) {
  const comparable = linkedArchs.filter((arch) => !incomparable[project.name]?.includes(arch));
  test(`${project.name}: the reference linker's bytes on ${comparable.join(', ')}`, async (t) => {
    const tree = await needed(t, "MicroPython's source", micropythonSource);
    if (!tree || !need(t, 'pyelftools for the reference linker', hasReference())) return;
    const profile = profileOf(tree);
    const archs = comparable.filter((arch) => knowsArch(tree, arch));
    for (const arch of archs) {
      const more = arch === 'xtensa' ? { compat: profile, environment } : { compat: profile };
      const result = await buildProject(project, [arch], tree.path, more);
      const path = result.outputs[0]?.path;
      assert.ok(path, `${arch}: ${JSON.stringify([...result.diagnostics, ...result.outputs])}`);
      assert.deepEqual(await readFile(path), await linkByReference(project, arch), arch);
    }

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
