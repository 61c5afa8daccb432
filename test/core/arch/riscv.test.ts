import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MadeObject, MadeSection, MadeSymbol } from '../elf/make-object.ts';
import { linked, linkMade, refused } from '../link/link-made.ts';

type Arch = 'rv32imc' | 'rv64imc';
const archs = ['rv32imc', 'rv64imc'] as const;
const entry = { name: 'mpy_init', section: '.text', type: 'function' } as const;

function object(arch: Arch, sections: readonly MadeSection[], symbols: readonly MadeSymbol[] = []): MadeObject {
  return { machine: 'riscv', elfClass: arch === 'rv64imc' ? 64 : 32, sections, symbols: [entry, ...symbols] };
}

/** One relocation at the start of text, against a place `distance` bytes on (the symbol's, or the addend's doing). */
function reaching(arch: Arch, type: number, distance: number, data: readonly number[]): MadeObject {
  const relocations = [{ offset: 0, type, symbol: 'there', addend: distance - 4 }];
  return object(arch, [{ name: '.text', data, relocations }], [{ name: 'there', section: '.text', value: 4 }]);
}

/**
 * Immediates as the manual's instruction formats write them: the bits of the value, from the instruction's bit `from` down.
 * "12|10:5" are bit 12, then bits 10 to 5.
 */
const formats = {
  B: { from: [31, 11], bits: ['12|10:5', '4:1|11'] },
  J: { from: [31], bits: ['20|10:1|11|19:12'] },
  U: { from: [31], bits: ['31:12'] },
  I: { from: [31], bits: ['11:0'] },
  S: { from: [31, 11], bits: ['11:5', '4:0'] },
  CB: { from: [12, 6], bits: ['8|4:3', '7:6|2:1|5'] },
  CJ: { from: [12], bits: ['11|4|9:8|10|6|7|3:1|5'] },
  CI: { from: [12, 6], bits: ['17', '16:12'] },
} as const;

function immediate(instruction: number, format: keyof typeof formats): number {
  const { from, bits } = formats[format];
  let value = 0;
  let top = 0;
  bits.forEach((list, index) => {
    let at: number = from[index];
    for (const range of list.split('|')) {
      const [high, low = high] = range.split(':').map(Number);
      for (let bit = high; bit >= low; bit--, at--) {
        if ((instruction >>> at) & 1) value += 2 ** bit;
        top = Math.max(top, bit);
      }
    }
  });
  return value >= 2 ** top ? value - 2 ** (top + 1) : value;
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const word = (bytes: Uint8Array, at: number) => view(bytes).getUint32(at, true);
const half = (bytes: Uint8Array, at: number) => view(bytes).getUint16(at, true);
const words = (...values: number[]) =>
  values.flatMap((value) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255));

const jal = words(0x0000_006f);
const beq = words(0x00b5_0063);
const beqz = [0x01, 0xc1, 0, 0];
const cj = [0x01, 0xa0, 0, 0];

for (const arch of archs) {
  for (const [name, type, data, format, reach] of [
    ['R_RISCV_JAL', 17, jal, 'J', 2 ** 20],
    ['R_RISCV_BRANCH', 16, beq, 'B', 2 ** 12],
    ['R_RISCV_RVC_BRANCH', 44, beqz, 'CB', 2 ** 8],
    ['R_RISCV_RVC_JUMP', 45, cj, 'CJ', 2 ** 11],
  ] as const) {
    test(`${arch} ${name} reaches its whole range, nothing beyond, and even places only`, () => {
      const read = (code: Uint8Array) => (format.startsWith('C') ? half(code, 0) : word(code, 0));
      for (const distance of [0, 2, 4, -2, -4, 0x56, -0x56, reach - 2, -reach]) {
        const { code } = linked(arch, [reaching(arch, type, distance, data)]);
        assert.equal(immediate(read(code.code), format), distance);
        // Nothing but the immediate changes.
        const { code: zero } = linked(arch, [reaching(arch, type, 0, data)]);
        assert.equal(
          read(zero.code),
          format.startsWith('C') ? data[0] | (data[1] << 8) : word(Uint8Array.from(data), 0),
        );
      }
      for (const distance of [reach, -reach - 2]) {
        const { code, message } = refused(arch, [reaching(arch, type, distance, data)]);
        assert.equal(code, 'link/reloc-range');
        assert.match(message, new RegExp(`^${name}: there is ${distance} bytes away`));
      }
      assert.equal(refused(arch, [reaching(arch, type, 3, data)]).code, 'link/reloc-align');
    });
  }

  const far = arch === 'rv64imc' ? [2 ** 31 - 0x801, -(2 ** 31) - 0x800] : [2 ** 31 - 1, -(2 ** 31)];
  const splits = [0, 1, 0x7ff, 0x800, 0x801, 0xfff, 0x1000, -1, -0x7ff, -0x800, -0x801, -0x1000, ...far];
  const past = [2 ** 31 - 0x800, -(2 ** 31) - 0x801];

  for (const type of [18, 19]) {
    test(`${arch} calls (${type}) split the distance between AUIPC and JALR, rounded`, () => {
      const data = words(0x0000_0097, 0x0000_80e7);
      for (const distance of splits) {
        const { code } = linked(arch, [reaching(arch, type, distance, data)]);
        assert.equal(sum(word(code.code, 0), word(code.code, 4), 'I', arch), distance);
      }
      if (arch === 'rv64imc')
        for (const distance of past)
          assert.equal(refused(arch, [reaching(arch, type, distance, data)]).code, 'link/reloc-range');
    });
  }

  for (const [format, type, low] of [
    ['I', 24, 0x0005_0513],
    ['S', 25, 0x00b5_2023],
  ] as const) {
    /** AUIPC labelled `high` and, before or behind it, the instruction with the lower half. */
    const pair = (distance: number, first: 'high' | 'low', lowAddend = 0): MadeObject => {
      const [high, lower] = first === 'high' ? [0, 4] : [4, 0];
      return object(
        arch,
        [
          {
            name: '.text',
            data: first === 'high' ? words(0x0000_0517, low) : words(low, 0x0000_0517),
            relocations: [
              { offset: lower, type, symbol: 'high', addend: lowAddend },
              { offset: high, type: 23, symbol: 'there', addend: distance },
            ],
          },
        ],
        [
          { name: 'high', section: '.text', value: high, binding: 'local' },
          { name: 'there', section: '.text', value: high },
        ],
      );
    };

    test(`${arch} %pcrel_lo (${format}) takes the lower half of its %pcrel_hi, which may come later`, () => {
      for (const distance of splits) {
        for (const first of ['high', 'low'] as const) {
          const { code } = linked(arch, [pair(distance, first)]);
          const [high, lower] = first === 'high' ? [0, 4] : [4, 0];
          assert.equal(sum(word(code.code, high), word(code.code, lower), format, arch), distance, `${distance}`);
        }
      }
      if (arch === 'rv64imc')
        for (const distance of past) assert.equal(refused(arch, [pair(distance, 'low')]).code, 'link/reloc-range');
    });

    test(`${arch} %pcrel_lo (${format}) with an addend must keep the upper half`, () => {
      const { code } = linked(arch, [pair(0x123, 'high', 4)]);
      assert.equal(sum(word(code.code, 0), word(code.code, 4), format, arch), 0x127);
      assert.equal(refused(arch, [pair(0x7fc, 'high', 4)]).code, 'link/reloc-pair');
    });
  }

  test(`${arch} %pcrel_lo finds its %pcrel_hi in another section, and says when there is none`, () => {
    const split = (high: number) =>
      object(
        arch,
        [
          { name: '.text', data: words(0x0005_0513), relocations: [{ offset: 0, type: 24, symbol: 'high' }] },
          {
            name: '.text.other',
            data: words(0x0000_0013, 0x0000_0517),
            relocations: [{ offset: 4, type: 23, symbol: 'there', addend: 0x1800 }],
          },
        ],
        [
          { name: 'high', section: '.text.other', value: high, binding: 'local' },
          { name: 'there', section: '.text.other', value: 4 },
        ],
      );
    const { code } = linked(arch, [split(4)]);
    assert.equal(sum(word(code.code, 8), word(code.code, 0), 'I', arch), 0x1800);
    const { message, where } = refused(arch, [split(0)]);
    assert.equal(message, 'R_RISCV_PCREL_LO12_I: there is no upper half of an address at high');
    assert.equal(where?.offset, 0);
  });

  test(`${arch} reaches the firmware through the table: %got_pcrel_hi with %pcrel_lo, and GOT32_PCREL`, () => {
    const { code } = linked(arch, [
      object(
        arch,
        [
          {
            name: '.text',
            data: words(0x0000_0517, 0x0005_2503, 0, 0),
            relocations: [
              { offset: 0, type: 20, symbol: 'mp_fun_table' },
              { offset: 4, type: 24, symbol: 'high' },
              { offset: 8, type: 41, symbol: 'variable', addend: 0 },
            ],
          },
          { name: '.bss', data: 8, align: 8 },
        ],
        [
          { name: 'high', section: '.text', value: 0, binding: 'local' },
          { name: 'variable', section: '.bss', value: 0 },
          { name: 'mp_fun_table' },
        ],
      ),
    ]);
    const wordSize = arch === 'rv64imc' ? 8 : 4;
    assert.equal(sum(word(code.code, 0), word(code.code, 4), 'I', arch), 16);
    assert.equal(8 + word(code.code, 8), 16 + wordSize);
    assert.equal(word(code.code, 16 + wordSize), 0);
    assert.deepEqual(code.relocations, [
      { base: 'text', offset: 16, target: { kind: 'table' } },
      { base: 'text', offset: 16 + wordSize, target: { kind: 'bss' } },
    ]);
  });

  test(`${arch} absolute addresses in code are fixed ones, or refused`, () => {
    const absolute = (symbols: readonly MadeSymbol[], low: 27 | 28) =>
      object(
        arch,
        [
          {
            name: '.text',
            data: words(0x0000_0537, low === 27 ? 0x0005_0513 : 0x00b5_2023),
            relocations: [
              { offset: 0, type: 26, symbol: 'rom', addend: 4 },
              { offset: 4, type: low, symbol: 'rom', addend: 4 },
            ],
          },
        ],
        symbols,
      );
    for (const address of [0x4000_07f8, 0x4000_07fc, 0x7fff_f7fb - 4]) {
      for (const [low, format] of [
        [27, 'I'],
        [28, 'S'],
      ] as const) {
        const { code } = linked(arch, [absolute([{ name: 'rom' }], low)], { externs: new Map([['rom', address]]) });
        assert.equal(sum(word(code.code, 0), word(code.code, 4), format, arch), address + 4);
      }
    }
    const { diagnostics } = linkMade(arch, [absolute([{ name: 'rom', section: '.text' }], 27)]);
    assert.deepEqual(
      diagnostics.map(({ code }) => code),
      ['link/address-in-code', 'link/address-in-code'],
    );
    assert.match(diagnostics[0].message, /^R_RISCV_HI20 puts the address of rom where the loader cannot relocate it/);
  });

  test(`${arch} C.LUI takes 18 bits with sign; zero becomes C.LI`, () => {
    const lui = (address: number) =>
      linkMade(
        arch,
        [
          object(
            arch,
            [{ name: '.text', data: [0x05, 0x65], relocations: [{ offset: 0, type: 46, symbol: 'rom' }] }],
            [{ name: 'rom' }],
          ),
        ],
        { externs: new Map([['rom', address]]) },
      );
    for (const [address, upper] of [
      [0x1000, 0x1000],
      [0x1800, 0x2000],
      [0x1_f7ff, 0x1_f000],
      [-0x2_0000, -0x2_0000],
      [-0x1000, -0x1000],
    ]) {
      const instruction = half(lui(address).module?.code.code as Uint8Array, 0);
      assert.equal(immediate(instruction, 'CI'), upper);
      assert.equal(instruction & 0xef83, 0x6501);
    }
    assert.equal(half(lui(0x7ff).module?.code.code as Uint8Array, 0), 0x4501);
    assert.equal(lui(0x1_f800).diagnostics[0].code, 'link/reloc-range');
  });

  test(`${arch} a difference of labels is set, added and subtracted at one place`, () => {
    const sums: [types: [number, number], bytes: number, before: number, wanted: number][] = [
      [[33, 37], 1, 0, 0x20],
      [[34, 38], 2, 0, 0x20],
      [[35, 39], 4, 5, 0x25],
      [[36, 40], 8, 0, 0x20],
      [[53, 52], 1, 0xc0, 0xe0],
      [[54, 37], 1, 0x55, 0x20],
      [[55, 38], 2, 0x5555, 0x20],
      [[56, 39], 4, 0x5555_5555, 0x20],
    ];
    for (const [[first, second], bytes, before, wanted] of sums) {
      const data = new Uint8Array(16);
      new DataView(data.buffer).setUint32(8, before, true);
      const { code } = linked(arch, [
        object(
          arch,
          [
            { name: '.text', data: new Array(0x40).fill(0) },
            {
              name: '.rodata',
              data,
              relocations: [
                { offset: 8, type: first, symbol: 'end', addend: 4 },
                { offset: 8, type: second, symbol: 'start', addend: 0 },
              ],
            },
          ],
          [
            { name: 'start', section: '.text', value: 0x10, binding: 'local' },
            { name: 'end', section: '.text', value: 0x2c, binding: 'local' },
          ],
        ),
      ]);
      const at = 0x40 + 8;
      const read = { 1: code.code[at], 2: half(code.code, at), 4: word(code.code, at), 8: word(code.code, at) }[bytes];
      assert.equal(read, wanted, `${first} and ${second}`);
      assert.deepEqual(code.relocations, []);
    }
  });

  const difference = (types: readonly number[], data: readonly number[], end: number): MadeObject =>
    object(
      arch,
      [
        {
          name: '.text',
          data: [...data, 0, 0, 0, 0],
          relocations: types.map((type, index) => ({ offset: 0, type, symbol: ['end', 'start'][index] })),
        },
        { name: '.bss', data: 4 },
      ],
      [
        { name: 'start', section: '.text', value: 0, binding: 'local' },
        { name: 'end', section: '.text', value: end, binding: 'local' },
      ],
    );

  test(`${arch} a difference that does not fit is refused with its value`, () => {
    for (const [types, least, most] of [
      [[33, 37], -0x80, 0xff],
      [[34, 38], -0x8000, 0xffff],
      [[53, 52], 0, 63],
    ] as const) {
      for (const [end, codes] of [
        [most, []],
        [least, []],
        [most + 1, ['link/reloc-range']],
        [least - 1, ['link/reloc-range']],
      ] as const) {
        const { diagnostics } = linkMade(arch, [difference(types, [0, 0, 0, 0], end)]);
        assert.deepEqual(
          diagnostics.map(({ code }) => code),
          codes,
        );
      }
    }
  });

  test(`${arch} an address left over in a sum is refused: only the loader knows it`, () => {
    const { code, message } = refused(arch, [difference([35], [0, 0, 0, 0], 4)]);
    assert.equal(code, 'link/address-in-code');
    assert.match(message, /^R_RISCV_ADD32 puts the address of end/);
    const across = difference([35, 39], [0, 0, 0, 0], 4);
    const symbols = across.symbols.map((symbol) => (symbol.name === 'end' ? { ...symbol, section: '.bss' } : symbol));
    assert.equal(refused(arch, [{ ...across, symbols }]).code, 'link/address-in-code');
  });

  test(`${arch} a LEB128 difference keeps the length that the assembler gave it`, () => {
    for (const [data, end, wanted] of [
      [[0x00], 0x7f, [0x7f]],
      [[0x80, 0x00], 5, [0x85, 0x00]],
      [[0x80, 0x80, 0x00], 2 ** 21 - 1, [0xff, 0xff, 0x7f]],
    ] as const)
      assert.deepEqual([...linked(arch, [difference([60, 61], data, end)]).code.code.subarray(0, data.length)], wanted);
    assert.equal(refused(arch, [difference([60, 61], [0x00], 0x80)]).code, 'link/reloc-range');
    const endless = difference([60, 61], new Array(12).fill(0x80), 1);
    assert.equal(linkMade(arch, [endless]).diagnostics[0].code, 'link/reloc-place');
  });

  test(`${arch} distances in data (32_PCREL, PLT32) are words`, () => {
    for (const type of [57, 59]) {
      for (const distance of [0, 5, -5, 2 ** 31 - 1, -(2 ** 31)])
        assert.equal(word(linked(arch, [reaching(arch, type, distance, words(0))]).code.code, 0), distance >>> 0);
      if (arch === 'rv64imc')
        for (const distance of [2 ** 31, -(2 ** 31) - 1])
          assert.equal(refused(arch, [reaching(arch, type, distance, words(0))]).code, 'link/reloc-range');
    }
  });

  test(`${arch} the loader relocates words of ${arch === 'rv64imc' ? 8 : 4} bytes and no others`, () => {
    const address = (type: number) =>
      object(arch, [
        { name: '.text', data: words(0) },
        {
          name: '.data.rel.ro',
          data: new Array(8).fill(0),
          align: 8,
          relocations: [{ offset: 0, type, symbol: 'mpy_init', addend: 2 }],
        },
      ]);
    const [fitting, other] = arch === 'rv64imc' ? [2, 1] : [1, 2];
    const { code } = linked(arch, [address(fitting)]);
    assert.deepEqual(code.relocations, [{ base: 'text', offset: 8, target: { kind: 'text' } }]);
    assert.equal(word(code.code, 8), 2);
    assert.equal(refused(arch, [address(other)]).code, 'link/narrow-address');
  });

  test(`${arch} padding for a linker that shortens code is cut back to what alignment needs`, () => {
    const nops = [0x01, 0, 0x13, 0, 0, 0, 0x13, 0, 0, 0, 0x13, 0, 0, 0];
    const aligned = (before: number) =>
      object(
        arch,
        [
          {
            name: '.text',
            data: [...new Array(before).fill(0xaa), ...nops, ...jal],
            align: 16,
            relocations: [
              { offset: before, type: 43, symbol: '', addend: 14 },
              { offset: before + 14, type: 17, symbol: 'mpy_init' },
              { offset: before + 14, type: 51, symbol: '' },
            ],
          },
          { name: '.rodata', data: words(0), relocations: [{ offset: 0, type: 57, symbol: 'loop' }] },
        ],
        [{ name: 'loop', section: '.text', value: before + 14 }],
      );
    for (const [before, kept] of [
      [2, 14],
      [4, 12],
      [6, 10],
      [14, 2],
      [16, 0],
    ]) {
      const { code } = linked(arch, [aligned(before)]);
      const at = before + kept;
      assert.equal(at % 16, 0);
      const wanted = kept % 4 === 2 ? [0x01, 0] : [];
      while (wanted.length < kept) wanted.push(0x13, 0, 0, 0);
      assert.deepEqual([...code.code.subarray(before, at)], wanted);
      assert.equal(immediate(word(code.code, at), 'J'), -at);
      assert.equal(at + 4 + (word(code.code, at + 4) | 0), at);
    }
  });

  test(`${arch} thread-local, gp-relative and dynamic relocations say why not`, () => {
    for (const [type, message] of [
      [22, /^R_RISCV_TLS_GD_HI20 against there is thread-local storage/],
      [29, /^R_RISCV_TPREL_HI20 against there is thread-local storage/],
      [62, /^R_RISCV_TLSDESC_HI20 .* thread-local/],
      [47, /^R_RISCV_GPREL_I against there counts from the global pointer/],
      [3, /^R_RISCV_RELATIVE against there belongs into an executable/],
    ] as const)
      assert.match(refused(arch, [reaching(arch, type, 0, words(0, 0))]).message, message);
  });

  test(`${arch} with --compat a static variable is refused where code counts on its distance, not mislinked`, () => {
    const made = object(
      arch,
      [
        { name: '.text', data: words(0x0000_0517), relocations: [{ offset: 0, type: 23, symbol: 'count' }] },
        { name: '.bss', data: 4 },
      ],
      [{ name: 'count', section: '.bss', binding: 'local', type: 'object' }],
    );
    assert.equal(refused(arch, [made], { compat: '1.29' }).code, 'link/static-bss');
  });

  test(`${arch} calls of memcpy go through the function table`, () => {
    const call = object(
      arch,
      [
        {
          name: '.text',
          data: words(0x0000_0097, 0x0000_80e7),
          relocations: [{ offset: 0, type: 19, symbol: 'memcpy' }],
        },
      ],
      [{ name: 'memcpy' }],
    );
    const { code } = linked(arch, [call]);
    const stub = sum(word(code.code, 0), word(code.code, 4), 'I', arch);
    // auipc a3, 0; c.lw or c.ld a3, 8(a3); c.jr a3
    assert.deepEqual(
      [word(code.code, stub), half(code.code, stub + 4), half(code.code, stub + 6)],
      [0x0000_0697, arch === 'rv64imc' ? 0x6694 : 0x4694, 0x8682],
    );
    assert.deepEqual(code.relocations, [{ base: 'text', offset: stub + 8, target: { kind: 'entry', index: 51 } }]);
  });

  test(`${arch} the jump to mpy_init takes two bytes, or eight from 2 KiB on`, () => {
    const behind = (size: number): MadeObject => ({
      ...object(arch, [
        { name: '.text.first', data: new Array(size).fill(0), align: 2 },
        { name: '.text', data: words(0x0000_8067), align: 2 },
      ]),
    });
    const short = linked(arch, [behind(0x7fc)]).code.code;
    assert.equal(immediate(half(short, 0), 'CJ'), 0x7fe);
    const long = linked(arch, [behind(0x7fe)]).code.code;
    assert.deepEqual([word(long, 0) & 0xfff, word(long, 4) & 0xf_ffff], [0xf97, 0xf_8067 & 0xf_ffff]);
    assert.equal(sum(word(long, 0), word(long, 4), 'I', arch), 0x806);
  });
}

/** What AUIPC or LUI and the instruction with the lower half make, in registers of the architecture's width. */
function sum(upper: number, lower: number, format: 'I' | 'S', arch: Arch): number {
  const whole = immediate(upper, 'U') + immediate(lower, format);
  return arch === 'rv32imc' ? whole | 0 : whole;
}
