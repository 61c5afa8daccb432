// C code as it is written for any machine, on real firmware. Static and initialised variables: state lasts across calls and
// collections, each import has its own, and the collector finds what only variables refer to. Functions of the C library, called
// by name and made out of loops.

import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import type { BuildableArch } from '../../extension/core/arch/names.ts';
import { buildProject, isGood, type Project, projectAt, top } from '../projects.ts';
import { need, needed } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { type FirmwareName, firmware } from './firmware.ts';
import { type MachineName, runQemu } from './qemu.ts';
import { micropythonSource } from './source.ts';
import { runUnix } from './unix.ts';

const places: readonly { readonly name: FirmwareName; readonly arch: BuildableArch }[] = [
  { name: 'unix-x64', arch: 'x64' },
  { name: 'unix-x86', arch: 'x86' },
  { name: 'qemu-MPS2_AN385', arch: 'armv7m' },
  { name: 'qemu-MPS2_AN385', arch: 'armv6m' },
  { name: 'qemu-VIRT_RV32', arch: 'rv32imc' },
];

/** A first run builds the firmware. */
const patience = { timeout: 300_000 };

const projects = await Promise.all(
  ['variables', 'c-library'].map((folder) => projectAt(join(top, 'test/micropython', folder))),
);
after(() => Promise.all(projects.map(({ dir }) => rm(dir, { recursive: true, force: true }))));

const cases = projects.flatMap((project) =>
  places.flatMap((place) => (['gcc', 'clang'] as const).map((family) => ({ project, family, ...place }))),
);
for (const { project, family, name, arch } of cases)
  test(`${arch} ${project.name}, compiled by ${family}, on ${name}`, patience, async (t) => {
    const tree = await needed(t, "MicroPython's source", micropythonSource);
    if (!tree || !(await needed(t, name, () => firmware(name)))) return;
    if (family === 'clang' && !need(t, 'clang-22', onPath('clang-22'))) return;
    const compilers = family === 'clang' ? { [arch]: 'clang-22' } : undefined;
    await holds(t, project, name, arch, tree.path, compilers);
  });

async function holds(
  t: TestContext,
  project: Project,
  name: FirmwareName,
  arch: BuildableArch,
  tree: string,
  compilers: Partial<Record<BuildableArch, string>> | undefined,
): Promise<void> {
  const { outputs, diagnostics } = await buildProject(project, [arch], tree, { compilers });
  const path = outputs[0]?.path;
  assert.ok(path, JSON.stringify([...diagnostics, ...(outputs[0]?.diagnostics ?? [])], undefined, 2));
  const result = await needed(t, name, async () => run(name, project, await readFile(path)));
  if (!result) return;
  assert.equal(result.code, 0, `${result.stdout}\n${result.stderr}`);
  assert.ok(isGood(result.stdout), `${result.stdout}\n${result.stderr}`);
}

async function run(name: FirmwareName, { script }: Project, bytes: Uint8Array) {
  if (name.startsWith('unix')) return runUnix(await firmware(name), { script, modules: [{ name: 'module', bytes }] });
  return runQemu({ machine: name as MachineName, script, files: [{ path: 'module.mpy', bytes }] });
}
