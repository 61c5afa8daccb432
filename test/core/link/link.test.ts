import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MadeObject } from '../elf/make-object.ts';
import { linked, linkMade, refused } from './link-made.ts';

const nop = [0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xc3];
const entry = { name: 'mpy_init', section: '.text', type: 'function' } as const;

test('a module of one function starts with that function, without a jump', () => {
  const { code, module, sizes } = linked(
    'x64',
    [{ machine: 'x64', sections: [{ name: '.text', data: nop }], symbols: [entry] }],
    { qstrs: ['value', 'mine'] },
  );
  assert.deepEqual([...code.code], nop);
  assert.deepEqual(
    module?.qstrs.map((qstr) => [qstr.text, qstr.staticIndex !== undefined]),
    [
      ['m.mpy', false],
      ['value', true],
      ['mine', false],
    ],
  );
  assert.deepEqual([sizes?.text, sizes?.bss, sizes?.relocations], [8, 0, 0]);
});

test('jumps to mpy_init wherever it is, also in a later object', () => {
  const first: MadeObject = {
    machine: 'x64',
    sections: [{ name: '.text', data: [...nop, ...nop] }],
    symbols: [{ name: 'other', section: '.text', type: 'function' }],
  };
  const second: MadeObject = { machine: 'x64', sections: [{ name: '.text', data: nop, align: 16 }], symbols: [entry] };
  const { code } = linked('x64', [first, second]);
  assert.equal(code.code[0], 0xeb);
  const target = 2 + code.code[1];
  assert.deepEqual([...code.code.subarray(target, target + 8)], nop);
});

test('reaches the firmware through the global offset table and tells the loader where', () => {
  const { code } = linked('x64', [
    {
      machine: 'x64',
      sections: [
        {
          name: '.text',
          data: [...nop, ...nop],
          relocations: [
            { offset: 3, type: 42, symbol: 'mp_fun_table', addend: -4 },
            { offset: 10, type: 9, symbol: 'counter', addend: -4 },
          ],
        },
        { name: '.bss', data: 16, align: 8 },
      ],
      symbols: [entry, { name: 'counter', section: '.bss', value: 8, type: 'object' }, { name: 'mp_fun_table' }],
    },
  ]);
  const view = new DataView(code.code.buffer, code.code.byteOffset);
  // Slots: the firmware's first, then the variable, at offset 8 of bss.
  assert.equal(3 + 4 + view.getInt32(3, true), 16);
  assert.equal(10 + 4 + view.getInt32(10, true), 24);
  assert.equal(view.getBigInt64(24, true), 8n);
  assert.deepEqual(code.relocations, [
    { base: 'text', offset: 16, target: { kind: 'table' } },
    { base: 'text', offset: 24, target: { kind: 'bss' } },
  ]);
  assert.equal(code.bssSize, 16);
});

test('a constant structure points to data and to an entry of the function table', () => {
  const { code } = linked('armv7m', [
    {
      machine: 'arm',
      sections: [
        { name: '.text', data: [0x70, 0x47, 0, 0] },
        {
          name: '.data.rel.ro',
          data: [0, 0, 0, 0, 4, 0, 0, 0],
          relocations: [
            { offset: 0, type: 2, symbol: 'mp_type_str' },
            { offset: 4, type: 2, symbol: 'text' },
          ],
        },
        { name: '.rodata', data: [65, 66, 67, 68, 69, 0] },
      ],
      symbols: [
        { ...entry, value: 1 },
        { name: 'text', section: '.rodata', type: 'object', binding: 'local' },
        { name: 'mp_type_str' },
      ],
    },
  ]);
  assert.deepEqual(code.relocations, [
    { base: 'text', offset: 4, target: { kind: 'entry', index: 74 } },
    { base: 'text', offset: 8, target: { kind: 'text' } },
  ]);
  // The word keeps the object's addend 4 and gains the place of .rodata, 12.
  assert.equal(new DataView(code.code.buffer, code.code.byteOffset).getInt32(8, true), 16);
});

/** BL from 0 to a function `distance` bytes on. */
const branch = (distance: number): MadeObject => ({
  machine: 'arm',
  sections: [
    {
      name: '.text',
      data: [0xff, 0xf7, 0xfe, 0xff, ...new Array(12).fill(0)],
      relocations: [{ offset: 0, type: 10, symbol: 'far' }],
    },
  ],
  symbols: [
    { ...entry, value: 1 },
    { name: 'far', section: '.text', value: distance + 4 + 1, type: 'function' },
  ],
});

test('a Thumb branch reaches 16 MiB in both directions and lands where it should', () => {
  for (const distance of [0, 2, -2, 0x3ffffe, 0x400000, -0x400000, -0x400002, 0xfffffe, -0x1000000]) {
    const { code } = linked('armv7m', [branch(distance)]);
    const view = new DataView(code.code.buffer, code.code.byteOffset);
    assert.equal(decodeBl(view.getUint16(0, true), view.getUint16(2, true)), distance, `distance ${distance}`);
  }
});

test('reports symbol and distance when a Thumb call cannot reach', () => {
  assert.deepEqual(refused('armv7m', [branch(0x1000000)]), {
    severity: 'error',
    code: 'link/reloc-range',
    message: 'R_ARM_THM_CALL: far is 16777217 bytes away, but a Thumb branch reaches from -16777216 to 16777215',
    where: { file: 'a.o', section: '.text', offset: 0, symbol: 'far', inside: 'mpy_init' },
    hint: 'Bring caller and callee closer: order the sources differently, or split the module.',
  });
  assert.equal(refused('armv7m', [branch(-0x1000002)]).code, 'link/reloc-range');
});

/** An independent decoder of BL (A7.7.18 of the Armv7-M manual): distance from the following word. */
function decodeBl(high: number, low: number): number {
  const s = (high >> 10) & 1;
  const bits =
    [s, ((low >> 13) & 1) === s ? 1 : 0, ((low >> 11) & 1) === s ? 1 : 0].join('') +
    (high & 0x3ff).toString(2).padStart(10, '0') +
    (low & 0x7ff).toString(2).padStart(11, '0');
  return parseInt(bits, 2) * 2 - (s ? 2 ** 25 : 0);
}

test('calls of memset go through the function table when no object defines it', () => {
  const { code } = linked('x64', [
    {
      machine: 'x64',
      sections: [{ name: '.text', data: nop, relocations: [{ offset: 1, type: 4, symbol: 'memset', addend: -4 }] }],
      symbols: [entry, { name: 'memset' }],
    },
  ]);
  const target = 5 + new DataView(code.code.buffer, code.code.byteOffset).getInt32(1, true);
  // movabs rax, <word>; jmp rax behind six nops
  assert.deepEqual([...code.code.subarray(target + 6, target + 8)], [0x48, 0xb8]);
  assert.deepEqual(code.relocations, [{ base: 'text', offset: target + 8, target: { kind: 'entry', index: 50 } }]);
});

test('a strong definition overrides a weak one, in either order, for all who refer to it', () => {
  const call = { offset: 1, type: 4, symbol: 'f', addend: -4 };
  const weak: MadeObject = {
    machine: 'x64',
    sections: [{ name: '.text', data: nop, relocations: [call] }],
    symbols: [entry, { name: 'f', section: '.text', value: 7, binding: 'weak', type: 'function' }],
  };
  const strong: MadeObject = {
    machine: 'x64',
    sections: [{ name: '.text', data: [...nop, ...nop] }],
    symbols: [{ name: 'f', section: '.text', value: 9, type: 'function' }],
  };
  const caller: MadeObject = {
    machine: 'x64',
    sections: [{ name: '.text', data: nop, relocations: [call] }],
    symbols: [{ name: 'f' }],
  };
  for (const [objects, calls, wanted] of [
    [[weak, strong, caller], [0, 24], 8 + 9],
    [[strong, weak, caller], [20, 28], 4 + 9],
  ] as const) {
    const { code } = linked('x64', objects).code;
    for (const at of calls)
      assert.equal(at + 5 + new DataView(code.buffer, code.byteOffset).getInt32(at + 1, true), wanted);
  }
});

test('a call of a weak function that is defined nowhere leads to a trap: the code asks for its address first, which is 0', () => {
  const calls: Pick<MadeObject['sections'][number], 'data' | 'relocations'> = {
    data: [0xff, 0xf7, 0xfe, 0xff, 0xff, 0xf7, 0xfe, 0xff, 0, 0, 0, 0],
    relocations: [
      { offset: 0, type: 10, symbol: 'maybe' },
      { offset: 4, type: 10, symbol: 'perhaps' },
      { offset: 8, type: 2, symbol: 'maybe' },
    ],
  };
  const object: MadeObject = {
    machine: 'arm',
    sections: [{ name: '.text', ...calls }],
    symbols: [
      { ...entry, value: 1 },
      { name: 'maybe', binding: 'weak' },
      { name: 'perhaps', binding: 'weak' },
    ],
  };
  const { code } = linked('armv7m', [object]).code;
  // BL to the UDF behind the word, from 4 bytes behind each.
  const view = new DataView(code.buffer, code.byteOffset);
  assert.deepEqual(
    [view.getUint16(0, true), view.getUint16(2, true), view.getUint16(4, true), view.getUint16(6, true)],
    [0xf000, 0xf804, 0xf000, 0xf802],
  );
  assert.deepEqual([view.getUint32(8, true), view.getUint16(12, true), code.length], [0, 0xde00, 14]);
  const { diagnostics } = linkMade('armv7m', [object], { compat: '1.29' });
  assert.deepEqual(
    diagnostics.map((fault) => fault.code),
    ['link/weak-direct', 'link/weak-direct'],
  );
});

test("an object's own weak function gives way to another object's strong one", () => {
  const weak: MadeObject = {
    machine: 'x64',
    sections: [
      { name: '.text', data: nop, relocations: [{ offset: 1, type: 4, symbol: 'f', addend: -4 }] },
      { name: '.text.f', data: nop },
    ],
    symbols: [entry, { name: 'f', section: '.text.f', value: 0, binding: 'weak', type: 'function' }],
  };
  const strong: MadeObject = {
    machine: 'x64',
    sections: [{ name: '.text', data: nop }],
    symbols: [{ name: 'f', section: '.text', value: 2, type: 'function' }],
  };
  const { code } = linked('x64', [weak, strong]);
  const reached = 5 + new DataView(code.code.buffer, code.code.byteOffset).getInt32(1, true);
  assert.equal(reached, code.code.length - nop.length + 2);
});

test('names the missing mpy_init and where it was looked for', () => {
  const diagnostic = refused('x64', [
    { machine: 'x64', sections: [{ name: '.text', data: nop }], symbols: [{ ...entry, name: 'main' }] },
  ]);
  assert.equal(diagnostic.code, 'link/no-entry');
  assert.match(diagnostic.message, /^no object defines mpy_init, .*looked in a\.o/);
});

test('says what an object of another machine is', () => {
  const diagnostic = refused('armv7m', [
    { machine: 'x64', sections: [{ name: '.text', data: nop }], symbols: [entry] },
  ]);
  assert.equal(diagnostic.message, 'is a 64-bit x86-64 object; armv7m takes 32-bit ARM objects');
  assert.equal(diagnostic.where?.file, 'a.o');
});

test('reports all undefined symbols at once, each with its first use and a near name', () => {
  const { diagnostics } = linkMade('x64', [
    {
      machine: 'x64',
      sections: [
        {
          name: '.text',
          data: [...nop, ...nop],
          relocations: [
            { offset: 1, type: 4, symbol: 'strlen', addend: -4 },
            { offset: 8, type: 9, symbol: 'mp_type_string', addend: -4 },
          ],
        },
      ],
      symbols: [entry, { name: 'strlen' }, { name: 'mp_type_string' }],
    },
  ]);
  assert.deepEqual(
    diagnostics.map((diagnostic) => [
      diagnostic.code,
      diagnostic.where?.symbol,
      diagnostic.where?.offset,
      diagnostic.hint,
    ]),
    [
      [
        'link/undefined',
        'strlen',
        1,
        'It is a function of the C library, which GCC also makes out of loops. A native module has no C library: compile with -fno-builtin -fno-tree-loop-distribute-patterns, which a source that defines it needs, too. natmod build links one of its own.',
      ],
      ['link/undefined', 'mp_type_string', 8, 'Did you mean mp_type_str?'],
    ],
  );
});

test('names both places of a duplicate symbol', () => {
  const object: MadeObject = { machine: 'x64', sections: [{ name: '.text', data: nop }], symbols: [entry] };
  assert.equal(refused('x64', [object, object]).message, 'mpy_init is defined twice: in a.o and in b.o');
});

test('with --compat a static variable is refused where code reaches it at a fixed distance, on x86 (GOTOFF) too', () => {
  const object = (machine: 'x86' | 'x64', type: number): MadeObject => ({
    machine,
    sections: [
      { name: '.text', data: nop, relocations: [{ offset: 1, type, symbol: 'count', addend: -4 }] },
      { name: '.bss', data: 4 },
    ],
    symbols: [entry, { name: 'count', section: '.bss', binding: 'local', type: 'object' }],
  });
  for (const [machine, type] of [
    ['x86', 9],
    ['x64', 2],
  ] as const) {
    const diagnostic = refused(machine, [object(machine, type)], { compat: '1.29' });
    assert.equal(diagnostic.code, 'link/static-bss');
    assert.match(diagnostic.message, /^count is a static variable/);
  }
});

test('with --compat names the variables in .data and counts their bytes', () => {
  const object: MadeObject = {
    machine: 'x64',
    sections: [
      { name: '.text', data: nop },
      { name: '.data', data: [1, 0, 0, 0] },
    ],
    symbols: [entry, { name: 'table', section: '.data', type: 'object', binding: 'local' }],
  };
  const diagnostic = refused('x64', [object], { compat: '1.29' });
  assert.match(diagnostic.message, /^\.data holds 4 bytes of writable initialised data, .*: table$/);
});

test('refuses constructors instead of dropping them', () => {
  const diagnostic = refused('x64', [
    {
      machine: 'x64',
      sections: [
        { name: '.text', data: nop },
        { name: '.init_array', data: new Array(8).fill(0) },
      ],
      symbols: [entry],
    },
  ]);
  assert.equal(diagnostic.code, 'link/constructors');
});

test('explains relocations that no native module can have, by name', () => {
  const object: MadeObject = {
    machine: 'arm',
    sections: [{ name: '.text', data: nop, relocations: [{ offset: 0, type: 47, symbol: 'mpy_init' }] }],
    symbols: [{ ...entry, value: 1 }],
  };
  const diagnostic = refused('armv7m', [object]);
  assert.equal(
    diagnostic.message,
    'R_ARM_THM_MOVW_ABS_NC against mpy_init puts an absolute address into an instruction, which the loader cannot relocate',
  );
});

test('relocations outside their section and unknown types are diagnostics', () => {
  const object = (offset: number, type: number): MadeObject => ({
    machine: 'x64',
    sections: [{ name: '.text', data: nop, relocations: [{ offset, type, symbol: 'mpy_init' }] }],
    symbols: [entry],
  });
  assert.equal(refused('x64', [object(6, 2)]).code, 'link/reloc-place');
  assert.equal(refused('x64', [object(0, 99)]).message, 'relocation type 99 is not known for x64');
});

test('an address in a misaligned word is refused with its place', () => {
  const diagnostic = refused('armv7m', [
    {
      machine: 'arm',
      sections: [
        {
          name: '.text',
          data: [0x70, 0x47, 0, 0, 0, 0, 0, 0],
          relocations: [{ offset: 2, type: 2, symbol: 'mpy_init' }],
        },
      ],
      symbols: [{ ...entry, value: 1 }],
    },
  ]);
  assert.match(diagnostic.message, /kept at 0x2, .*aligned to 4 bytes/);
});

test('mpy_init behind a function of one byte is jumped to, in own mode and in compat', () => {
  const object: MadeObject = {
    machine: 'x64',
    sections: [{ name: '.text', data: [0xc3, ...nop], align: 1 }],
    symbols: [
      { name: 'f', section: '.text', type: 'function' },
      { ...entry, value: 1 },
    ],
  };
  for (const compat of [undefined, '1.29', '1.26']) {
    const { code } = linked('x64', [object], { compat });
    const at =
      code.code[0] === 0xeb
        ? 2 + code.code[1]
        : 5 + new DataView(code.code.buffer, code.code.byteOffset).getInt32(1, true);
    assert.deepEqual([...code.code.subarray(at, at + 8)], nop, `compat ${compat}`);
  }
});

test('an entry of the offset table at an absolute address is refused on x86', () => {
  // mov v@GOT, %eax; the same with %ebx as the base links
  const object = (modrm: number): MadeObject => ({
    machine: 'x86',
    sections: [
      {
        name: '.text',
        data: [0x8b, modrm, 0, 0, 0, 0, 0xc3, 0x90],
        relocations: [{ offset: 2, type: 43, symbol: 'mp_fun_table' }],
      },
    ],
    symbols: [entry, { name: 'mp_fun_table' }],
  });
  linked('x86', [object(0x83)]);
  const diagnostic = refused('x86', [object(0x05)]);
  assert.equal(diagnostic.message, 'R_386_GOT32X wants an operand with a base register at 0x2, and there is none');
  assert.equal(diagnostic.hint, 'Compile with -fpic.');
});

test('an address in an instruction is blamed on how it was compiled, one in a structure on its packing', () => {
  const object = (name: string): MadeObject => ({
    machine: 'x86',
    sections: [
      { name: '.text', data: [0xc3, 0x90, 0x90, 0x90] },
      { name, data: [0xb8, 0, 0, 0, 0, 0xc3, 0, 0], relocations: [{ offset: 1, type: 1, symbol: 'mp_fun_table' }] },
    ],
    symbols: [entry, { name: 'mp_fun_table' }],
  });
  assert.match(refused('x86', [object('.text.code')]).hint ?? '', /^Compile with -fpic/);
  assert.equal(refused('x86', [object('.rodata.packed')]).hint, 'Do not pack structures that hold addresses.');
});

test('an object for optimising at link time is refused by that name, once', () => {
  const diagnostic = refused('x64', [
    { machine: 'x64', sections: [], symbols: [{ name: '__gnu_lto_slim', section: '*common*', size: 1 }] },
  ]);
  assert.equal(diagnostic.code, 'link/lto');
  assert.equal(diagnostic.hint, 'Compile without -flto, or with -ffat-lto-objects.');
});

test('a direct call of a fixed address says why it cannot be', () => {
  const object: MadeObject = {
    machine: 'x64',
    sections: [{ name: '.text', data: nop, relocations: [{ offset: 1, type: 4, symbol: 'rom', addend: -4 }] }],
    symbols: [entry, { name: 'rom' }],
  };
  const diagnostic = refused('x64', [object], { externs: new Map([['rom', 0x4000]]) });
  assert.match(diagnostic.message, /^R_X86_64_PLT32 needs the distance to rom, which is at the fixed address 0x4000/);
});

test('with --compat a common symbol is reported once, not at each use', () => {
  const object: MadeObject = {
    machine: 'x64',
    sections: [{ name: '.text', data: nop, relocations: [{ offset: 1, type: 9, symbol: 'shared', addend: -4 }] }],
    symbols: [entry, { name: 'shared', section: '*common*', value: 4, size: 4, type: 'object' }],
  };
  assert.equal(refused('x64', [object], { compat: '1.29' }).code, 'link/common');
});
