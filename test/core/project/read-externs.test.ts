import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readExterns } from '../../../extension/core/project/read-externs.ts';

const externs = (script: string) => [...readExterns(script).addresses];

test('fixed addresses of a linker script, plain and provided, the first of each name', () => {
  assert.deepEqual(
    externs(
      'PROVIDE ( ets_printf = 0x400024cc );\nstrlen=0x4000BF4C;\nPROVIDE(strlen = 0x1);\n  __size = 64K ;\ncount = 12;\n',
    ),
    [
      ['ets_printf', 0x400024cc],
      ['strlen', 0x4000bf4c],
      ['__size', 65536],
      ['count', 12],
    ],
  );
});

test('comments of both kinds hide what is in them, also unfinished ones', () => {
  assert.deepEqual(externs('/* a = 0x1; \n b = 0x2; */ c = 0x3; // d = 0x4;\ne = 0x5; f/g = 0x6;\n/* h = 0x7;'), [
    ['c', 3],
    ['e', 5],
    ['g', 6],
  ]);
});

test('expressions, places and numbers beyond 2^53 are left alone', () => {
  assert.deepEqual(
    externs('a = b + 4;\n. = 0x100;\nc = ADDR(.text);\nd = 0xffffffffffffffff;\nSECTIONS { .text : { } }'),
    [],
  );
});

test('lines that give no symbol an address are told with their numbers; comments, blank lines and semicolons are none', () => {
  assert.deepEqual(
    readExterns(
      '/* ROM\n of a chip */\nPROVIDE ( a = 0x1 );;\n\nb 0x2;\n  c = 0x3 // no semicolon\nPROVIDE(\n d = 0x4);\ne = a + 1; f = 0x5;\n',
    ).unread,
    [
      { line: 5, text: 'b 0x2;' },
      { line: 6, text: 'c = 0x3' },
      { line: 9, text: 'e = a + 1;' },
    ],
  );
});

// With a pattern that backtracks, this would take hours.
test('a script made to be slow to read is not', { timeout: 120_000 }, () => {
  for (const hostile of ['/*', 'a=0x1 ', 'a ', 'a', '/', '0x1)', '=\n', 'PROVIDE(', 'PROVIDE '])
    readExterns(`x=0x1${hostile.repeat(200_000)}${' '.repeat(200_000)}`);
});
