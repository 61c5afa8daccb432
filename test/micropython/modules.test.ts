// Our examples and fixtures on real firmware: built in our own layout and in the reference linker's, imported, and put to
// the check that each brings along.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import type { BuildableArch } from '../../extension/core/arch/names.ts';
import { buildProject, examples, fixtures, isGood, type Project } from '../projects.ts';
import { profileOf } from '../reference/reference-linker.ts';
import { needed } from '../setup/need.ts';
import { type FirmwareName, firmware } from './firmware.ts';
import { type MachineName, machines, runQemu } from './qemu.ts';
import { micropythonSource } from './source.ts';
import { runUnix } from './unix.ts';

interface Place {
  readonly firmware: FirmwareName;
  readonly archs: readonly BuildableArch[];
  /** Of the port's folder of boards: trees older than the board have none. */
  readonly board?: string;
  /** Names of projects; all when absent. */
  readonly only?: readonly string[];
}

const places: readonly Place[] = [
  { firmware: 'unix-x64', archs: ['x64'] },
  { firmware: 'unix-x86', archs: ['x86'] },
  { firmware: 'qemu-MPS2_AN385', archs: ['armv7m', 'armv6m'] },
  // A Cortex-M0, which faults at what the Cortex-M3 above would execute all the same. Its serial line is slow.
  { firmware: 'qemu-MICROBIT', archs: ['armv6m'], only: ['far-entry', 'many-objects'] },
  { firmware: 'qemu-VIRT_RV32', archs: ['rv32imc'] },
  { firmware: 'qemu-MPS2_AN500', archs: ['armv7emdp'], board: 'MPS2_AN500' },
  { firmware: 'qemu-VIRT_RV64', archs: ['rv64imc'], board: 'VIRT_RV64' },
];

/** Projects that call memcpy by name, which no reference linker before 1.29 provides. */
const callsMemcpy: Readonly<Record<string, readonly BuildableArch[]>> = { 'far-entry': ['rv32imc', 'rv64imc'] };

/** A first run builds the firmware. */
const patience = { timeout: 300_000 };

const projects = [...(await examples()), ...(await fixtures())];
after(() => Promise.all(projects.map(({ dir }) => rm(dir, { recursive: true, force: true }))));

for (const place of places)
  for (const arch of place.archs)
    test(`${arch} modules on ${place.firmware}`, patience, async (t) => {
      const tree = await needed(t, "MicroPython's source", micropythonSource);
      if (!tree) return;
      if (place.board && !existsSync(join(tree.path, 'ports/qemu/boards', place.board)))
        return t.skip(`MicroPython ${tree.version} has no such board`);
      if (!(await needed(t, place.firmware, () => firmware(place.firmware)))) return;
      for (const project of projects.filter((each) => place.only?.includes(each.name) ?? true))
        for (const compat of [undefined, profileOf(tree)])
          await t.test(`${project.name}${compat ? `, --compat=${compat}` : ''}`, (each) =>
            holds(each, place.firmware, project, arch, tree.path, compat),
          );
    });

async function holds(
  t: TestContext,
  name: FirmwareName,
  project: Project,
  arch: BuildableArch,
  tree: string,
  compat: string | undefined,
): Promise<void> {
  if (compat === '1.26' && callsMemcpy[project.name]?.includes(arch))
    return t.skip('calls memcpy, which this release of the reference linker does not provide');
  // A Cortex-M0 has no table branch: a switch calls the compiler's library, of which the reference linker has to be told.
  const more =
    compat === undefined
      ? {}
      : { compat, ...(arch === 'armv6m' && { environment: { ...process.env, LINK_RUNTIME: '1' } }) };
  const { outputs, diagnostics } = await buildProject(project, [arch], tree, more);
  const path = outputs[0]?.path;
  assert.ok(path, JSON.stringify([...diagnostics, ...(outputs[0]?.diagnostics ?? [])], undefined, 2));
  const bytes = await readFile(path);
  const result = await needed(t, name, () => run(name, project, bytes));
  if (!result) return;
  const { code, stdout, stderr } = result;
  assert.equal(code, 0, `${stdout}\n${stderr}`);
  assert.ok(isGood(stdout), `${stdout}\n${stderr}`);
}

async function run(name: FirmwareName, { module, script }: Project, bytes: Uint8Array) {
  if (isMachine(name)) return runQemu({ machine: name, script, files: [{ path: `${module}.mpy`, bytes }] });
  return runUnix(await firmware(name), { script, modules: [{ name: module, bytes }] });
}

function isMachine(name: FirmwareName): name is MachineName {
  return name in machines;
}
