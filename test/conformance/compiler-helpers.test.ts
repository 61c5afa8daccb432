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
import { temporaryFolder } from '../temporary-folder.ts';
import { compile, compilerOf, runtime, toolsFor } from './compile.ts';
import { execute } from './execute.ts';
import { placements } from './image.ts';

const sources = join(dirname(fileURLToPath(import.meta.url)), 'compiler-helpers');

const largest = 2n ** 63n - 1n;
const values = [0n, 1n, -1n, 2n, 3n, -7n, 10n, 1_000_003n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n].concat(
  [0x123_4567_89ab_cdefn, -0x123_4567_89ab_cdefn, 0x6789_abcd_0000_0001n, largest, -largest],
);

const unsigned = (value: bigint, bits = 64) => BigInt.asUintN(bits, value);
const signed = (value: bigint, bits = 64) => BigInt.asIntN(bits, value);

/** As both modules keep it. */
class Checksum {
  sum = 0;

  mix(result: bigint | number): void {
    const wide = BigInt(result);
    const [low, high] = [wide, wide >> 32n].map((part) => Number(unsigned(part, 32)));
    this.sum = (((this.sum << 5) | (this.sum >>> 27)) ^ low ^ high) >>> 0;
  }
}

/** As module.c computes it. */
function ofIntegers(): number {
  const check = new Checksum();
  const mix = (result: bigint) => check.mix(result);
  const divideAll = (a: bigint, b: bigint, bits: number) => {
    if (b === 0n) return;
    const [left, right] = [a, b].map((value) => unsigned(value, bits));
    mix(left / right);
    mix(left % right);
    if (b === -1n) return;
    mix(a / b);
    mix(a % b);
  };
  for (const a of values)
    for (const b of values) {
      mix(a * b);
      mix(a << (b & 63n));
      mix(unsigned(a) >> (b & 63n));
      mix(a >> (b & 63n));
      divideAll(a, b, 64);
      const [left, right] = [a, b].map((value) => unsigned(value, 32));
      mix(unsigned(left * right, 32));
      mix(left * right);
      if (left !== 0n) mix(zeros(left));
      divideAll(signed(a, 32), signed(b, 32), 32);
    }
  return check.sum;
}

/** In front, and 32 for each at the end. */
function zeros(value: bigint): bigint {
  const digits = value.toString(2);
  return BigInt(32 - digits.length + 32 * (digits.length - 1 - digits.lastIndexOf('1')));
}

const numbers = [
  ...[0, -0, 1, -1, 1.5, 0.1, 3, -1 / 3, 0.5, 2 ** 53, 2 ** 52 + 1, 16777217, 16777219, 123456789.125, 1e22, 1e300],
  ...[5e-324, -1e-310, 2.2250738585072014e-308, 1.7976931348623157e308, -1e-300, 1e-45, -1.1754942e-38, 2 ** -149],
  ...[2 ** -150, 3.4028234663852886e38, 3.4028235677973366e38, 1e-39, -2147483647.5, 4294967295, 2 ** 31, 2 ** 63],
  ...[-(2 ** 62), 1.844674407370955e19, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
];
const bitsOf = (x: number) => new BigUint64Array(new Float64Array([x]).buffer)[0];
const bitsOfFloat = (x: number) => new Uint32Array(new Float32Array([x]).buffer)[0];

/** Rounded once: what is less than the digits of a double holds is told by its last one. */
function toFloat(value: bigint): number {
  const size = value < 0n ? -value : value;
  const [most, rest] = [size >> 12n, size & 0xfffn];
  const rounded = size < 2n ** 52n ? Number(size) : Number(most * 2n + (rest === 0n ? 0n : 1n)) * 2048;
  return Math.fround(value < 0n ? -rounded : rounded);
}

const exponents = [0, 1, -1, 2, -3, 10, 1000, -2147483647, -2147483648];

/** By squares, each product rounded, as the compilers' libraries do. */
function power(x: number, exponent: number, round: (x: number) => number): number {
  let all = 1;
  let square = x;
  for (let left = Math.abs(exponent); left > 0; left = Math.floor(left / 2), square = round(square * square))
    if (left % 2 === 1) all = round(all * square);
  return exponent < 0 ? round(1 / all) : all;
}

/** As floats.c computes it. */
function ofFloats(): number {
  const check = new Checksum();
  const mixDouble = (x: number) => check.mix(Number.isNaN(x) ? 1n : bitsOf(x));
  const mixFloat = (x: number) => check.mix(Number.isNaN(x) ? 1 : bitsOfFloat(x));
  const whole = (x: number) => {
    const value = Number.isFinite(x) ? BigInt(Math.trunc(x)) : 0n;
    if (Math.abs(x) < 2 ** 31) check.mix(unsigned(value, 32));
    if (x >= 0 && x < 2 ** 32) check.mix(value);
    if (Math.abs(x) < 2 ** 63) check.mix(value);
    if (x >= 0 && x < 2 ** 64) check.mix(value);
  };
  const order = (x: number, y: number) => {
    const holds = [x < y, x <= y, x === y, x >= y, x > y, Number.isNaN(x) || Number.isNaN(y), !(x < y), !(x >= y)];
    check.mix(holds.reduce((all, one, bit) => all | (Number(one) << bit), 0));
  };
  for (const [index, x] of numbers.entries()) {
    const small = Math.fround(x);
    mixFloat(small);
    mixDouble(small);
    whole(x);
    whole(small);
    const bits = bitsOf(x);
    const wholes = [signed(bits, 32), unsigned(bits, 32), signed(bits), bits];
    for (const value of wholes) mixDouble(Number(value));
    for (const value of wholes) mixFloat(toFloat(value));
    for (const exponent of exponents) {
      mixDouble(power(x, exponent, Number));
      mixFloat(power(small, exponent, Math.fround));
    }
    for (let step = 0; step < numbers.length; step = 2 * step + 1) {
      const y = numbers[(index + step) % numbers.length];
      const other = Math.fround(y);
      for (const result of [x + y, x - y, x * y, x / y]) mixDouble(result);
      order(x, y);
      for (const result of [small + other, small - other, small * other, small / other]) mixFloat(Math.fround(result));
      order(small, other);
    }
  }
  return check.sum;
}

/** C has no literal of the smallest. */
const inC = (value: number) => (value === -(2 ** 31) ? '(-2147483647-1)' : `${value}`);

const modules = [
  { source: 'module.c', list: values.map((value) => `${value}LL`), expected: ofIntegers() },
  { source: 'floats.c', list: numbers.map((x) => `${bitsOf(x)}ULL`), expected: ofFloats() },
];

// GCC brings a library that has all of it, but for the ESP8266.
for (const [arch, family] of [
  ['armv6m', 'clang'],
  ['armv7m', 'clang'],
  ['armv7emsp', 'clang'],
  ['armv7emdp', 'clang'],
  ['rv32imc', 'clang'],
  ['rv64imc', 'clang'],
  ['x86', 'clang'],
  ['xtensa', 'gcc'],
  ['xtensa', 'clang'],
  ['xtensawin', 'clang'],
] as const)
  test(`${arch}: modules made by ${family} compute without the compiler's library`, async (t) => {
    const env = await toolsFor(t, arch, family);
    if (!env) return;
    const folder = temporaryFolder(t);
    const compiler = compilerOf(arch, family);
    const runs = [];
    for (const level of ['-Os', '-O2', '-O0']) {
      const flags = [level, '-ffunction-sections', ...libraryFlags[family]];
      const own = await compile(compiler, flags, join(libcHeaders, 'arithmetic.c'), folder, env);
      // What x86 does with floats is its own affair.
      for (const { source, list, expected } of arch === 'x86' ? modules.slice(0, 1) : modules) {
        const given = [level, `-DVALUES=${list.join(',')}`, `-DEXPONENTS=${exponents.map(inC).join(',')}`];
        const module = await compile(compiler, given, join(sources, source), folder, env);
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
    }
    assert.deepEqual(
      await execute(arch, runs),
      runs.map(() => undefined),
    );
  });
