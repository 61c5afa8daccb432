import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sectionFlags } from '../../../extension/core/elf/constants.ts';
import type { MadeObject, MadeSection, MadeSymbol } from '../elf/make-object.ts';
import { linked, linkMade, refused } from '../link/link-made.ts';

const entry = { name: 'mpy_init', section: '.text', type: 'function' } as const;
const code = sectionFlags.alloc | sectionFlags.exec;
const slot0 = 20;
const address = 1;

function object(sections: readonly MadeSection[], symbols: readonly MadeSymbol[] = []): MadeObject {
  return { machine: 'xtensa', sections, symbols: [entry, ...symbols] };
}

const literals = (data: readonly number[], relocations: MadeSection['relocations'] = [], name = '.literal') =>
  ({ name, data, flags: code, relocations }) as const;
const section = (name: string): MadeSymbol => ({ name, section: name, binding: 'local' });

const words = (...values: number[]) =>
  values.flatMap((value) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255));
const word = (bytes: Uint8Array, at: number) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at, true);

/** Bits `high`..`low` of the instruction at `at`, as the manual's format tables count them. */
function bits(bytes: Uint8Array, at: number, high: number, low: number): number {
  const instruction = bytes[at] + bytes[at + 1] * 2 ** 8 + (bytes[at + 2] ?? 0) * 2 ** 16;
  return Math.floor(instruction / 2 ** low) % 2 ** (high - low + 1);
}

const signed = (value: number, width: number) => (value >= 2 ** (width - 1) ? value - 2 ** width : value);

/** Where the instruction at `at` goes or loads from, by the manual's words on each. */
const targets = {
  // "loads from the address formed by ones, imm16 and 00 added to (PC + 3) rounded down"
  l32r: (bytes: Uint8Array, at: number) => Math.floor((at + 3) / 4) * 4 + (bits(bytes, at, 23, 8) - 2 ** 16) * 4,
  // "(PC31..2 + sign extended offset + 1) and 00"
  call: (bytes: Uint8Array, at: number) => (Math.floor(at / 4) + signed(bits(bytes, at, 23, 6), 18) + 1) * 4,
  j: (bytes: Uint8Array, at: number) => at + signed(bits(bytes, at, 23, 6), 18) + 4,
  bri12: (bytes: Uint8Array, at: number) => at + signed(bits(bytes, at, 23, 12), 12) + 4,
  bri8: (bytes: Uint8Array, at: number) => at + signed(bits(bytes, at, 23, 16), 8) + 4,
  loop: (bytes: Uint8Array, at: number) => at + bits(bytes, at, 23, 16) + 4,
  narrow: (bytes: Uint8Array, at: number) => at + bits(bytes, at, 5, 4) * 16 + bits(bytes, at, 15, 12) + 4,
};

/** An instruction at `at` of text, with SLOT0_OP against `target` bytes into text. */
const operand = (instruction: readonly number[], at: number, target: number): MadeObject =>
  object(
    [
      {
        name: '.text',
        data: [...new Array(at).fill(0), ...instruction, 0, 0, 0, 0],
        relocations: [{ offset: at, type: slot0, symbol: '.text', addend: target }],
      },
    ],
    [section('.text')],
  );

for (const arch of ['xtensa', 'xtensawin'] as const) {
  for (const [name, instruction, decode, least, most, step] of [
    ['call0', [0x05, 0, 0], targets.call, -0x8_0000 + 4, 0x8_0000, 4],
    ['call8', [0x25, 0, 0], targets.call, -0x8_0000 + 4, 0x8_0000, 4],
    ['call12', [0x35, 0, 0], targets.call, -0x8_0000 + 4, 0x8_0000, 4],
    ['j', [0x06, 0, 0], targets.j, -0x2_0000 + 4, 0x2_0003, 1],
    ['beqz', [0x16, 0x02, 0], targets.bri12, -0x800 + 4, 0x803, 1],
    ['bgez', [0xd6, 0x02, 0], targets.bri12, -0x800 + 4, 0x803, 1],
    ['beqi', [0x26, 0x12, 0], targets.bri8, -0x80 + 4, 0x83, 1],
    ['bltui', [0xb6, 0x12, 0], targets.bri8, -0x80 + 4, 0x83, 1],
    ['beq', [0x37, 0x12, 0], targets.bri8, -0x80 + 4, 0x83, 1],
    ['bbci', [0x37, 0x62, 0], targets.bri8, -0x80 + 4, 0x83, 1],
    ['bt', [0x76, 0x10, 0], targets.bri8, -0x80 + 4, 0x83, 1],
    ['loop', [0x76, 0x82, 0], targets.loop, 4, 0x103, 1],
    ['loopgtz', [0x76, 0xa2, 0], targets.loop, 4, 0x103, 1],
    ['beqz.n', [0x8c, 0x02], targets.narrow, 4, 0x43, 1],
    ['bnez.n', [0xcc, 0x02], targets.narrow, 4, 0x43, 1],
  ] as const) {
    test(`${arch} ${name} reaches its whole range and nothing beyond`, () => {
      for (const at of [0, 1, 2, 3]) {
        const from = step === 4 ? Math.floor(at / 4) * 4 : at;
        const middle = Math.floor((least + most) / 2 / step) * step;
        for (const distance of [least, least + step, middle, 16 + step, most - step, most]) {
          const { code } = linked(arch, [operand(instruction, at, from + distance)]);
          assert.equal(decode(code.code, at), from + distance, `${distance} from ${at}`);
          // The rest of the instruction stays.
          const opcode = [...code.code.subarray(at, at + instruction.length)];
          const cleared = opcode.map((byte, index) => byte & ~differing(instruction, decode)[index]);
          assert.deepEqual(cleared, [...instruction]);
        }
        for (const distance of [least - step, most + step]) {
          const { code, message } = refused(arch, [operand(instruction, at, from + distance)]);
          assert.equal(code, 'link/reloc-range');
          assert.match(message, new RegExp(`^R_XTENSA_SLOT0_OP: \\.text is ${distance} bytes away, but a `));
        }
      }
    });
  }

  test(`${arch} calls go to aligned places only`, () => {
    assert.equal(refused(arch, [operand([0x05, 0, 0], 0, 6)]).code, 'link/reloc-align');
  });

  test(`${arch} an operand relocation on another instruction is refused`, () => {
    for (const instruction of [
      [0x00, 0x00, 0x00],
      [0x36, 0x41, 0x00],
      [0x0c, 0x12],
      [0x76, 0x20, 0],
    ]) {
      const { code, message } = refused(arch, [operand(instruction, 0, 8)]);
      assert.equal(code, 'link/reloc-place');
      assert.match(message, /wants a literal load, a call, a jump or a branch at 0x0/);
    }
  });

  test(`${arch} literals are merged before all code: addresses by symbol, numbers by value`, () => {
    const first = object(
      [
        literals(words(0, 0x1234_5678, 0, 0x1234_5678, 0, 7), [
          { offset: 0, type: address, symbol: 'mp_fun_table' },
          { offset: 8, type: address, symbol: 'mp_fun_table' },
          { offset: 16, type: 6, symbol: 'helper' },
        ]),
        {
          name: '.text',
          data: [0x21, 0, 0, 0x21, 0, 0, 0x21, 0, 0, 0x21, 0, 0, 0x21, 0, 0, 0x21, 0, 0],
          relocations: [0, 1, 2, 3, 4, 5].map((index) => ({
            offset: 3 * index,
            type: slot0,
            symbol: '.literal',
            addend: 4 * index,
          })),
        },
      ],
      [section('.literal'), { name: 'mp_fun_table' }, { name: 'helper' }],
    );
    const second: MadeObject = {
      machine: 'xtensa',
      sections: [
        literals(words(7, 0), [{ offset: 4, type: address, symbol: 'mp_fun_table' }]),
        {
          name: '.text',
          data: [0x21, 0, 0, 0x21, 0, 0, 0, 0],
          relocations: [
            { offset: 0, type: slot0, symbol: '.literal', addend: 0 },
            { offset: 3, type: slot0, symbol: '.literal', addend: 4 },
          ],
        },
      ],
      symbols: [section('.literal'), { name: 'helper', section: '.text', value: 4 }, { name: 'mp_fun_table' }],
    };
    const { code } = linked(arch, [first, second]);
    // A jump of four bytes, the two addresses, the two numbers, then the code.
    const [table, helper, number, seven, text] = [4, 8, 12, 16, 20];
    assert.equal(targets.j(code.code, 0), text);
    const loads = [0, 3, 6, 9, 12, 15, 20, 23].map((at) => targets.l32r(code.code, text + at));
    assert.deepEqual(loads, [table, number, table, number, helper, seven, seven, table]);
    assert.deepEqual([word(code.code, table), word(code.code, number), word(code.code, seven)], [0, 0x1234_5678, 7]);
    assert.equal(word(code.code, helper), text + 20 + 4);
    assert.deepEqual(code.relocations, [
      { base: 'text', offset: table, target: { kind: 'table' } },
      { base: 'text', offset: helper, target: { kind: 'text' } },
    ]);
  });

  test(`${arch} a literal load reaches 256 KiB back`, () => {
    const loading = (at: number) =>
      object(
        [
          literals(words(0), [{ offset: 0, type: address, symbol: 'mp_fun_table' }]),
          {
            name: '.text',
            data: [...new Array(at).fill(0), 0x21, 0, 0, 0],
            relocations: [{ offset: at, type: slot0, symbol: '.literal' }],
          },
        ],
        [section('.literal'), { name: 'mp_fun_table' }],
      );
    // The word is at 4, text from 8 on.
    for (const at of [0, 1, 2, 3, 0x4_0000 - 4])
      assert.equal(targets.l32r(linked(arch, [loading(at)]).code.code, 8 + at), 4);
    const { code, message } = refused(arch, [loading(0x4_0000 - 3)]);
    assert.equal(code, 'link/reloc-range');
    assert.match(message, /\.literal is -262148 bytes away, but a literal load reaches from -262144 to -4/);
  });

  test(`${arch} addends of literals count, beside the relocation and in place: a qstr's entry, a string's place`, () => {
    const { code } = linked(
      arch,
      [
        object(
          [
            literals(words(0, 8, 0, 0, 8), [
              { offset: 0, type: address, symbol: 'mp_native_qstr_table', addend: 2 },
              { offset: 4, type: address, symbol: '.data.rel.ro', addend: 4 },
              { offset: 8, type: address, symbol: 'buffer', addend: 8 },
              { offset: 12, type: address, symbol: 'buffer' },
              { offset: 16, type: address, symbol: '.data.rel.ro', addend: 4 },
            ]),
            {
              name: '.text',
              data: [0x21, 0, 0, 0x21, 0, 0, 0x21, 0, 0, 0x21, 0, 0, 0x21, 0, 0, 0],
              relocations: [0, 1, 2, 3, 4].map((index) => ({
                offset: 3 * index,
                type: slot0,
                symbol: '.literal',
                addend: 4 * index,
              })),
            },
            { name: '.data.rel.ro', data: words(0, 0, 0, 0) },
            { name: '.bss', data: 32 },
          ],
          [
            section('.literal'),
            section('.data.rel.ro'),
            { name: 'buffer', section: '.bss', value: 16 },
            { name: 'mp_native_qstr_table' },
          ],
        ),
      ],
      { qstrs: ['value'] },
    );
    const text = 4 + 4 * 4;
    const values = [0, 3, 6, 9, 12].map((at) => word(code.code, targets.l32r(code.code, text + at)));
    const rodata = arch === 'xtensa' ? text + 16 : 0;
    assert.deepEqual(values, [2, rodata + 12, 24, 16, rodata + 12]);
    assert.deepEqual(
      code.relocations?.map(({ target }) => target.kind),
      ['qstr-table', arch === 'xtensa' ? 'text' : 'rodata', 'bss', 'bss'],
    );
  });

  test(`${arch} loads words that clang put behind the function before, aligned or not`, () => {
    const { code } = linked(arch, [
      object(
        [
          {
            name: '.text',
            data: [0x0d, 0xf0, 0, 0, 0, 0, 0x78, 0x56, 0x34, 0x12, 0, 0],
            relocations: [{ offset: 2, type: address, symbol: 'mp_fun_table' }],
          },
          {
            name: '.text.f',
            data: [0x21, 0xff, 0xff, 0x21, 0xff, 0xff, 0, 0],
            relocations: [
              { offset: 0, type: slot0, symbol: '.text', addend: 2 },
              { offset: 3, type: slot0, symbol: '.text', addend: 6 },
            ],
          },
        ],
        [section('.text'), { name: 'mp_fun_table' }],
      ),
    ]);
    const f = 4 + 4 + 4 + 12;
    assert.deepEqual([targets.l32r(code.code, f), targets.l32r(code.code, f + 3)], [4, 8]);
    assert.equal(word(code.code, 8), 0x1234_5678);
    assert.deepEqual(code.relocations, [{ base: 'text', offset: 4, target: { kind: 'table' } }]);
  });

  test(`${arch} literals amid code stay there: the loader relocates them`, () => {
    const { code } = linked(arch, [
      object(
        [
          {
            name: '.text',
            data: [...words(4), 0x21, 0, 0, 0x0d, 0xf0],
            relocations: [
              { offset: 0, type: address, symbol: '.text' },
              { offset: 4, type: slot0, symbol: '.text', addend: 0 },
            ],
          },
        ],
        [section('.text')],
      ),
    ]);
    assert.equal(targets.l32r(code.code, 4), 0);
    assert.equal(word(code.code, 0), 4);
    assert.deepEqual(code.relocations, [{ base: 'text', offset: 0, target: { kind: 'text' } }]);
  });

  test(`${arch} notes for linkers that move code change nothing`, () => {
    const notes = [0, 11, 12, 15, 16, 17, 18, 19, 57, 58, 59, 60, 61, 62];
    const data = words(0x1234_5678);
    const made = object([
      { name: '.text', data, relocations: notes.map((type) => ({ offset: 0, type, symbol: 'mpy_init', addend: 4 })) },
    ]);
    assert.deepEqual([...linked(arch, [made]).code.code], data);
  });

  test(`${arch} memset is reached through a literal, or through a jump where code calls it`, () => {
    const made = object(
      [
        literals(words(0), [{ offset: 0, type: 6, symbol: 'memset' }]),
        {
          name: '.text',
          data: [0x21, 0, 0, 0x25, 0, 0, 0, 0],
          relocations: [
            { offset: 0, type: slot0, symbol: '.literal' },
            { offset: 3, type: slot0, symbol: 'memset' },
          ],
        },
      ],
      [section('.literal'), { name: 'memset' }],
    );
    const { code } = linked(arch, [made]);
    const stub = targets.call(code.code, 8 + 3);
    // l32r a9 from the word before it; jx a9
    assert.equal(bits(code.code, stub, 7, 0), 0x91);
    assert.equal(targets.l32r(code.code, stub), stub - 4);
    assert.deepEqual([...code.code.subarray(stub + 3, stub + 6)], [0xa0, 0x09, 0x00]);
    assert.deepEqual(code.relocations, [
      { base: 'text', offset: 4, target: { kind: 'entry', index: 50 } },
      { base: 'text', offset: stub - 4, target: { kind: 'entry', index: 50 } },
    ]);
    const loaded = {
      ...made,
      sections: [
        made.sections[0],
        { ...made.sections[1], relocations: made.sections[1].relocations?.slice(0, 1) ?? [] },
      ],
    };
    assert.equal(linked(arch, [loaded]).sizes?.text, 16);
  });

  test(`${arch} damaged literal sections are refused`, () => {
    const made = (data: readonly number[], type: number) =>
      object([{ name: '.text', data: [0x0d, 0xf0, 0, 0] }, literals(data, [{ offset: 1, type, symbol: 'mpy_init' }])]);
    assert.match(refused(arch, [made([0, 0, 0, 0, 0], address)]).message, /5 bytes, which are not literals of 4 bytes/);
    assert.match(refused(arch, [made(words(0), address)]).message, /^R_XTENSA_32 at 0x1 is no address in a literal/);
    const { code, message } = refused(arch, [
      object(
        [
          literals(words(0)),
          {
            name: '.text',
            data: [0x21, 0, 0, 0],
            relocations: [{ offset: 0, type: slot0, symbol: '.literal', addend: 8 }],
          },
        ],
        [section('.literal')],
      ),
    ]);
    assert.equal(code, 'link/literals');
    assert.match(message, /refers to 0x8 of \.literal, where no literal is/);
  });

  test(`${arch} relocations of bundles, threads and shared libraries say why not`, () => {
    for (const [type, message] of [
      [21, /^R_XTENSA_SLOT1_OP against mpy_init is for instructions in bundles/],
      [34, /^R_XTENSA_SLOT14_OP .* bundles/],
      [35, /^R_XTENSA_SLOT0_ALT .* bundles/],
      [49, /^R_XTENSA_SLOT14_ALT .* bundles/],
      [8, /^R_XTENSA_OP0 .* tools of 2003/],
      [53, /^R_XTENSA_TLS_TPOFF against mpy_init is thread-local storage/],
      [5, /^R_XTENSA_RELATIVE .* belongs into an executable/],
    ] as const) {
      const made = object([{ name: '.text', data: words(0), relocations: [{ offset: 0, type, symbol: 'mpy_init' }] }]);
      assert.match(refused(arch, [made]).message, message);
    }
  });

  test(`${arch} a call across objects goes to the function`, () => {
    const callee: MadeObject = {
      machine: 'xtensa',
      sections: [{ name: '.text', data: new Array(12).fill(0) }],
      symbols: [{ name: 'callee', section: '.text', value: 8 }],
    };
    const caller = object(
      [{ name: '.text', data: [0x05, 0, 0, 0], relocations: [{ offset: 0, type: slot0, symbol: 'callee' }] }],
      [{ name: 'callee' }],
    );
    assert.equal(targets.call(linked(arch, [caller, callee]).code.code, 0), 12);
  });

  test(`${arch} a jump leads to mpy_init up to 128 KiB off`, () => {
    const behind = (size: number) =>
      object([
        { name: '.text.first', data: new Array(size).fill(0) },
        { name: '.text', data: [0x0d, 0xf0, 0, 0] },
      ]);
    assert.equal(targets.j(linked(arch, [behind(0x1_fffc)]).code.code, 0), 0x2_0000);
    assert.equal(refused(arch, [behind(0x2_0000)]).code, 'link/entry-range');
  });
}

test('xtensawin keeps read-only data in a block of its own, which its own words may point to', () => {
  const made = object(
    [
      { name: '.text', data: [0x0d, 0xf0, 0, 0] },
      { name: '.rodata', data: words(4, 0), relocations: [{ offset: 0, type: address, symbol: '.rodata' }] },
    ],
    [section('.rodata')],
  );
  const { code } = linked('xtensawin', [made]);
  assert.deepEqual([code.code.length, [...(code.rodata ?? [])]], [4, words(4, 0)]);
  assert.deepEqual(code.relocations, [{ base: 'rodata', offset: 0, target: { kind: 'rodata' } }]);
  assert.deepEqual(linked('xtensa', [made]).code.relocations, [{ base: 'text', offset: 4, target: { kind: 'text' } }]);
});

test("in a literal, the address of a function table's entry stays one; only the reference linker's bytes hold its value", () => {
  const made = object(
    [
      literals(words(0), [{ offset: 0, type: address, symbol: 'mp_fun_table', addend: 73 * 4 }]),
      { name: '.text', data: [0x21, 0, 0, 0], relocations: [{ offset: 0, type: slot0, symbol: '.literal' }] },
    ],
    [section('.literal'), { name: 'mp_fun_table' }],
  );
  const { code } = linked('xtensawin', [made]);
  assert.equal(word(code.code, 4), 73 * 4);
  assert.deepEqual(code.relocations, [{ base: 'text', offset: 4, target: { kind: 'table' } }]);
  const { module } = linkMade('xtensawin', [made], { compat: '1.26' });
  assert.ok(module?.code.kind === 'viper');
  assert.deepEqual(module.code.relocations, [{ base: 'text', offset: 4, target: { kind: 'entry', index: 73 } }]);
});

/** The bits of each byte that hold the operand. */
function differing(instruction: readonly number[], decode: (typeof targets)[keyof typeof targets]): number[] {
  return instruction.map((_, byte) => {
    let mask = 0;
    for (let bit = 0; bit < 8; bit++) {
      const with1 = new Uint8Array(4);
      with1[byte] = 1 << bit;
      if (decode(with1, 0) !== decode(new Uint8Array(4), 0)) mask |= 1 << bit;
    }
    return mask;
  });
}
