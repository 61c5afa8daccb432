import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blameFor, explainTraceback, readTraceback } from '../../../extension/core/board/traceback.ts';

const traceback = (last: string, ...frames: string[]) =>
  ['Traceback (most recent call last):', ...frames.map((frame) => `  ${frame}`), last, ''].join('\n');
const c = {
  path: '/p/src/table.c',
  text: [
    '// mpy_init is called by the loader',
    'static int fill(void) { mp_raise_ValueError(MP_ERROR_TEXT("no \\"room\\" left")); }',
    'mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {',
    '}',
  ].join('\n'),
};
const python = { path: '/p/parts.py', text: 'import os\n1 / 0\n' };

test('a traceback is read to its frames and its last line', () => {
  const said = traceback('ValueError: no room', 'File "<stdin>", line 4, in <module>', 'File "parts.py", line 2, in f');
  assert.deepEqual(readTraceback(said.replaceAll('\n', '\r\n')), {
    frames: [
      { file: '<stdin>', line: 4, inside: '<module>' },
      { file: 'parts.py', line: 2, inside: 'f' },
    ],
    kind: 'ValueError',
    text: 'no room',
  });
  assert.deepEqual(readTraceback(traceback('MemoryError')), { frames: [], kind: 'MemoryError', text: '' });
  // MicroPython has the colon even where nothing follows it.
  assert.deepEqual(readTraceback(traceback('KeyboardInterrupt: ')), {
    frames: [],
    kind: 'KeyboardInterrupt',
    text: '',
  });
  assert.deepEqual(readTraceback('noise'), { frames: [], kind: 'noise', text: '' });
});

test("the place is the innermost line of Python that is the user's", () => {
  const said = traceback('ZeroDivisionError: ', 'File "<stdin>", line 4, in <module>', 'File "parts.py", line 2, in f');
  assert.deepEqual(blameFor(readTraceback(said), [c, python]).where, { file: '/p/parts.py', line: 2 });
});

test('what C raises is at the line with its text, else at the entry of the module', () => {
  const raised = readTraceback(traceback('ValueError: no "room" left', 'File "<stdin>", line 4, in <module>'));
  assert.deepEqual(blameFor(raised, [python, c]).where, { file: '/p/src/table.c', line: 2 });
  const other = readTraceback(traceback('ImportError: no module named machine', 'File "<stdin>", line 4, in <module>'));
  assert.equal(blameFor(other, [python, c]).where?.line, 3);
  // Raised in two places: nobody can say in which.
  const twice = { path: '/p/twice.c', text: `x("no \\"room\\" left")\ny("no \\"room\\" left")\nmpy_init (` };
  assert.deepEqual(blameFor(raised, [twice]).where, { file: '/p/twice.c', line: 3 });
  assert.equal(blameFor(raised, [python]).where, undefined);
});

test("what the module's C raises inside its Python is at the line of C, with the line of Python beside it", () => {
  const said = traceback(
    'ValueError: no "room" left',
    'File "<stdin>", line 4, in <module>',
    'File "parts.py", line 2',
  );
  assert.deepEqual(blameFor(readTraceback(said), [python, c]), {
    where: { file: '/p/src/table.c', line: 2 },
    related: [{ message: 'called here', where: { file: '/p/parts.py', line: 2 } }],
  });
});

test('an exception of C is told at the line whose format fits, with the lines of Python that led there', () => {
  const text =
    'x = 1;\nmp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("slot %d of %s is used"), n, name);\n"%d"\n';
  const frames = [
    'File "<stdin>", line 9, in <module>',
    'File "other.py", line 1, in g',
    'File "<stdin>", line 4, in f',
  ];
  const told = explainTraceback(
    'run/raised',
    readTraceback(traceback('ValueError: slot 3 of table (a) is used', ...frames)),
    (name) => (name === '<stdin>' ? '/p/script.py' : undefined),
    [{ path: '/p/slots.c', text }],
  );
  assert.equal(told.message, 'ValueError: slot 3 of table (a) is used');
  assert.deepEqual(told.where, { file: '/p/slots.c', line: 2 });
  assert.deepEqual(told.related, [
    { message: 'called in f', where: { file: '/p/script.py', line: 4 } },
    { message: 'called here', where: { file: '/p/script.py', line: 9 } },
  ]);
});
