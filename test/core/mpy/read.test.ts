import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../extension/core/diagnostic.ts';
import type { MpyModule, Relocation } from '../../../extension/core/mpy/module.ts';
import { readModule } from '../../../extension/core/mpy/read.ts';
import { writeModule } from '../../../extension/core/mpy/write.ts';

const relocations: readonly Relocation[] = [
  { base: 'text', offset: 0, target: { kind: 'text' } },
  { base: 'text', offset: 4, target: { kind: 'text' } },
  { base: 'text', offset: 8, target: { kind: 'table' } },
  { base: 'rodata', offset: 4, target: { kind: 'bss' } },
  { base: 'rodata', offset: 0, target: { kind: 'entry', index: 86 } },
  { base: 'text', offset: 200, target: { kind: 'qstr-table' } },
];

const sample: MpyModule = {
  header: {
    flavour: 'micropython',
    version: 6,
    subVersion: 3,
    arch: 'xtensawin',
    archFlags: undefined,
    smallIntBits: 31,
  },
  qstrs: [{ text: 'm.mpy' }, { text: 'append', staticIndex: 60 }, { text: 'größe' }],
  objects: [
    { kind: 'none' },
    { kind: 'str', bytes: new TextEncoder().encode('hi') },
    {
      kind: 'tuple',
      items: [
        { kind: 'int', bytes: new TextEncoder().encode('123456789012345678901') },
        { kind: 'tuple', items: [] },
      ],
    },
  ],
  code: {
    kind: 'viper',
    code: new Uint8Array(300).fill(7),
    scopeFlags: 0,
    rodata: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    bssSize: 40,
    relocations,
    children: [
      { kind: 'bytecode', code: Uint8Array.of(9, 9), children: [] },
      { kind: 'native', code: Uint8Array.of(1, 2, 3, 4), preludeOffset: 2, children: [] },
      {
        kind: 'asm',
        code: Uint8Array.of(5, 6),
        scopeFlags: 0,
        positionalArguments: 2,
        typeSignature: 9,
        relocations: undefined,
        children: [],
      },
    ],
  },
};

for (const flavour of ['micropython', 'circuitpython'] as const) {
  test(`what is written for ${flavour} is read back`, () => {
    const module = { ...sample, header: { ...sample.header, flavour, archFlags: 3 } };
    for (const everyOffset of [false, true])
      assert.deepEqual(readModule(writeModule(module, { everyOffset }), 'm.mpy').module, module);
  });
}

test('every byte belongs to exactly one span', () => {
  const bytes = writeModule(sample);
  let at = 0;
  for (const span of readModule(bytes, 'm.mpy').spans) {
    assert.equal(span.start, at, span.what);
    assert.ok(span.end > span.start, span.what);
    at = span.end;
  }
  assert.equal(at, bytes.length);
});

test('neighbouring relocations share records', () => {
  const shortest = writeModule(sample).length;
  assert.ok(shortest < writeModule(sample, { everyOffset: true }).length);
});

test('reports every truncation with the byte and what was expected there', () => {
  const bytes = writeModule(sample);
  for (let length = 0; length < bytes.length; length++) {
    const failure = failureOf(bytes.subarray(0, length));
    assert.match(failure.code, /^mpy\/(truncated|count)$/, `length ${length}: ${failure.message}`);
    assert.ok((failure.where?.offset ?? -1) <= length);
  }
});

test('survives every single corrupted byte: reads it or says why not', () => {
  const bytes = writeModule(sample);
  for (let at = 0; at < bytes.length; at++) {
    for (const value of [0x00, 0x7f, 0x80, 0xff]) {
      const broken = bytes.slice();
      broken[at] = value;
      try {
        readModule(broken, 'm.mpy');
      } catch (failure) {
        assert.ok(failure instanceof Failure, `byte ${at} = ${value}: ${failure}`);
      }
    }
  }
});

const header = (third: number) => [0x4d, 6, third, 31];

test('recognises what is no .mpy, an old version, reserved bits and unknown architectures', () => {
  assert.equal(
    failureOf([0x7f, 0x45]).message,
    'is not a .mpy file: it starts with 7f, not with 4d (M, MicroPython) or 43 (C, CircuitPython)',
  );
  assert.equal(
    failureOf([...'MIT License'].map((letter) => letter.charCodeAt(0))).message,
    'is not a .mpy file: it starts with the text "MI"',
  );
  const old = failureOf([0x4d, 5, 0, 31]);
  assert.deepEqual(
    [old.code, old.hint],
    ['mpy/version', 'It was made for MicroPython 1.18 or older: build it again for a current release.'],
  );
  const circuitpython = failureOf([0x43, 5, 0, 31]).hint;
  assert.equal(circuitpython, 'It was made for CircuitPython 8 or older: build it again for a current release.');
  assert.equal(failureOf([...header(0x80), 0, 0]).code, 'mpy/feature');
  assert.equal(failureOf([...header(0x0f << 2), 0, 0]).code, 'mpy/arch');
});

test('hostile counts and numbers are refused before anything is allocated for them', () => {
  assert.equal(failureOf([...header(0), 0xff, 0xff, 0xff, 0x7f, 0]).code, 'mpy/count');
  assert.equal(failureOf([...header(0), 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]).code, 'mpy/vuint');
  // viper of 4 bytes with relocations: 2^28 words from text+0
  const code = [...header(5 << 2), 0, 0, (4 << 3) | 2, 0, 0, 0, 0, 0x10];
  assert.equal(
    failureOf([...code, 3, 0, 0xff, 0xff, 0xff, 0x7f, 0xff]).message,
    'relocation of the word at 0x4 in text, which has 4 bytes: the loader would write outside',
  );
  assert.equal(failureOf([...code, 0, 0xff]).code, 'mpy/reloc-first');
});

function failureOf(bytes: ArrayLike<number>) {
  try {
    readModule(Uint8Array.from(bytes), 'm.mpy');
  } catch (failure) {
    assert.ok(failure instanceof Failure, String(failure));
    return failure.diagnostics[0];
  }
  assert.fail('it was read');
}
