import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../../extension/core/diagnostic.ts';
import { readObject } from '../../../extension/core/elf/read-object.ts';
import { makeObject } from './make-object.ts';

const sample = (machine: 'arm' | 'x64') =>
  makeObject({
    machine,
    sections: [
      {
        name: '.text',
        data: [1, 2, 3, 4, 5, 6, 7, 8],
        align: 8,
        relocations: [{ offset: 4, type: 2, symbol: 'callee', addend: -4 }],
      },
      { name: '.bss', data: 12 },
    ],
    symbols: [
      { name: 'here', section: '.text', value: 2, size: 4, type: 'function' },
      { name: 'hidden', section: '.bss', binding: 'local', type: 'object' },
      { name: 'callee' },
    ],
  });

for (const machine of ['arm', 'x64'] as const) {
  test(`reads sections, symbols and relocations of a ${machine} object`, () => {
    const object = readObject(sample(machine), 'a.o');
    assert.equal(object.elfClass, machine === 'x64' ? 64 : 32);
    const [, text, bss] = object.sections;
    assert.deepEqual([text.name, text.size, text.align, [...text.data]], ['.text', 8, 8, [1, 2, 3, 4, 5, 6, 7, 8]]);
    assert.deepEqual([bss.name, bss.size, bss.data.length], ['.bss', 12, 0]);
    const here = object.symbols.find((symbol) => symbol.name === 'here');
    assert.deepEqual(
      [here?.value, here?.size, here?.binding, here?.type, here?.section],
      [2, 4, 'global', 'function', 1],
    );
    const callee = object.symbols.find((symbol) => symbol.name === 'callee');
    assert.equal(callee?.place, 'undefined');
    // ARM keeps addends in the code, x64 beside the relocation.
    assert.deepEqual(text.relocations, [
      { offset: 4, type: 2, symbol: callee?.index, addend: machine === 'x64' ? -4 : undefined },
    ]);
  });
}

test('says what a file that is not ELF starts with', () => {
  assert.throws(
    () => readObject(new TextEncoder().encode('int main;'), 'a.c'),
    failing('elf/not-elf', /starts with 69 6e 74 20/),
  );
  assert.throws(() => readObject(new Uint8Array(0), 'a.o'), failing('elf/not-elf', /it is empty/));
  assert.throws(
    () => readObject(Uint8Array.of(0x42, 0x43, 0xc0, 0xde), 'a.o'),
    (failure) => failure instanceof Failure && failure.diagnostics[0].hint?.includes('-flto') === true,
  );
});

test('refuses executables, big-endian objects and unknown classes', () => {
  const patched = (at: number, value: number) => {
    const bytes = sample('arm');
    bytes[at] = value;
    return bytes;
  };
  assert.throws(() => readObject(patched(16, 2), 'a.o'), failing('elf/not-relocatable', /ELF executable/));
  assert.throws(() => readObject(patched(5, 2), 'a.o'), failing('elf/unsupported', /big-endian/));
  assert.throws(() => readObject(patched(4, 7), 'a.o'), failing('elf/unsupported', /class 7/));
});

for (const machine of ['arm', 'x64'] as const) {
  test(`reports every truncation of a ${machine} object`, () => {
    const bytes = sample(machine);
    let refused = 0;
    for (let length = 0; length < bytes.length; length++) {
      try {
        readObject(bytes.subarray(0, length), 'cut.o');
      } catch (failure) {
        assert.ok(failure instanceof Failure, `length ${length}: ${failure}`);
        assert.match(failure.diagnostics[0].code, /^elf\//);
        refused++;
      }
    }
    // The section header table comes last, so nothing shorter is a whole object.
    assert.equal(refused, bytes.length);
  });
}

function failing(code: string, message: RegExp) {
  return (failure: unknown) => {
    assert.ok(failure instanceof Failure);
    assert.equal(failure.diagnostics[0].code, code);
    assert.match(failure.diagnostics[0].message, message);
    return true;
  };
}
