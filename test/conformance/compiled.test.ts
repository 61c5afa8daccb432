// Compiled C, executed: what GCC and clang make of one small program at every level, so that relocations meet in the
// combinations that compilers choose.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { micropython } from '../../extension/core/abi/micropython.ts';
import { type BuildableArch, buildableArchs } from '../../extension/core/arch/names.ts';
import { type CompilerFamily, codeFlags, targets } from '../../extension/core/compile/targets.ts';
import { link } from '../../extension/core/link/link.ts';
import { need } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { execute } from './execute.ts';
import { placements, type Run } from './image.ts';
import { lacking, machines, toolEnvironment } from './machines.ts';

/** Returns 0x600d, or the number of what is wrong. Divides and multiplies nothing: that would want a library. */
const sources = {
  'module.c': `
typedef unsigned int u32;
typedef unsigned short u16;
typedef struct { u32 a; u16 b; char name[10]; u32 many[24]; } record;
typedef __UINTPTR_TYPE__ word;
extern const word mp_fun_table[];
extern const u16 mp_native_qstr_table[];
extern const word mp_type_str;
extern const char *const names[];
extern u32 (*const steps[])(u32);
extern u32 counter, history[16];
u32 count(u32 by);
record doubled(record from);
u32 choose(u32 which, u32 value);
u32 descend(u32 depth);
volatile u32 seed;
u32 order[5] ;
char text[40];
static u32 length(const volatile char *s) { u32 n = 0; while (*s++) n++; return n; }
static u32 __attribute__((noinline)) sum(const u32 *from, u32 n) { u32 all = 0; while (n--) all += *from++; return all; }
static const u32 primes[] = { 2, 3, 5, 7, 11, 13, 17, 19 };
static const char *const local_names[] = { "zero", "one", "two", "three" };

u32 mpy_init(void *self, word n, word m, void **args) {
    u32 i;
    seed = 3;
    if (((word (*)(word, word))mp_fun_table[20])(1, 2) != 0x140102) return 1;
    if (mp_native_qstr_table[seed] != 0x4103 || mp_native_qstr_table[1] != 0x4101) return 2;
    if (mp_type_str != 0x4a0000) return 3;
    for (i = 0; i < seed + 1; i++) if (length(names[i]) != i + 1) return 4;
    for (i = 0; i < 4; i++) if (length(local_names[i]) != primes[i] + (i == 0 ? 2 : i == 2 ? -2 : i == 3 ? -2 : 0)) return 5;
    for (i = 0; i < 3; i++) if (steps[i](seed) != (u32[]){ 4, 6, 0xfffffffcu }[i]) return 6;
    counter = 5;
    if (count(seed) != 8 || counter != 8 || history[8] != 1) return 7;
    record one = { 7, 8, "nine", { 1, 2, 3 } };
    one.many[seed] = 4;
    record two = doubled(one);
    if (two.a != 14 || two.b != 16 || two.name[3] != 'e' || sum(two.many, 24) != 20 || sum(one.many, 24) != 10) return 8;
    if (sum(primes, 8) != 77 || sum(order, 5) != 0 || length(text) != 0) return 9;
    for (i = 0; i < 12; i++) if (choose(i + seed - 3, 0x10) != (u32[]){ 17, 48, 0x13, 0xffffffef, 32, 8, 64, 99, 0x11, 2, 17, 0 }[i]) return 100 + i;
    if (descend(9) != 45) return 10;
    for (i = 0; i < 5; i++) order[i] = i + seed;
    if (sum(order, 5) != 25) return 11;
    return 0x600d;
}`,
  'other.c': `
typedef unsigned int u32;
typedef unsigned short u16;
typedef struct { u32 a; u16 b; char name[10]; u32 many[24]; } record;
u32 counter, history[16];
u32 late(u32 x);
static u32 next(u32 x) { return x + 1; }
static u32 twice(u32 x) { return x + x; }
static u32 inverse(u32 x) { return ~x; }
const char *const names[] = { "a", "bc", "def", "ghij" };
u32 (*const steps[])(u32) = { next, twice, inverse };
u32 count(u32 by) { counter += by; history[counter & 15]++; return counter; }
record doubled(record from) {
    record to = from;
    to.a += from.a;
    to.b += from.b;
    for (u32 i = 0; i < 24; i++) to.many[i] += from.many[i];
    return to;
}
u32 choose(u32 which, u32 value) {
    switch (which) {
    case 0: return next(value);
    case 1: return value ^ twice(value);
    case 2: return value | 3;
    case 3: return steps[2](value);
    case 4: return value << 1;
    case 5: return value >> 1;
    case 6: return value << 2;
    case 7: return 99;
    case 8: return value ^ 1;
    case 9: return late(value);
    case 10: return steps[0](value);
    default: return 0;
    }
}
__attribute__((weak)) u32 late(u32 x) { return x & 2; }
u32 descend(u32 depth) { volatile char room[200]; room[depth] = depth; return depth ? room[depth] + descend(depth - 1) : 0; }
`,
  'third.c': `
unsigned late(unsigned x) { return x >> 3; }
`,
} as const;

const levels = ['-O0', '-O1', '-O2', '-O3', '-Os'] as const;
const shapes = [[], ['-ffunction-sections', '-fdata-sections', '-g']] as const;

/** Beside the flags that \`natmod build\` gives. */
const more: Readonly<
  Partial<Record<BuildableArch, Readonly<Partial<Record<CompilerFamily, readonly (readonly string[])[]>>>>>
> = {
  // Code that expects to be shortened.
  rv32imc: { gcc: [['-mrelax']] },
  rv64imc: { gcc: [['-mrelax'], ['-mrelax', '-falign-functions=16', '-falign-loops=8']] },
  xtensa: { gcc: [['-mlongcalls'], ['-mtext-section-literals'], ['-mno-force-l32']] },
  xtensawin: { gcc: [['-mlongcalls'], ['-mtext-section-literals']] },
};

for (const arch of buildableArchs) {
  for (const family of ['gcc', 'clang'] as const) {
    const compiler = family === 'gcc' ? machines[arch].compiler[0] : 'clang-22';
    test(`${arch}: what ${compiler} makes of C works when it is linked`, async (t) => {
      const lacks = lacking(arch) ?? (onPath(compiler) ? undefined : compiler);
      if (!need(t, lacks ?? 'nothing', lacks === undefined)) return;
      const dir = mkdtempSync(join(tmpdir(), 'natmod-compiled-'));
      t.after(() => rmSync(dir, { recursive: true, force: true }));
      for (const [name, text] of Object.entries(sources)) writeFileSync(join(dir, name), text);
      const env = await toolEnvironment(arch);
      const run = (program: string, flags: readonly string[]) =>
        spawnSync(program, flags, { cwd: dir, env, encoding: 'utf8' });
      const target = targets[arch];
      const windowed = family === 'gcc' && machines[arch].windowed ? ['-mabi=windowed'] : [];
      const base = [...target.flags, ...target.familyFlags[family], ...codeFlags, ...windowed];
      // Thumb-1 switches call libgcc.
      const library = run(machines[arch].compiler[0], [...target.flags, '--print-libgcc-file-name']).stdout.trim();
      const libraries = arch === 'armv6m' ? [{ path: 'libgcc.a', bytes: readFileSync(library) }] : [];
      const variants = [
        ...levels.flatMap((level) => shapes.map((shape) => [level, ...shape])),
        ...(more[arch]?.[family] ?? []).flatMap((flags) => ['-O0', '-Os'].map((level) => [level, ...flags])),
      ];
      const names = Object.keys(sources);
      const runs: Run[] = [];
      const titles: string[] = [];
      for (const variant of variants) {
        const { status, stderr } = run(compiler, [...base, ...variant, '-w', '-c', ...names]);
        assert.equal(status, 0, stderr);
        const objects = names.map((name) => {
          const path = name.replace('.c', '.o');
          return { path, bytes: readFileSync(join(dir, path)) };
        });
        const { module, diagnostics } = link({
          arch,
          abi: micropython,
          objects,
          libraries,
          qstrs: ['a', 'b', 'c'],
          sourceName: 'm.mpy',
        });
        assert.ok(module, `${variant.join(' ')}: ${JSON.stringify(diagnostics.slice(0, 3), undefined, 1)}`);
        for (const placement of placements) {
          runs.push({ module, placement, expected: 0x600d });
          titles.push(`${variant.join(' ')}, ${placement}`);
        }
      }
      const faults = await execute(arch, runs);
      assert.deepEqual(faults.map((fault, index) => fault && `${titles[index]}: ${fault}`).filter(Boolean), []);
    });
  }
}
