// Our C library headers, taken by compilers that bring none.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { ownMathematics } from '../../../extension/core/link/well-known.ts';
import { top } from '../../projects.ts';
import { need } from '../../setup/need.ts';
import { onPath } from '../../setup/packages.mjs';

const folder = join(top, 'extension/headers/libc');
const headers = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.h'))
  .map((entry) => relative(folder, join(entry.parentPath, entry.name)));

for (const [compiler, ...flags] of [
  ['xtensa-lx106-elf-gcc'],
  ['clang-22', '--target=arm-none-eabi', '-mthumb', '-mcpu=cortex-m3'],
  ['clang-22', '--target=riscv32-unknown-elf'],
]) {
  for (const language of ['c', 'c++']) {
    test(`all are valid ${language} without a warning for ${[compiler, ...flags].join(' ')}`, (t) => {
      if (!need(t, compiler, onPath(compiler))) return;
      const includes = headers.flatMap((header) => ['-include', header]);
      const args = [
        ...flags,
        '-Wall',
        '-Wextra',
        '-Werror',
        '-fsyntax-only',
        '-idirafter',
        folder,
        ...includes,
        '-x',
        language,
        '/dev/null',
      ];
      assert.equal(spawnSync(compiler, args, { encoding: 'utf8' }).stderr, '');
    });
  }
}

test('math.h declares the mathematics that a build links of itself, as it is defined', (t) => {
  if (!need(t, 'clang-22', onPath('clang-22'))) return;
  const standard = ownMathematics.filter((name) => !/^(exp10|sincos|__fpclassify)f?$/.test(name));
  const uses = `void *all[] = {${standard.join(', ')}};`;
  for (const given of [`#include <math.h>\n${uses}`, `#include <math.h>\n#include "${folder}/mathematics.c"`]) {
    const flags = ['--target=riscv32-unknown-elf', '-fsyntax-only', '-Werror', '-idirafter', folder, '-x', 'c', '-'];
    assert.equal(spawnSync('clang-22', flags, { encoding: 'utf8', input: given }).stderr, '');
  }
});

test("the compiler's own C library wins", (t) => {
  if (!need(t, 'arm-none-eabi-gcc', onPath('arm-none-eabi-gcc'))) return;
  const args = [
    '-mthumb',
    '-mcpu=cortex-m3',
    '-idirafter',
    folder,
    '-M',
    '-include',
    'string.h',
    '-include',
    'math.h',
    '-x',
    'c',
    '/dev/null',
  ];
  assert.doesNotMatch(spawnSync('arm-none-eabi-gcc', args, { encoding: 'utf8' }).stdout, /headers\/libc/);
});
