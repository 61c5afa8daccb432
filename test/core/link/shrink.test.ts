// What the linker leaves out, merges and shortens of its own accord.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sectionFlags } from '../../../extension/core/elf/constants.ts';
import type { MadeObject, MadeSection, MadeSymbol } from '../elf/make-object.ts';
import { linked, refused } from './link-made.ts';

const ret = [0xc3];
const call = [0xe8, 0, 0, 0, 0, 0xc3];
const entry = { name: 'mpy_init', section: '.text.mpy_init', type: 'function' } as const;
const constants = sectionFlags.alloc | sectionFlags.merge;
const strings = constants | sectionFlags.strings;

const text = (name: string, data: readonly number[], ...symbols: readonly string[]): MadeSection => ({
  name: `.text.${name}`,
  data,
  align: 1,
  relocations: symbols.map((symbol) => ({ offset: 1, type: 4, symbol, addend: -4 })),
});
const fn = (name: string): MadeSymbol => ({ name, section: `.text.${name}`, type: 'function' });
const shrunk = (...objects: readonly MadeObject[]) => linked('x64', objects, { asIs: false });
const textOf = (bytes: readonly number[]) => String.fromCharCode(...bytes);

test('what mpy_init does not reach is left out, with what only that reaches', () => {
  const object: MadeObject = {
    machine: 'x64',
    sections: [
      text('unused', [...call, 0x11], 'unusedToo'),
      text('unusedToo', [0x22, ...ret]),
      text('mpy_init', call, 'used'),
      text('used', [0x33, ...ret]),
      { name: '.bss.unused', data: 400 },
    ],
    symbols: [
      entry,
      fn('unused'),
      fn('unusedToo'),
      fn('used'),
      { name: 'big', section: '.bss.unused', type: 'object' },
    ],
  };
  const { code } = shrunk(object);
  assert.deepEqual([...code.code], [0xe8, 1, 0, 0, 0, 0xc3, 0x33, 0xc3]);
  assert.equal(code.bssSize, undefined);
  assert.ok(linked('x64', [object]).code.code.length > code.code.length);
});

test('a constant without bytes has an address, as Rust’s empty slices need', () => {
  const rodata = (size: number): MadeSection => ({ name: '.rodata.nothing', data: new Array(size).fill(1), align: 1 });
  const lea = [0x48, 0x8d, 0x05, 0, 0, 0, 0, 0xc3];
  const object = (size: number): MadeObject => ({
    machine: 'x64',
    sections: [
      { ...text('mpy_init', lea), relocations: [{ offset: 3, type: 2, symbol: 'nothing', addend: -4 }] },
      rodata(size),
      { name: '.data', data: [], align: 64 },
    ],
    symbols: [entry, { name: 'nothing', section: '.rodata.nothing', type: 'object' }],
  });
  assert.deepEqual([...shrunk(object(0)).code.code], [0x48, 0x8d, 0x05, 1, 0, 0, 0, 0xc3]);
  assert.equal(shrunk(object(1)).code.code.length, 9);
});

test('what left-out code lacks is nobody’s fault; what is kept must be whole', () => {
  const object = (from: string): MadeObject => ({
    machine: 'x64',
    sections: [
      text('unused', call, from === 'unused' ? 'nowhere' : 'unused'),
      text('mpy_init', call, from === 'unused' ? 'mpy_init' : 'nowhere'),
    ],
    symbols: [entry, fn('unused'), { name: 'nowhere' }],
  });
  shrunk(object('unused'));
  assert.equal(refused('x64', [object('mpy_init')], { asIs: false }).code, 'link/undefined');
});

test('a section marked with the attribute retain stays', () => {
  const { code } = shrunk({
    machine: 'x64',
    sections: [
      text('mpy_init', ret),
      { name: '.rodata.kept', data: [1, 2, 3], align: 1, flags: sectionFlags.alloc | sectionFlags.retain },
      { name: '.rodata.left', data: [4, 5, 6], align: 1 },
    ],
    symbols: [entry],
  });
  assert.deepEqual([...code.code], [0xc3, 1, 2, 3]);
});

test('mpy_init comes first, without a jump, wherever it was', () => {
  const { code } = shrunk(
    { machine: 'x64', sections: [text('other', [0x44, ...ret])], symbols: [fn('other')] },
    { machine: 'x64', sections: [text('mpy_init', call, 'other')], symbols: [entry, { name: 'other' }] },
  );
  assert.deepEqual([...code.code], [...[0xe8, 1, 0, 0, 0, 0xc3], 0x44, 0xc3]);
});

const lea = [0x48, 0x8d, 0x05, 0, 0, 0, 0];

/** An object with a string, and a function that takes its address. */
const speaker = (name: string, said: string, label = '.LC0'): MadeObject => ({
  machine: 'x64',
  sections: [
    {
      name: `.text.${name}`,
      data: [...lea, ...ret],
      align: 1,
      relocations: [{ offset: 3, type: 2, symbol: label, addend: -4 }],
    },
    {
      name: `.rodata.${name}.str1.1`,
      data: [...`${said}\0`].map((c) => c.charCodeAt(0)),
      align: 1,
      entrySize: 1,
      flags: strings,
    },
  ],
  symbols: [
    { name: label, section: `.rodata.${name}.str1.1`, binding: 'local' },
    name === 'mpy_init' ? entry : fn(name),
  ],
});

/** What the function at `at` points to. */
function said(code: Uint8Array, at: number): string {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const start = at + 7 + view.getInt32(at + 3, true);
  return textOf([...code.subarray(start, code.indexOf(0, start))]);
}

test('equal strings of several objects are one, and one lies in another that ends with it', () => {
  const caller: MadeObject = {
    machine: 'x64',
    sections: [
      {
        name: '.text.mpy_init',
        data: [...call.slice(0, 5), ...call.slice(0, 5), ...call],
        align: 1,
        relocations: ['a', 'b', 'c'].map((symbol, index) => ({ offset: 1 + 5 * index, type: 4, symbol, addend: -4 })),
      },
    ],
    symbols: [entry, { name: 'a' }, { name: 'b' }, { name: 'c' }],
  };
  const { code } = shrunk(caller, speaker('a', 'no memory'), speaker('b', 'memory'), speaker('c', 'no memory'));
  const view = new DataView(code.code.buffer, code.code.byteOffset);
  const heard = [0, 5, 10].map((at) => said(code.code, at + 5 + view.getInt32(at + 1, true)));
  assert.deepEqual(heard, ['no memory', 'memory', 'no memory']);
  assert.equal(textOf([...code.code]).split('memory').length, 2);
});

test('constants of one value are one; a string without an end stays what it is', () => {
  const load = (symbol: string, offset: number) => ({ offset: offset + 3, type: 2, symbol, addend: -4 });
  const { code } = shrunk({
    machine: 'x64',
    sections: [
      {
        name: '.text.mpy_init',
        data: [...lea, ...lea, ...lea, ...ret],
        align: 1,
        relocations: [load('x', 0), load('y', 7), load('z', 14)],
      },
      { name: '.rodata.cst4', data: [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4], align: 4, entrySize: 4, flags: constants },
      { name: '.rodata.str1.1', data: [65, 66], align: 1, entrySize: 1, flags: strings },
    ],
    symbols: [
      { name: 'x', section: '.rodata.cst4', binding: 'local' },
      { name: 'y', section: '.rodata.cst4', value: 8, binding: 'local' },
      { name: 'z', section: '.rodata.str1.1', binding: 'local' },
      entry,
    ],
  });
  const view = new DataView(code.code.buffer, code.code.byteOffset);
  const [x, y, z] = [0, 7, 14].map((at) => at + 7 + view.getInt32(at + 3, true));
  assert.equal(x, y);
  assert.deepEqual([...code.code.subarray(x, x + 4)], [1, 2, 3, 4]);
  assert.deepEqual([...code.code.subarray(z, z + 2)], [65, 66]);
  assert.equal(code.code.length, 22 + 2 + 4);
});

/** A function that calls another, both as other objects have them. */
const copy = (name: string, calls: string, ...more: MadeSection[]): MadeObject => ({
  machine: 'x64',
  sections: [text(name, call, calls), text(calls, [0x77, ...ret]), ...more],
  symbols: [fn(name), { ...fn(calls), binding: 'local' }],
});
/** mpy_init calls `a` and `b`, or their addresses are kept, too. */
const main = (kept: boolean): MadeObject => ({
  machine: 'x64',
  sections: [
    text('mpy_init', [...call.slice(0, 5), ...call.slice(0, 5), ...ret], 'a'),
    {
      name: '.data.rel.ro.kept',
      data: new Array(16).fill(0),
      align: 8,
      flags: sectionFlags.alloc | (kept ? sectionFlags.retain : 0),
      relocations: ['a', 'b'].map((symbol, index) => ({ offset: 8 * index, type: 1, symbol, addend: 0 })),
    },
  ].map((section, index) =>
    index === 0
      ? {
          ...section,
          relocations: ['a', 'b'].map((symbol, at) => ({ offset: 1 + 5 * at, type: 4, symbol, addend: -4 })),
        }
      : section,
  ),
  symbols: [entry, { name: 'a' }, { name: 'b' }],
});

test('functions of equal code are one where they are only called, two where their addresses are kept', () => {
  const { code } = shrunk(main(false), copy('a', 'inner'), copy('b', 'within'));
  assert.equal(code.code.length, 11 + 6 + 2);
  const view = new DataView(code.code.buffer, code.code.byteOffset);
  assert.equal(5 + view.getInt32(1, true), 10 + view.getInt32(6, true));
  const { code: apart } = shrunk(main(true), copy('a', 'inner'), copy('b', 'within'));
  const words = new DataView(apart.code.buffer, apart.code.byteOffset + apart.code.length - 16);
  assert.notEqual(words.getBigUint64(0, true), words.getBigUint64(8, true));
});

test('a function whose distance code loads is no copy of another: LEA may have the relocation of a call', () => {
  const taker = (...first: number[]): MadeObject => ({
    machine: 'x64',
    sections: [
      text('mpy_init', [...first, 0, 0, 0, 0, ...first, 0, 0, 0, 0, ...ret]),
      ...['a', 'b'].map((name) => text(name, [0x77, ...ret])),
    ].map((section, index) =>
      index === 0
        ? {
            ...section,
            relocations: ['a', 'b'].map((symbol, at) => ({
              offset: first.length + at * (first.length + 4),
              type: 4,
              symbol,
              addend: -4,
            })),
          }
        : section,
    ),
    symbols: [entry, fn('a'), fn('b')],
  });
  const sizeWith = (...first: number[]) => shrunk(taker(...first)).code.code.length - 2 * (first.length + 4) - 1;
  const [one, two] = [2, 4];
  assert.equal(sizeWith(0xe8), one);
  assert.equal(sizeWith(0xe9), one);
  assert.equal(sizeWith(0x0f, 0x85), one);
  // leaq a@PLT(%rip), %rax; pushq $a@PLT; subl $a@PLT, %eax
  assert.equal(sizeWith(0x48, 0x8d, 0x05), two);
  assert.equal(sizeWith(0x68), two);
  assert.equal(sizeWith(0x81, 0xe8), two);
});

test('code loads no address through the table of what lies beside it', () => {
  const { code, sizes } = shrunk({
    machine: 'x64',
    sections: [
      {
        name: '.text.mpy_init',
        // mov rax, [rip + table]; call [rip + table]; jmp [rip + table]
        data: [0x48, 0x8b, 0x05, 0, 0, 0, 0, 0xff, 0x15, 0, 0, 0, 0, 0xff, 0x25, 0, 0, 0, 0],
        align: 1,
        relocations: [
          { offset: 3, type: 42, symbol: 'table', addend: -4 },
          { offset: 9, type: 41, symbol: 'far', addend: -4 },
          { offset: 15, type: 41, symbol: 'far', addend: -4 },
        ],
      },
      text('far', ret),
      { name: '.rodata.table', data: [9], align: 1 },
    ],
    symbols: [entry, fn('far'), { name: 'table', section: '.rodata.table', type: 'object' }],
  });
  const view = new DataView(code.code.buffer, code.code.byteOffset);
  assert.equal(code.code[1], 0x8d);
  assert.equal(7 + view.getInt32(3, true), 20);
  assert.deepEqual([...code.code.subarray(7, 9)], [0x67, 0xe8]);
  assert.equal(13 + view.getInt32(9, true), 19);
  assert.deepEqual([code.code[13], code.code[18]], [0xe9, 0x90]);
  assert.equal(18 + view.getInt32(14, true), 19);
  assert.equal(sizes?.relocations, 0);
});

test('functions and strings fill the gap before what wants alignment', () => {
  const { code } = shrunk({
    machine: 'x64',
    sections: [
      {
        name: '.text.mpy_init',
        // call second; call third; lea rax, [rip + table]; ret
        data: [...call.slice(0, 5), ...call.slice(0, 5), 0x48, 0x8d, 0x05, 0, 0, 0, 0, 0xc3],
        align: 1,
        relocations: [
          { offset: 1, type: 4, symbol: 'second', addend: -4 },
          { offset: 6, type: 4, symbol: 'third', addend: -4 },
          { offset: 13, type: 2, symbol: 'table', addend: -4 },
        ],
      },
      text('second', [0x22, 0xc3]),
      text('third', [0x33, 0x33, 0x33, 0x33, 0x33, 0xc3]),
      { name: '.rodata.table', data: [1, 2, 3, 4, 5, 6, 7, 8], align: 8 },
    ],
    symbols: [entry, fn('second'), fn('third'), { name: 'table', section: '.rodata.table', type: 'object' }],
  });
  assert.deepEqual(
    [...code.code.subarray(18)],
    [0x33, 0x33, 0x33, 0x33, 0x33, 0xc3, 1, 2, 3, 4, 5, 6, 7, 8, 0x22, 0xc3],
  );
  const view = new DataView(code.code.buffer, code.code.byteOffset);
  assert.deepEqual(
    [5 + view.getInt32(1, true), 10 + view.getInt32(6, true), 17 + view.getInt32(13, true)],
    [32, 18, 24],
  );
});

test('a place inside the function table is the word that the loader adds the table to', () => {
  const { code } = shrunk({
    machine: 'x64',
    sections: [
      {
        name: '.text.mpy_init',
        // mov rax, [rip + the word]; ret
        data: [0x48, 0x8b, 0x05, 0, 0, 0, 0, 0xc3],
        align: 1,
        relocations: [{ offset: 3, type: 42, symbol: 'mp_fun_table.104', addend: -4 }],
      },
      {
        name: '.data.rel.ro',
        data: new Array(8).fill(0),
        align: 8,
        flags: sectionFlags.alloc | sectionFlags.write | sectionFlags.retain,
        relocations: [{ offset: 0, type: 1, symbol: 'mp_fun_table.104', addend: 8 }],
      },
    ],
    symbols: [entry, { name: 'mp_fun_table.104' }],
  });
  const view = new DataView(code.code.buffer, code.code.byteOffset);
  assert.deepEqual(
    (code.relocations ?? []).map(({ offset, target }) => [target.kind, view.getInt32(offset, true)]).sort(),
    [
      ['table', 104],
      ['table', 112],
    ],
  );
});

const callFar = (link: number) => [0x97, 0, 0, 0, 0x67 | ((link & 1) << 7), link >> 1, 0, 0];

/** mpy_init calls `far` and `farther`, and jumps back over both calls; a gap lies between the functions. */
const caller = (link: number, gap: number, mark = 51): MadeObject => ({
  machine: 'riscv',
  // EF_RISCV_RVC
  flags: 1,
  sections: [
    {
      name: '.text.mpy_init',
      // the calls; a jump back to the first one
      data: [...callFar(link), ...callFar(link), 0x6f, 0, 0, 0],
      align: 2,
      relocations: [
        { offset: 0, type: 19, symbol: 'far', addend: 0 },
        { offset: 0, type: mark, symbol: 'far', addend: 0 },
        { offset: 8, type: 19, symbol: 'far', addend: 0 },
        { offset: 8, type: mark, symbol: 'far', addend: 0 },
        { offset: 16, type: 17, symbol: '.Lback', addend: 0 },
      ],
    },
    { name: '.text.far', data: [...new Array(gap).fill(0), 0x82, 0x80], align: 2 },
  ],
  symbols: [
    { name: '.Lback', section: '.text.mpy_init', value: 8, binding: 'local' },
    entry,
    { name: 'far', section: '.text.far', value: gap, type: 'function' },
  ],
});

test('RISC-V: calls get as short as their distance allows, and what they moved is found again', () => {
  const sizes = (link: number, gap: number, arch: 'rv32imc' | 'rv64imc' = 'rv32imc') => {
    const made = { ...caller(link, gap), elfClass: arch === 'rv64imc' ? 64 : 32 } as const;
    return linked(arch, [made], { asIs: false }).code.code.length - gap - 2;
  };
  assert.equal(sizes(1, 0), 2 + 2 + 4);
  assert.equal(sizes(0, 0), 2 + 2 + 4);
  assert.equal(sizes(5, 0), 4 + 4 + 4);
  assert.equal(sizes(1, 0, 'rv64imc'), 4 + 4 + 4);
  assert.equal(sizes(1, 4000), 4 + 4 + 4);
  assert.equal(sizes(1, 2_000_000), 8 + 8 + 4);
  const { code } = linked('rv32imc', [caller(1, 0)], { asIs: false });
  const view = new DataView(code.code.buffer, code.code.byteOffset);
  assert.equal(view.getUint16(0, true) & 0xe003, 0x2001);
  // jal zero, -2: behind two short calls, back to the second.
  assert.equal(view.getUint32(4, true), 0xfff_ff06f);
});

test('RISC-V: calls whose assembler did not allow it keep their length', () => {
  for (const made of [caller(1, 0, 0), { ...caller(1, 0), flags: 0 }])
    assert.equal(linked('rv32imc', [made], { asIs: false }).code.code.length, 8 + 8 + 4 + 2);
});

test('RISC-V: of the code that saves registers there is what the functions call', () => {
  const saver = (n: number): MadeSection => ({
    name: `.text.${n === 1 ? 'mpy_init' : 'other'}`,
    data: [...callFar(5), ...callFar(0)],
    align: 2,
    relocations: [
      { offset: 0, type: 19, symbol: `__riscv_save_${n}`, addend: 0 },
      { offset: 8, type: 19, symbol: `__riscv_restore_${n}`, addend: 0 },
    ],
  });
  const object = (...sections: MadeSection[]): MadeObject => ({
    machine: 'riscv',
    sections,
    symbols: [entry, ...[1, 6].flatMap((n) => ['save', 'restore'].map((what) => ({ name: `__riscv_${what}_${n}` })))],
  });
  const { code } = linked('rv32imc', [object(saver(1), saver(6))], { asIs: false });
  // addi sp, -16; sw ra; sw s0; jr t0; lw ra; lw s0; addi sp, 16; ret
  const hex = [...code.code.subarray(16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  assert.equal(hex, '7d7106c622c48282b240224441618280');
});

const word = (value: number) => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];
/** Functions that restore a0 and a12 from frames of 16 and 32 bytes; the first calls the other, or loads its address. */
const twoFrames = (flags: number, file = 'm.c', isCalled = true, align = 4): MadeObject => {
  const functions: readonly (readonly [name: string, data: readonly number[]])[] = [
    [
      'mpy_init',
      [0x12, 0xc1, 0xf0, isCalled ? 0x05 : 0x31, 0, 0, 0x08, 0x31, 0xc8, 0x21, 0x12, 0xc1, 0x10, 0x0d, 0xf0],
    ],
    ['other', [0x0c, 0x12, 0x08, 0x71, 0xc8, 0x61, 0x12, 0xc1, 0x20, 0x0d, 0xf0]],
  ];
  const use = { offset: 3, type: 20, symbol: isCalled ? 'other' : 'literal', addend: 0 };
  const address = { offset: 0, type: 1, symbol: 'other', addend: 0 };
  return {
    machine: 'xtensa',
    sections: [
      { name: '.literal.mpy_init', data: word(0), align: 4, relocations: [address] },
      ...functions.map(([name, data]) => ({
        name: `.text.${name}`,
        data,
        align,
        relocations: name === 'mpy_init' ? [use] : [],
      })),
      {
        name: '.xt.prop',
        flags: 0,
        data: functions.flatMap(([, data]) => [...word(0), ...word(data.length), ...word(flags)]),
        relocations: functions.map(([symbol], index) => ({ offset: index * 12, type: 1, symbol, addend: 0 })),
      },
    ],
    symbols: [
      { ...entry, size: 15 },
      fn('other'),
      { name: 'literal', section: '.literal.mpy_init', binding: 'local' },
      { name: file, section: '*abs*', type: 'file', binding: 'local' },
    ],
  };
};
const sizeOf = (made: MadeObject) => linked('xtensa', [made], { asIs: false }).code.code.length;

test('Xtensa: functions that restore the same registers share the instructions, whatever their frames', () => {
  const { code } = linked('xtensa', [twoFrames(2)], { asIs: false });
  const hex = Buffer.from(code.code).toString('hex');
  // At the end of the other: addi a1, 16; j to where the first restores a12 and a0.
  assert.equal(hex, '12c1f0c50000c821083112c1100df000' + '0c1212c11046fbff');
});

test('Xtensa: a function that is never called by its distance starts at any byte, unless it may be a method of C++', () => {
  assert.equal(sizeOf(twoFrames(2, 'm.c', false)), 8 + 15 + 8);
  assert.equal(sizeOf(twoFrames(2, 'm.cpp', false)), 8 + 16 + 8);
  // The last one, of 8 bytes, begins where the attribute `aligned` wants it.
  assert.equal(sizeOf(twoFrames(2, 'm.c', false, 16)) % 16, 8);
});

test('Xtensa: code stays whole that is not compiled, or of which the assembler does not say that it is code alone', () => {
  for (const made of [twoFrames(2, 'm.S', false), twoFrames(1, 'm.c', false), twoFrames(0x12, 'm.c', false)])
    assert.equal(sizeOf(made), 8 + 16 + 11);
});

test('for a debugger functions stay apart, and each ends in itself', () => {
  const copies = [main(false), copy('a', 'inner'), copy('b', 'within')];
  const { code } = linked('x64', copies, { asIs: false, keepsFunctions: true });
  assert.equal(code.code.length, 11 + 2 * (6 + 2));
  const { code: ends } = linked('xtensa', [twoFrames(2)], { asIs: false, keepsFunctions: true });
  assert.equal(Buffer.from(ends.code).toString('hex').slice(32), '0c1208 71c861 12c120 0df0'.replaceAll(' ', ''));
});
