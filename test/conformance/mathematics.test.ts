// Our C library's mathematics, linked into modules, executed, and compared with JavaScript's.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { micropython } from '../../extension/core/abi/micropython.ts';
import type { BuildableArch } from '../../extension/core/arch/names.ts';
import { link } from '../../extension/core/link/link.ts';
import { readModule } from '../../extension/core/mpy/read.ts';
import { libraryFlags } from '../../extension/core/project/own-library.ts';
import { libcHeaders } from '../projects.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { type Compiler, compile, compilerOf, runtime, toolsFor } from './compile.ts';
import { execute } from './execute.ts';
import { placements, type Run } from './image.ts';

/** Half to even, as C's rint. */
const rint = (x: number) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));
const fromZero = (x: number) => Math.sign(x) * Math.round(Math.abs(x));

const ofOne: Readonly<Record<string, (x: number) => number>> = {
  ...{ sin: Math.sin, cos: Math.cos, tan: Math.tan, asin: Math.asin, acos: Math.acos, atan: Math.atan },
  ...{ sinh: Math.sinh, cosh: Math.cosh, tanh: Math.tanh, asinh: Math.asinh, acosh: Math.acosh, atanh: Math.atanh },
  ...{ exp: Math.exp, expm1: Math.expm1, log: Math.log, log2: Math.log2, log10: Math.log10, log1p: Math.log1p },
  ...{ sqrt: Math.sqrt, cbrt: Math.cbrt, floor: Math.floor, ceil: Math.ceil, trunc: Math.trunc, fabs: Math.abs },
  ...{ round: fromZero, rint, nearbyint: rint },
};
const ofTwo: Readonly<Record<string, (x: number, y: number) => number>> = {
  ...{ pow: Math.pow, atan2: Math.atan2, hypot: Math.hypot, fmin: Math.min, fmax: Math.max },
  fmod: (x, y) => x % y,
};

const values = [0.3, -0.3, 0.75, 1, -1, 2.5, -2.5, 3.5, 10, 100.7, -33.25, 1e-9, 1e22, 1e300, -1e-300, 0];

/** What JavaScript has no function for: near the largest and the smallest results, and beyond. */
const known: readonly (readonly [name: string, x: number, result: number])[] = [
  ['exp10', 2, 100],
  ['exp10', 308, 1e308],
  ['exp10', 500, Number.POSITIVE_INFINITY],
  ['exp10', -320, 1e-320],
  ['exp10', -500, 0],
  ['exp10', Number.NaN, Number.NaN],
  ['exp2', -1074, 2 ** -1074],
  ['exp2', 1024, Number.POSITIVE_INFINITY],
  ['tgamma', 5, 24],
  ['tgamma', -127.24029980172371, 4.74579533490535e-214],
  ['tgamma', -171.63, 1.0778454041982e-310],
  ['tgamma', -1e-300, -1e300],
  ['lgamma', 1, 0],
  ['lgamma', 2, 0],
  ['lgamma', 0.1, 2.252712651734206],
  ['lgamma', 1.05, -0.02685307250226019],
  ['lgamma', 2.25, 0.1248717148923966],
  ['lgamma', 10.5, 13.940625219403763],
  ['lgamma', 1234.5, 7550.550901077895],
  ['lgamma', -0.25, 1.589575312551186],
  ['lgamma', -1.3, 1.2024757863901114],
  ['lgamma', -20.75, -43.12325855250223],
  ['lgamma', 1e-300, 690.7755278982137],
  ['lgamma', 1e20, 4.505170185988091e21],
  ['lgamma', 2.56e305, Number.POSITIVE_INFINITY],
  ['lgamma', -3, Number.POSITIVE_INFINITY],
  ['lgamma', Number.NaN, Number.NaN],
];

/** FP_ILOGB0 and FP_ILOGBNAN of the C library whose headers an architecture's compilers bring. */
const ilogbs = {
  glibc: ['-2147483647 - 1', '-2147483647 - 1'],
  newlib: ['-2147483647', '2147483647'],
} as const;

const tiny = 2 ** -52;

/** To the last bit: what a product that is rounded by itself would lose, what lies between two numbers, and beyond all. */
const fused: readonly (readonly [x: number, y: number, z: number, result: number])[] = [
  [1 + tiny, 1 - tiny, -1, -(tiny ** 2)],
  [3, 5, -15, 0],
  [2 ** 53, 1, 1, 2 ** 53],
  [2 ** 53, 1, 1 + tiny, 2 ** 53 + 2],
  [1 + tiny, 1 + tiny, 2 ** -54, 1 + 2 * tiny],
  [1 + tiny, 1 + tiny, tiny / 2, 1 + 3 * tiny],
  [2 ** 1000, 2 ** 1000, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY],
  [2 ** 1000, -(2 ** 1000), 1, Number.NEGATIVE_INFINITY],
  [2 ** -600, 2 ** -474, 0, 2 ** -1074],
  [2 ** -600, 2 ** -475, 0, 0],
  [2 ** -600, 1.5 * 2 ** -475, 0, 2 ** -1074],
  [0, Number.POSITIVE_INFINITY, 1, Number.NaN],
];

/** The same for float: a double between would round twice. */
const fusedOfFloat: typeof fused = [
  [1 + 2 ** -23, 1 + 2 ** -23, 0, 1 + 2 ** -22],
  [2 ** 24, 1, 1 + 2 ** -23, 2 ** 24 + 2],
  [1 + 2 ** -12, 1 + 2 ** -12, 2 ** -80, 1 + 2 ** -11 + 2 ** -23],
  [2 ** 100, 2 ** 100, -1, Number.POSITIVE_INFINITY],
];

/** In units of the last place: JavaScript's own functions are not exact either. */
const tolerance = { double: 8, float: 1 };

/** Behind the compiler's own, as a build has them. */
const headers = ['-idirafter', libcHeaders];

const literal = (x: number) =>
  Number.isNaN(x) ? '__builtin_nan("")' : Number.isFinite(x) ? `${x < 0 ? '-' : ''}${hex(Math.abs(x))}` : infinite(x);
const infinite = (x: number) => (x < 0 ? '-__builtin_inf()' : '__builtin_inf()');

/** All digits, for assemblers and compilers that round decimals each in their way. */
function hex(x: number): string {
  const bits = new BigUint64Array(new Float64Array([x]).buffer)[0];
  const exponent = Number(bits >> 52n);
  const digits = (bits & (2n ** 52n - 1n)).toString(16).padStart(13, '0');
  return exponent === 0 ? `0x0.${digits}p-1022` : `0x1.${digits}p${exponent - 1023}`;
}

/** A module of which mpy_init returns the number of the first wrong result, 0 for none. */
function source(arch: BuildableArch): { readonly text: string; readonly rows: readonly string[] } {
  const rows: string[] = [];
  const text: string[] = [];
  const add = (kind: 'ONE' | 'TWO', name: string, x: number, y: number, result: number) => {
    rows.push(`${name}(${x}${kind === 'TWO' ? `, ${y}` : ''})`);
    text.push(`    ${kind}(${rows.length}, ${name}, ${literal(x)}, ${literal(y)}, ${literal(result)})`);
  };
  for (const [name, compute] of Object.entries(ofOne)) for (const x of values) add('ONE', name, x, 0, compute(x));
  for (const [name, compute] of Object.entries(ofTwo))
    for (const x of values) for (const y of [1.5, -2, 0.3, 7]) add('TWO', name, x, y, compute(x, y));
  for (const [name, x, result] of known) add('ONE', name, x, 0, result);
  for (const [kind, cases] of [
    ['FUSED', fused],
    ['FUSED_FLOAT', fusedOfFloat],
  ] as const)
    for (const numbers of cases) {
      rows.push(`${kind}(${numbers.join(', ')})`);
      text.push(`    ${kind}(${rows.length}, ${numbers.map(literal).join(', ')})`);
    }
  rows.push('ilogb of 0 and of no number');
  const [ofZero, ofNone] = ilogbs[arch === 'x64' || arch === 'x86' ? 'glibc' : 'newlib'];
  text.push(
    '    volatile double none = 0;',
    `    if (ilogb(none) != ${ofZero} || ilogb(none / none) != ${ofNone}) return ${rows.length};`,
  );
  const one = new Set([...Object.keys(ofOne), ...known.map(([name]) => name)]);
  const names = [...one].map((name) => `double ${name}(double); float ${name}f(float);`);
  const others = Object.keys(ofTwo).map((name) => `double ${name}(double, double); float ${name}f(float, float);`);
  return {
    rows,
    text: `#include <stdint.h>
int ilogb(double);
${[...names, ...others].join('\n')}
static int64_t order(double x) { union { double x; int64_t bits; } both = {x}; return both.bits < 0 ? INT64_MIN - both.bits : both.bits; }
static int32_t order_float(float x) { union { float x; int32_t bits; } both = {x}; return both.bits < 0 ? INT32_MIN - both.bits : both.bits; }
static int is_near(double x, double y) {
    uint64_t apart = (uint64_t)order(x) - (uint64_t)order(y) + ${tolerance.double};
    return x != x ? y != y : y == y && apart <= ${2 * tolerance.double};
}
static int is_near_float(float x, float y) {
    uint32_t apart = (uint32_t)order_float(x) - (uint32_t)order_float(y) + ${tolerance.float};
    return x != x ? y != y : y == y && apart <= ${2 * tolerance.float};
}
#define ONE(number, name, x, y, result) if (!check_one(name, name##f, x, result, sizeof #name)) return number;
#define TWO(number, name, x, y, result) if (!check_two(name, name##f, x, y, result)) return number;
/* A float's functions are tried where float holds the argument. */
static int check_one(double compute(double), float of_float(float), volatile double x, volatile double result, int size) {
    if (!is_near(compute(x), result)) return 0;
    return (double)(float)x != x || is_near_float(of_float((float)x), (float)result);
}
static int check_two(double compute(double, double), float of_float(float, float), volatile double x, volatile double y, volatile double result) {
    if (!is_near(compute(x, y), result)) return 0;
    return (double)(float)x != x || (double)(float)y != y || is_near_float(of_float((float)x, (float)y), (float)result);
}
double fma(double, double, double);
float fmaf(float, float, float);
#define FUSED(number, x, y, z, result) if (!check_fused(x, y, z, result)) return number;
#define FUSED_FLOAT(number, x, y, z, result) if (!check_fused_float(x, y, z, result)) return number;
static int check_fused(volatile double x, volatile double y, volatile double z, volatile double result) {
    volatile double all = fma(x, y, z);
    return all == result || (all != all && result != result);
}
static int check_fused_float(volatile float x, volatile float y, volatile float z, volatile float result) {
    volatile float all = fmaf(x, y, z);
    return all == result;
}
__INTPTR_TYPE__ mpy_init(void) {
${text.join('\n')}
    return 0;
}
`,
  };
}

/** Of projects that our library is compiled for: what is right for them must not make it wrong, nor keep it from compiling. */
const usersFlags = [
  ...['-std=c99', '-pedantic', '-Wall', '-Wextra', '-Werror', '-g3'],
  ...['-ffast-math', '-fsingle-precision-constant'],
];

const machines: readonly (readonly [BuildableArch, Compiler['family']])[] = [
  ['x64', 'gcc'],
  ['x64', 'clang'],
  ['x86', 'gcc'],
  ['x86', 'clang'],
  ['rv32imc', 'gcc'],
  ['rv32imc', 'clang'],
  ['rv64imc', 'gcc'],
  ['rv64imc', 'clang'],
  ['armv7m', 'gcc'],
  ['armv7emdp', 'gcc'],
  // With arithmetic of ours, too, as all that clang compiles.
  ['armv7m', 'clang'],
  ['xtensa', 'gcc'],
  ['xtensa', 'clang'],
  ['xtensawin', 'clang'],
];
for (const [arch, family] of machines)
  test(`${arch}: our mathematics is right, compiled by ${family}`, (t) => computes(t, arch, family));

async function computes(t: TestContext, arch: BuildableArch, family: Compiler['family']): Promise<void> {
  const env = await toolsFor(t, arch, family);
  if (!env) return;
  const folder = temporaryFolder(t);
  const compiler = compilerOf(arch, family);
  const { text, rows } = source(arch);
  const path = join(folder, 'check.c');
  await writeFile(path, text);
  const libraries = family === 'gcc' ? await runtime(arch, env) : [];
  const module = await compile(compiler, ['-Os', '-fno-builtin', ...headers], path, folder, env);
  const flags = [...usersFlags, '-Os', '-ffunction-sections', ...libraryFlags[family], ...headers];
  const fallbacks = [
    await compile(compiler, flags, join(libcHeaders, 'mathematics.c'), folder, env),
    await compile(compiler, flags, join(libcHeaders, 'arithmetic.c'), folder, env),
  ];
  const request = { arch, abi: micropython, objects: [module], fallbacks, libraries, qstrs: [], sourceName: 'm.mpy' };
  const { bytes, diagnostics } = link(request);
  assert.ok(bytes, JSON.stringify(diagnostics));
  const linked = readModule(bytes, 'm.mpy').module;
  const runs: Run[] = placements.map((placement) => ({ module: linked, placement, expected: 0 }));
  const faults = await execute(arch, runs);
  const named = faults.map((fault) =>
    fault?.replace(/0x([0-9a-f]+), not 0x0/, (all, row) => `${all}: ${rows[Number.parseInt(row, 16) - 1]}`),
  );
  assert.deepEqual(
    named,
    runs.map(() => undefined),
  );
}
