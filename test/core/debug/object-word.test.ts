import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeObjectWord,
  encodeConstant,
  encodeSmallInt,
  type ObjectWord,
  type Representation,
} from '../../../extension/core/debug/object-word.ts';

/** Words worked out by the macros of py/obj.h. */
const rows: readonly (readonly [Representation, 4 | 8, bigint, ObjectWord])[] = [
  ['A', 4, 0x0000_0001n, { kind: 'int', value: 0n }],
  ['A', 4, 0xffff_ffffn, { kind: 'int', value: -1n }],
  ['A', 4, 0x8000_0001n, { kind: 'int', value: -(2n ** 30n) }],
  ['A', 8, 0x7fff_ffff_ffff_ffffn, { kind: 'int', value: 2n ** 62n - 1n }],
  ['A', 4, 0x0000_01e2n, { kind: 'qstr', number: 60 }],
  ['A', 4, 0x06n, { kind: 'constant', value: 'None' }],
  ['A', 4, 0x0en, { kind: 'constant', value: 'False' }],
  ['A', 4, 0x1en, { kind: 'constant', value: 'True' }],
  ['A', 4, 0x16n, { kind: 'invalid' }],
  ['A', 8, 0x7f50_b86f_9f20n, { kind: 'pointer', address: 0x7f50_b86f_9f20 }],
  ['B', 4, 0xffff_fffdn, { kind: 'int', value: -1n }],
  ['B', 4, 0x0000_0005n, { kind: 'int', value: 1n }],
  ['B', 4, 0x0000_01e3n, { kind: 'qstr', number: 60 }],
  ['B', 4, 0x07n, { kind: 'constant', value: 'None' }],
  ['B', 4, 0x1fn, { kind: 'constant', value: 'True' }],
  ['B', 4, 0x2000_0006n, { kind: 'pointer', address: 0x2000_0006 }],
  ['C', 4, 0x0000_0003n, { kind: 'int', value: 1n }],
  ['C', 4, 0x0000_03c6n, { kind: 'qstr', number: 60 }],
  ['C', 4, 0x0en, { kind: 'constant', value: 'None' }],
  ['C', 4, 0x3en, { kind: 'constant', value: 'True' }],
  ['C', 4, 0x2000_0004n, { kind: 'pointer', address: 0x2000_0004 }],
  ['C', 4, 0xc040_0002n, { kind: 'float', value: 1.5, single: true }],
  ['C', 4, 0x4040_0002n, { kind: 'float', value: -1.5, single: true }],
  ['C', 4, 0x8080_0002n, { kind: 'float', value: 0, single: true }],
  ['C', 4, 0x8000_0002n, { kind: 'float', value: Number.NEGATIVE_INFINITY, single: true }],
  ['D', 4, 0x0001_0000_0000_0003n, { kind: 'int', value: 1n }],
  ['D', 4, 0x0001_ffff_ffff_ffffn, { kind: 'int', value: -1n }],
  ['D', 4, 0x0002_0000_0000_0079n, { kind: 'qstr', number: 60 }],
  ['D', 4, 0x0003_0000_0000_0000n, { kind: 'constant', value: 'None' }],
  ['D', 4, 0x0003_c000_0000_0000n, { kind: 'constant', value: 'True' }],
  ['D', 4, 0x0000_0000_f7b2_3fa0n, { kind: 'pointer', address: 0xf7b2_3fa0 }],
  ['D', 4, 0xbffc_0000_0000_0000n, { kind: 'float', value: 1.5, single: false }],
];

for (const representation of ['A', 'B', 'C', 'D'] as const)
  test(`tells what a word of representation ${representation} holds`, () => {
    for (const [which, wordSize, word, object] of rows)
      if (which === representation)
        assert.deepEqual(decodeObjectWord(word, representation, wordSize), object, `0x${word.toString(16)}`);
  });

test('makes the words of small integers and constants, and none for integers that need an object', () => {
  for (const [which, wordSize, word, object] of rows) {
    if (object.kind === 'int') assert.equal(encodeSmallInt(object.value, which, wordSize), word);
    if (object.kind === 'constant') assert.equal(encodeConstant(object.value, which), word);
  }
  for (const [which, wordSize, least] of [
    ['A', 4, 2n ** 30n],
    ['A', 8, 2n ** 62n],
    ['B', 4, 2n ** 29n],
    ['D', 4, 2n ** 46n],
  ] as const) {
    assert.equal(encodeSmallInt(least, which, wordSize), undefined);
    assert.notEqual(encodeSmallInt(least - 1n, which, wordSize), undefined);
  }
});

test('a word of zeros is no object in any representation', () => {
  for (const representation of ['A', 'B', 'C', 'D'] as const)
    assert.deepEqual(decodeObjectWord(0n, representation, 4), { kind: 'null' });
});
