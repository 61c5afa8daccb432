import assert from 'node:assert/strict';
import test from 'node:test';
import { readDepfile } from '../../../extension/core/compile/read-depfile.ts';

test('lists what a compiler read, over as many lines as it took', () => {
  assert.deepEqual(readDepfile('m.o: m.c a.h \\\n b.h \\\r\n  c.h\n'), ['m.c', 'a.h', 'b.h', 'c.h']);
});

test('names come without the quotes that make needs', () => {
  const text = 'build/m.o: my\\ module.c a\\#b.h cash$$.h back\\slash.h 50\\%.h\n';
  assert.deepEqual(readDepfile(text), ['my module.c', 'a#b.h', 'cash$.h', 'back\\slash.h', '50\\%.h']);
});

test('drive letters belong to names', () => {
  assert.deepEqual(readDepfile('C:\\out\\m.o: C:\\src\\m.c D:/inc/a.h'), ['C:\\src\\m.c', 'D:/inc/a.h']);
});

test('only the first rule counts: those behind it say that a header may be gone', () => {
  assert.deepEqual(readDepfile('m.o: m.c a.h\na.h:\n'), ['m.c', 'a.h']);
});

test('a file that is no list of files has none', () => {
  assert.deepEqual(readDepfile(''), []);
  assert.deepEqual(readDepfile('nothing here'), []);
});
