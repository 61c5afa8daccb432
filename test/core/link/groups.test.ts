import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sectionTypes } from '../../../extension/core/elf/constants.ts';
import type { MadeObject } from '../elf/make-object.ts';
import { linked, refused } from './link-made.ts';

const group = (signature: string, ...sections: number[]) => ({
  name: '.group',
  type: sectionTypes.group,
  flags: 0,
  data: [1, ...sections].flatMap((word) => [word, 0, 0, 0]),
  signature,
});

/** Code that calls `inlined`, which is in a group together with a constant. */
const object = (entry: string, constant: number): MadeObject => ({
  machine: 'x64',
  sections: [
    group('inlined', 3, 4),
    {
      name: '.text',
      data: [0xe8, 0, 0, 0, 0, 0xc3],
      relocations: [{ offset: 1, type: 2, symbol: 'inlined', addend: -4 }],
    },
    {
      name: '.text.inlined',
      data: [0x8b, 5, 0, 0, 0, 0, 0xc3],
      relocations: [{ offset: 2, type: 2, symbol: 'number', addend: -4 }],
    },
    { name: '.rodata.number', data: [constant, 0, 0, 0] },
  ],
  symbols: [
    { name: entry, section: '.text', type: 'function' },
    { name: 'inlined', section: '.text.inlined', type: 'function' },
    { name: 'number', section: '.rodata.number', type: 'object', binding: 'local' },
  ],
});

test('of groups that several objects have, one is in the module, and all use it', () => {
  const { code } = linked('x64', [object('mpy_init', 11), object('other', 22)]);
  const view = new DataView(code.code.buffer, code.code.byteOffset);
  const places = (what: number) => [...code.code.keys()].filter((at) => code.code[at] === what);
  assert.deepEqual(places(0x8b).length, 1);
  assert.deepEqual([places(11).length, places(22).length], [1, 0]);
  const calls = places(0xe8);
  assert.equal(calls.length, 2);
  for (const at of calls) assert.equal(at + 5 + view.getInt32(at + 1, true), places(0x8b)[0]);
});

test('a reference to a local symbol of a group that is left out is refused and explained', () => {
  const second: MadeObject = {
    machine: 'x64',
    sections: [
      group('inlined', 3),
      {
        name: '.text',
        data: [0x8b, 5, 0, 0, 0, 0],
        relocations: [{ offset: 2, type: 2, symbol: 'number', addend: -4 }],
      },
      { name: '.rodata.number', data: [1, 0, 0, 0] },
    ],
    symbols: [
      { name: 'inlined', section: '.rodata.number', type: 'object' },
      { name: 'number', section: '.rodata.number', type: 'object', binding: 'local' },
    ],
  };
  const { code, message, where } = refused('x64', [object('mpy_init', 1), second]);
  assert.equal(code, 'link/discarded-copy');
  assert.match(message, /R_X86_64_PC32 refers to number in a section that is left out, because a\.o has the same one/);
  assert.equal(where?.file, 'b.o');
});

test('a function that only the group left out has is missing, however weak it was', () => {
  const lacking = object('mpy_init', 1);
  const second = object('other', 2);
  const extra: MadeObject = {
    ...second,
    sections: second.sections.map((section) =>
      section.name === '.text'
        ? { ...section, relocations: [{ offset: 1, type: 2, symbol: 'variant', addend: -4 }] }
        : section,
    ),
    symbols: [
      ...second.symbols,
      { name: 'variant', section: '.text.inlined', value: 6, type: 'function', binding: 'weak' },
    ],
  };
  const { code, where } = refused('x64', [lacking, extra]);
  assert.deepEqual([code, where?.symbol], ['link/undefined', 'variant']);
});

test('two definitions outside of groups are still a mistake', () => {
  const plain = (entry: string): MadeObject => ({ ...object(entry, 1), sections: object(entry, 1).sections.slice(1) });
  assert.equal(refused('x64', [plain('mpy_init'), plain('other')]).code, 'link/duplicate');
});
