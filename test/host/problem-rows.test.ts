import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import { type Diagnostic, error } from '../../extension/core/diagnostic.ts';
import type { BuildResult } from '../../extension/core/project/build-result.ts';
import { problemRows } from '../../extension/host/problem-rows.ts';

function rows(diagnostics: readonly Diagnostic[], ...perArch: (readonly Diagnostic[])[]) {
  const archs = ['armv7m', 'x64'] as const;
  const outputs = perArch.map((own, index) => ({ arch: archs[index], ok: false, diagnostics: own }));
  const result: BuildResult = { ok: false, module: 'm', dir: '/ws/m', outputs, diagnostics };
  return problemRows(result, posix.resolve);
}
const atLine = error('compile/error', "'x' undeclared", { file: 'src/m.c', line: 6, column: 3 });

test('puts a row at file, line and column', () => {
  const [row] = rows([], [atLine]);
  assert.deepEqual(
    { file: row.file, line: row.line, column: row.column, message: row.message },
    { file: '/ws/m/src/m.c', line: 6, column: 3, message: "'x' undeclared" },
  );
});

test('says once what every architecture reports, and names the architectures of what only some report', () => {
  assert.deepEqual(
    rows([], [atLine], [atLine]).map(({ message }) => message),
    ["'x' undeclared"],
  );
  assert.deepEqual(
    rows([], [], [atLine]).map(({ message }) => message),
    ["'x' undeclared (x64)"],
  );
});

test('puts what has no file at the Makefile, with the hint below the message', () => {
  const [row] = rows([error('project/no-src', 'No sources.', undefined, 'Set SRC.')]);
  assert.equal(row.file, '/ws/m/Makefile');
  assert.equal(row.message, 'No sources.\nSet SRC.');
});

test('puts what is wrong inside an object file at the Makefile, with the name of the object', () => {
  const [row] = rows(
    [],
    [error('link/x', 'the number does not fit', { file: 'build/m.o', section: '.text', offset: 4 })],
  );
  assert.equal(row.file, '/ws/m/Makefile');
  assert.equal(row.message, 'build/m.o: section .text+0x4: the number does not fit');
});

test('puts what is in a function without known lines at its source, with the function', () => {
  const where = { file: '/ws/m/src/m.c', object: '/ws/m/build/m.o', section: '.text', offset: 8, inside: 'f+0x4' };
  const [row] = rows([], [error('link/x', 'the number does not fit', where)]);
  assert.deepEqual([row.file, row.line], ['/ws/m/src/m.c', undefined]);
  assert.equal(row.message, 'the number does not fit (section .text+0x8 in f+0x4)');
});

test('leads to related places, and names those that an editor can not open', () => {
  const twice = error('link/duplicate', 'f is defined twice', { file: '/ws/m/b.c', line: 3 }, 'Rename one.');
  const related = [
    { message: 'f is first defined here', where: { file: 'a.c', line: 7, column: 5 } },
    { message: 'f is there, too', where: { file: '/ws/m/lib/x.a(f.o)', section: '.text', offset: 0, inside: 'f' } },
  ];
  const [row] = rows([], [{ ...twice, related }]);
  assert.deepEqual(row.related, [{ file: '/ws/m/a.c', line: 7, column: 5, message: 'f is first defined here' }]);
  assert.equal(row.message, 'f is defined twice\nRename one.\nlib/x.a(f.o): section .text+0x0 in f: f is there, too');
});

test('puts what is wrong with a folder at the Makefile', () => {
  const [row] = rows([error('abi/tree', '/mp is no tree', { file: '/mp' })]);
  assert.deepEqual([row.file, row.message], ['/ws/m/Makefile', '/mp is no tree']);
});

test('names the setting where the hint speaks of the command line', () => {
  const [row] = rows([error('project/tree-missing', 'No tree.', undefined, 'Give --mpy-dir DIR.')]);
  assert.match(row.message, /^No tree\.\nSet natmod\.micropythonDir/);
});

test('puts what the linker knows the source line of at that line', () => {
  const [row] = rows([], [error('link/x', 'the number does not fit', { file: 'm.c', section: '.text', line: 9 })]);
  assert.deepEqual([row.file, row.line], ['/ws/m/m.c', 9]);
});
