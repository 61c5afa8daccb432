// The arithmetic that our C library brings where a compiler's own library lacks it, executed and compared with JavaScript's.

import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { micropython } from '../../extension/core/abi/micropython.ts';
import { link } from '../../extension/core/link/link.ts';
import { readModule } from '../../extension/core/mpy/read.ts';
import { libraryFlags } from '../../extension/core/project/own-library.ts';
import { libcHeaders } from '../projects.ts';
import { need, needed } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { temporaryFolder } from '../temporary-folder.ts';
import { compile, compilerOf, runtime } from './compile.ts';
import { execute } from './execute.ts';
import { placements } from './image.ts';
import { lacking, toolEnvironment } from './machines.ts';

const source = join(dirname(fileURLToPath(import.meta.url)), 'compiler-helpers/module.c');

const largest = 2n ** 63n - 1n;
const values = [0n, 1n, -1n, 2n, 3n, -7n, 10n, 1_000_003n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n].concat(
  [0x123_4567_89ab_cdefn, -0x123_4567_89ab_cdefn, 0x6789_abcd_0000_0001n, largest, -largest],
);

/** As module.c computes it. */
function checksum(): number {
  let sum = 0;
  const mix = (result: bigint) => {
    const [low, high] = [result, result >> 32n].map((part) => Number(BigInt.asUintN(32, part)));
    sum = (((sum << 5) | (sum >>> 27)) ^ low ^ high) >>> 0;
  };
  const divideAll = (a: bigint, b: bigint, bits: number) => {
    if (b === 0n) return;
    const [left, right] = [a, b].map((value) => BigInt.asUintN(bits, value));
    mix(left / right);
    mix(left % right);
    if (b === -1n) return;
    mix(a / b);
    mix(a % b);
  };
  for (const a of values)
    for (const b of values) {
      mix(a * b);
      divideAll(a, b, 64);
      const [left, right] = [a, b].map((value) => BigInt.asUintN(32, value));
      mix(BigInt.asUintN(32, left * right));
      mix(left * right);
      divideAll(BigInt.asIntN(32, a), BigInt.asIntN(32, b), 32);
    }
  return sum;
}

// GCC for windowed Xtensa comes with a library that has all of it.
for (const [arch, family] of [
  ['xtensa', 'gcc'],
  ['xtensa', 'clang'],
  ['xtensawin', 'clang'],
] as const)
  test(`${arch}: modules made by ${family} multiply and divide without the compiler's library`, async (t) => {
    const lacks = lacking(arch) ?? (family === 'clang' && !onPath('clang-22') ? 'clang-22' : undefined);
    if (!need(t, lacks ?? 'nothing', lacks === undefined)) return;
    const env = await needed(t, 'the tools', () => toolEnvironment(arch));
    if (!env) return;
    const folder = temporaryFolder(t);
    const compiler = compilerOf(arch, family);
    const list = `-DVALUES=${values.map((value) => `${value}LL`).join(',')}`;
    const expected = checksum();
    const runs = [];
    for (const level of ['-Os', '-O2', '-O0']) {
      const module = await compile(compiler, [level, list], source, folder, env);
      const own = await compile(
        compiler,
        [level, '-ffunction-sections', ...libraryFlags[family]],
        join(libcHeaders, 'functions.c'),
        folder,
        env,
      );
      const { bytes, diagnostics } = link({
        arch,
        abi: micropython,
        objects: [module, own],
        libraries: family === 'gcc' ? await runtime(arch, env) : [],
        qstrs: [],
        sourceName: 'compiled.mpy',
      });
      assert.ok(bytes, JSON.stringify(diagnostics));
      const linked = readModule(bytes, 'compiled.mpy').module;
      runs.push(...placements.map((placement) => ({ module: linked, placement, expected })));
    }
    assert.deepEqual(
      await execute(arch, runs),
      runs.map(() => undefined),
    );
  });
