// Inputs made to make a linker run for ever or fill memory. The fuzzer finds the careless mistakes; these are the deliberate.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { micropython } from '../../../extension/core/abi/micropython.ts';
import type { BuildableArch } from '../../../extension/core/arch/names.ts';
import { Failure } from '../../../extension/core/diagnostic.ts';
import { sectionTypes } from '../../../extension/core/elf/constants.ts';
import { readArchive } from '../../../extension/core/elf/read-archive.ts';
import { readObject } from '../../../extension/core/elf/read-object.ts';
import { link } from '../../../extension/core/link/link.ts';
import { type MadeObject, type MadeSection, type MadeSymbol, makeObject } from '../elf/make-object.ts';

const entry = { name: 'mpy_init', section: '.text', type: 'function', size: 8 } as const;
const nops = new Array(8).fill(0x90);

function object(sections: readonly MadeSection[], symbols: readonly MadeSymbol[] = []): MadeObject {
  return { machine: 'x64', sections, symbols: [entry, ...symbols] };
}

function codes(bytes: Uint8Array, arch: BuildableArch = 'x64', compat?: string): string[] {
  const result = link({
    arch,
    abi: micropython,
    objects: [{ path: 'a.o', bytes }],
    qstrs: [],
    sourceName: 'm.mpy',
    asIs: true,
    compat,
  });
  return [...new Set(result.diagnostics.map(({ code }) => code))];
}

/** Bytes of a 64-bit object with a number of its section header table set. */
function withHeader(made: MadeObject, section: string, field: 'type' | 'offset' | 'size' | 'align', value: bigint) {
  const bytes = makeObject(made);
  const view = new DataView(bytes.buffer);
  const { index } = readObject(bytes, 'a.o').sections.find(({ name }) => name === section) ?? { index: 0 };
  const at = Number(view.getBigUint64(40, true)) + index * 64;
  if (field === 'type') view.setUint32(at + 4, Number(value), true);
  else view.setBigUint64(at + { offset: 24, size: 32, align: 48 }[field], value, true);
  return bytes;
}

const plain = object([
  { name: '.text', data: nops },
  { name: '.bss', data: 8 },
  { name: '.rodata', data: nops },
]);

test('sizes and alignments without bytes behind them are refused before anything is allocated', () => {
  assert.deepEqual(codes(withHeader(plain, '.bss', 'size', 1n << 40n)), ['link/too-large']);
  assert.deepEqual(codes(withHeader(plain, '.bss', 'size', 0xffff_ffffn)), ['link/too-large']);
  assert.deepEqual(codes(withHeader(plain, '.bss', 'size', (1n << 64n) - 1n)), ['elf/malformed']);
  assert.deepEqual(codes(withHeader(plain, '.rodata', 'type', BigInt(sectionTypes.nobits))), ['link/no-bytes']);
  assert.deepEqual(codes(withHeader(plain, '.rodata', 'size', 1n << 40n)), ['elf/truncated']);
  assert.deepEqual(codes(withHeader(plain, '.rodata', 'align', 1n << 31n)), ['link/alignment']);
  assert.deepEqual(codes(withHeader(plain, '.rodata', 'align', 1n << 32n)), ['elf/malformed']);
  assert.deepEqual(codes(withHeader(plain, '.symtab', 'size', 24n << 31n)), ['elf/truncated']);
});

test('relocations far outside, of huge sections, against absurd symbols', () => {
  const at = (offset: number, type: number, addend: number) =>
    makeObject(
      object(
        [{ name: '.text', data: nops, relocations: [{ offset, type, symbol: 'far', addend }] }],
        [{ name: 'far', section: '*abs*', value: 2 ** 52 }],
      ),
    );
  assert.deepEqual(codes(at(2 ** 40, 2, 0)), ['elf/malformed']);
  assert.deepEqual(codes(at(0, 1, 2 ** 52)), ['link/reloc-range']);
  assert.deepEqual(codes(at(0, 2, -(2 ** 52))), ['link/fixed-direct']);
  const bss = object([
    { name: '.text', data: nops },
    { name: '.bss', data: 2 ** 27, relocations: [{ offset: 2 ** 26, type: 1, symbol: 'mpy_init' }] },
  ]);
  assert.deepEqual(codes(makeObject(bss)), ['link/reloc-place']);
});

test('more variables than a call takes arguments', () => {
  const many = Array.from(
    { length: 130_000 },
    (_, index): MadeSymbol => ({ name: `v${index}`, section: '*common*', value: 4, size: 4 }),
  );
  const made = object(
    [
      { name: '.text', data: nops },
      { name: '.data', data: nops },
    ],
    many,
  );
  const objects = [{ path: 'a.o', bytes: makeObject(made) }];
  const request = { arch: 'x64', abi: micropython, objects, qstrs: [], sourceName: 'm.mpy' } as const;
  const result = link({ ...request, debugImage: true });
  assert.deepEqual(result.diagnostics, []);
  assert.ok(result.debugImage);
});

test('sections that share their bytes are refused: a table is not read a thousand times', () => {
  const many = Array.from({ length: 300 }, (_, index) => ({
    name: `.rodata.${index}`,
    data: index === 0 ? new Array(4000).fill(0) : [0],
  }));
  const bytes = makeObject(object([{ name: '.text', data: nops }, ...many]));
  const view = new DataView(bytes.buffer);
  const table = Number(view.getBigUint64(40, true));
  const [offset, size] = [view.getBigUint64(table + 2 * 64 + 24, true), view.getBigUint64(table + 2 * 64 + 32, true)];
  for (let index = 3; index < 300; index++) {
    view.setBigUint64(table + index * 64 + 24, offset, true);
    view.setBigUint64(table + index * 64 + 32, size, true);
  }
  assert.throws(() => readObject(bytes, 'a.o'), /the sections overlap/);
});

test('names that share their bytes are read up to a multiple of the file', () => {
  // Each symbol's name is the one before without its first letter.
  const long = 'x'.repeat(20_000);
  const symbols = Array.from({ length: 3000 }, (_, index): MadeSymbol => ({ name: `s${index}`, section: '.text' }));
  const bytes = makeObject(object([{ name: '.text', data: nops }], [{ name: long, section: '.text' }, ...symbols]));
  const { sections } = readObject(bytes, 'a.o');
  const table = sections.find(({ name }) => name === '.symtab') as { data: Uint8Array };
  const view = new DataView(table.data.buffer, table.data.byteOffset, table.data.byteLength);
  for (let index = 3; index < 3000; index++) view.setUint32(index * 24, view.getUint32(2 * 24, true) + index, true);
  assert.throws(() => readObject(bytes, 'a.o'), /overlap beyond measure/);

  const index = new Uint8Array(4 + 8 * 2000 + 4 + 20_000).fill(0x78);
  const entries = new DataView(index.buffer);
  entries.setUint32(0, 8 * 2000, true);
  for (let at = 0; at < 2000; at++) {
    entries.setUint32(4 + at * 8, at, true);
    entries.setUint32(8 + at * 8, 8 + 60 + index.length, true);
  }
  const header = (name: string, size: number) =>
    new TextEncoder().encode(`${name.padEnd(48)}${String(size).padEnd(10)}\`\n`);
  const archive = Uint8Array.from([
    ...new TextEncoder().encode('!<arch>\n'),
    ...header('__.SYMDEF', index.length),
    ...index,
    ...header('a.o', 0),
  ]);
  assert.throws(
    () => readArchive(archive, 'a.a'),
    (failure) => failure instanceof Failure && /overlap beyond measure/.test(failure.message),
  );
});

test('an object full of faults is told each sort of them, and none without end', () => {
  const count = 4000;
  const wanted = Array.from(
    { length: count },
    (_, index): MadeSymbol => ({ name: `mp_obj_new_strin${index.toString(36)}` }),
  );
  const variables = Array.from(
    { length: count },
    (_, index): MadeSymbol => ({
      name: `v${index}`,
      section: '.bss',
      value: index * 4,
      size: 4,
      binding: 'local',
      type: 'object',
    }),
  );
  const label: MadeSymbol = { name: '.bss', section: '.bss', binding: 'local', type: 'section' };
  const bytes = makeObject(
    object(
      [
        {
          name: '.text',
          data: new Array(count * 8).fill(0x90),
          relocations: wanted.flatMap(({ name }, index) => [
            { offset: index * 8, type: 4, symbol: name, addend: -4 },
            { offset: index * 8 + 4, type: 2, symbol: '.bss', addend: index * 4 - 4 },
          ]),
        },
        { name: '.bss', data: count * 4 },
      ],
      [label, ...variables, ...wanted],
    ),
  );
  assert.deepEqual(codes(bytes, 'x64', '1.29'), ['link/undefined', 'link/static-bss']);
});

test("symbols with names of JavaScript's own are symbols like others", () => {
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf']) {
    const bytes = makeObject(
      object(
        [{ name: '.text', data: nops, relocations: [{ offset: 1, type: 4, symbol: name, addend: -4 }] }],
        [{ name }],
      ),
    );
    assert.deepEqual(codes(bytes), ['link/undefined'], name);
  }
});
