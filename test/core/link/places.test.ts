// Where a fault is, in the words of its author: file and line of objects compiled with -g, else the function.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { renderDiagnostics } from '../../../extension/cli/render.ts';
import { micropython } from '../../../extension/core/abi/micropython.ts';
import type { BuildableArch } from '../../../extension/core/arch/names.ts';
import { link } from '../../../extension/core/link/link.ts';
import { need } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';
import { temporaryFolder } from '../../temporary-folder.ts';

const dir = temporaryFolder({ after });
writeFileSync(
  join(dir, 'faulty.c'),
  `extern int somewhere(int);
static int count;
int used(int x) {
    count += x;
    return somewhere(count);
}
void *mpy_init(void *self) {
    return used(3) ? self : (void *)count;
}
`,
);
writeFileSync(join(dir, 'again.c'), '\n\nint used(int x) { return x; }\n');

const targets: readonly (readonly [BuildableArch, string, string])[] = [
  ['x64', 'gcc', ''],
  ['armv6m', 'arm-none-eabi-gcc', '-mthumb -mcpu=cortex-m0'],
  ['armv7m', 'arm-none-eabi-gcc', '-mthumb -mcpu=cortex-m3'],
  ['rv32imc', 'riscv64-unknown-elf-gcc', '-march=rv32imac -mabi=ilp32 -mno-relax'],
  // Padding is taken out of this one, so that places move.
  ['rv64imc', 'riscv64-unknown-elf-gcc', '-march=rv64imac -mabi=lp64'],
];

for (const [arch, compiler, flags] of targets) {
  test(`faults of ${arch} objects have file and line with -g, else function and file`, (t) => {
    if (!need(t, compiler, onPath(compiler))) return;
    const options = [...flags.split(' '), '-Os', '-fpic'];
    const lines = faults(arch, compiler, [...options, '-g']);
    assert.deepEqual(
      lines.map(({ code, where, related }) => [
        code,
        where?.file,
        where?.object,
        where?.line,
        related?.map((other) => [other.where.file, other.where.line]),
      ]),
      [
        ['link/duplicate', join(dir, 'again.c'), 'again.o', 3, [[join(dir, 'faulty.c'), 3]]],
        ['link/undefined', join(dir, 'faulty.c'), 'faulty.o', 5, undefined],
        ['link/static-bss', join(dir, 'faulty.c'), 'faulty.o', 4, undefined],
      ],
    );
    const functions = faults(arch, compiler, [...options, '-g0']);
    assert.deepEqual(
      functions.map(({ code, where }) => [code, where?.file, where?.source, where?.inside?.replace(/\+.*/, '')]),
      [
        ['link/duplicate', 'again.o', 'again.c', 'used'],
        ['link/undefined', 'faulty.o', 'faulty.c', 'used'],
        ['link/static-bss', 'faulty.o', 'faulty.c', 'used'],
      ],
    );
  });
}

test('a variable that can not be linked is shown where it is defined', (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  writeFileSync(join(dir, 'data.c'), '\n\nstatic int count = 2;\nint *mpy_init(void) { return &count; }\n');
  const [fault] = faults('x64', 'gcc', ['-Os', '-fpic', '-g', '-fdata-sections'], ['data']);
  assert.deepEqual([fault.code, fault.where?.file, fault.where?.line], ['link/data', join(dir, 'data.c'), 3]);
});

test('a terminal shows the line first, then the place in the object, then other places', (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const [duplicate] = faults('x64', 'gcc', ['-Os', '-fpic', '-g']);
  const text = renderDiagnostics([duplicate], { colour: false, cwd: dir });
  assert.equal(
    text,
    `again.c:3:17: error: used is defined twice: in faulty.o and in again.o [link/duplicate]
  again.o: section .text+0x0
  Rename one, make one static, or mark one __attribute__((weak)).
faulty.c:3:17: note: used is first defined here
`,
  );
});

function faults(arch: BuildableArch, compiler: string, flags: readonly string[], names = ['faulty', 'again']) {
  const objects = names.map((name) => {
    const args = [...flags.filter((flag) => flag !== ''), '-c', `${name}.c`, '-o', `${name}.o`];
    const { status, stderr } = spawnSync(compiler, args, { cwd: dir, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return { path: `${name}.o`, bytes: readFileSync(join(dir, `${name}.o`)) };
  });
  const { diagnostics } = link({ arch, abi: micropython, objects, qstrs: [], sourceName: 'm.mpy', compat: '1.29' });
  // Before DWARF 5 the folder is not told.
  return diagnostics.map(({ where, related, ...rest }) => ({
    ...rest,
    where: where && { ...where, file: inFolder(where.file) },
    related: related?.map((other) => ({ ...other, where: { ...other.where, file: inFolder(other.where.file) } })),
  }));
}

function inFolder(file: string | undefined): string | undefined {
  return file?.endsWith('.c') && !file.startsWith(dir) ? join(dir, file) : file;
}
