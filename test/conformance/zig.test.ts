// A module written in Zig alone, linked and executed: another compiler than ours, with other sections, names and relocations.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { micropython } from '../../extension/core/abi/micropython.ts';
import type { BuildableArch } from '../../extension/core/arch/names.ts';
import { link } from '../../extension/core/link/link.ts';
import { readModule } from '../../extension/core/mpy/read.ts';
import { need, needed } from '../setup/need.ts';
import { output } from '../setup/process-group.ts';
import { zig } from '../setup/zig.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { runtime } from './compile.ts';
import { execute } from './execute.ts';
import { placements, type Run } from './image.ts';
import { lacking, toolEnvironment } from './machines.ts';

const source = join(dirname(fileURLToPath(import.meta.url)), 'zig/module.zig');

/** Each bit is a check of module.zig. */
const passed = 0xff;

const machines: Readonly<Partial<Record<BuildableArch, readonly [target: string, processor: string]>>> = {
  x86: ['x86-freestanding-none', 'i686'],
  x64: ['x86_64-freestanding-none', 'x86_64'],
  armv6m: ['thumb-freestanding-eabi', 'cortex_m0'],
  armv7m: ['thumb-freestanding-eabi', 'cortex_m3'],
  armv7emsp: ['thumb-freestanding-eabihf', 'cortex_m4'],
  armv7emdp: ['thumb-freestanding-eabihf', 'cortex_m7'],
  rv32imc: ['riscv32-freestanding-none', 'generic_rv32+m+a+c'],
  rv64imc: ['riscv64-freestanding-none', 'generic_rv64+m+a+c'],
};

/** A first run installs the compiler, and compiles Zig's library for each machine. */
const patience = { timeout: 600_000 };

for (const [arch, target] of Object.entries(machines) as [BuildableArch, readonly [string, string]][])
  test(`${arch}: a module in Zig runs`, patience, (t) => runs(t, arch, target));

async function runs(t: TestContext, arch: BuildableArch, [target, processor]: readonly [string, string]) {
  const lacks = lacking(arch);
  if (!need(t, lacks ?? 'nothing', lacks === undefined)) return;
  const compiler = await needed(t, 'a compiler for Zig', zig);
  if (!compiler) return;
  const folder = temporaryFolder(t);
  const libraries = await runtime(arch, await toolEnvironment(arch));
  const done: Run[] = [];
  for (const mode of ['ReleaseSmall', 'ReleaseSafe']) {
    const { code, text } = await output(
      [
        ...[compiler, 'build-obj', source, '-target', target, '-mcpu', processor, `-O${mode}`, '-fPIC'],
        ...['-fsingle-threaded', '-fno-stack-check', '-fno-compiler-rt', '-fstrip', '--name', mode],
        ...['--cache-dir', join(folder, 'cache'), '--global-cache-dir', join(folder, 'cache')],
      ],
      folder,
    );
    assert.equal(code, 0, text);
    const objects = [{ path: 'module.zig', bytes: await readFile(join(folder, `${mode}.o`)) }];
    const { bytes, diagnostics } = link({
      arch,
      abi: micropython,
      objects,
      libraries,
      qstrs: [],
      sourceName: 'm.mpy',
    });
    assert.ok(bytes, `${mode}: ${JSON.stringify(diagnostics)}`);
    const { module } = readModule(bytes, 'm.mpy');
    done.push(...placements.map((placement) => ({ module, placement, expected: passed })));
  }
  assert.deepEqual(
    await execute(arch, done),
    done.map(() => undefined),
  );
}
