// C++ on real firmware: virtual functions, templates that two sources share, objects at file scope, constructed at import.

import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { BuildableArch } from '../../extension/core/arch/names.ts';
import { buildProject, isGood, top } from '../projects.ts';
import { need, needed } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { type FirmwareName, firmware } from './firmware.ts';
import { type MachineName, runQemu } from './qemu.ts';
import { micropythonSource } from './source.ts';
import { runUnix } from './unix.ts';

/** Debian's cross compilers bring C++ with them, which gcc of the host does not. */
const places: readonly { readonly name: FirmwareName; readonly arch: BuildableArch; readonly compiler?: string }[] = [
  { name: 'unix-x64', arch: 'x64', compiler: 'clang-22' },
  { name: 'unix-x86', arch: 'x86', compiler: 'clang-22' },
  { name: 'qemu-MPS2_AN385', arch: 'armv7m' },
  { name: 'qemu-MPS2_AN385', arch: 'armv6m', compiler: 'clang-22' },
  { name: 'qemu-VIRT_RV32', arch: 'rv32imc' },
];

/** A first run builds the firmware. */
const patience = { timeout: 600_000 };

for (const { name, arch, compiler } of places)
  test(`C++ runs on ${name} as ${arch}`, patience, async (t) => {
    const tree = await needed(t, "MicroPython's source", micropythonSource);
    if (!tree || !(await needed(t, name, () => firmware(name)))) return;
    if (compiler !== undefined && !need(t, compiler, onPath(compiler))) return;
    await runs(t, name, arch, tree.path, compiler);
  });

async function runs(
  t: TestContext,
  name: FirmwareName,
  arch: BuildableArch,
  tree: string,
  compiler: string | undefined,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'natmod-cplusplus-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  await cp(join(top, 'test/micropython/cplusplus'), dir, { recursive: true });
  const project = { name: 'cplusplus', dir, module: 'module', script: await readFile(join(dir, 'check.py'), 'utf8') };
  const compilers = compiler === undefined ? undefined : { [arch]: compiler };
  const { outputs, diagnostics } = await buildProject(project, [arch], tree, { compilers });
  const path = outputs[0]?.path;
  assert.ok(path, JSON.stringify([...diagnostics, ...(outputs[0]?.diagnostics ?? [])], undefined, 2));
  const bytes = await readFile(path);
  const result = await needed(t, name, async () =>
    name.startsWith('unix')
      ? runUnix(await firmware(name), { script: project.script, modules: [{ name: 'module', bytes }] })
      : runQemu({
          machine: name as MachineName,
          script: project.script,
          files: [{ path: 'module.mpy', bytes }],
        }),
  );
  if (!result) return;
  assert.equal(result.code, 0, `${result.stdout}\n${result.stderr}`);
  assert.ok(isGood(result.stdout), `${result.stdout}\n${result.stderr}`);
}
