// RISC-V, 32 and 64 bit. Sections follow each other in the order of the source, so that distances between them can be set
// to the byte; what lies between is zero, which no instruction is.
// Relocations: https://github.com/riscv-non-isa/riscv-elf-psabi-doc/blob/master/riscv-elf.adoc

import type { Case, Dialect, Pointee } from '../case.ts';
import { lateEntry, offsetPointees, pointees } from '../case.ts';

type Width = 32 | 64;

const code = (name: string, body: string) =>
  `.section .text.${name},"ax",@progbits\n.global ${name}\n${name}:\n${body}`;
const gap = (bytes: number) => `.section .text.gap,"ax",@progbits\n.space ${bytes}\n`;
const right = { returns: 77 } as const;
const tooFar = { refused: 'link/reloc-range' } as const;

/** The address is in a5. */
function dialectOf(width: Width): Dialect {
  const [load, store] = width === 64 ? ['ld', 'sd'] : ['lw', 'sw'];
  return {
    start: '',
    word: width === 64 ? '.dword' : '.word',
    code,
    give: (value) => `li a0, ${value}\nret\n`,
    jump: 'jr a5\n',
    load: 'lw a0, 0(a5)\nret\n',
    loadHalf: 'lhu a0, 0(a5)\nret\n',
    store: 'li a0, 0x55\nsw a0, 0(a5)\nlw a0, 0(a5)\naddi a0, a0, 1\nret\n',
    callEntry: `addi sp, sp, -16\n${store} ra, 8(sp)\nli a0, 1\nli a1, 2\n${load} a5, ${(20 * width) / 8}(a5)\njalr a5\n${load} ra, 8(sp)\naddi sp, sp, 16\nret\n`,
    self: 'mv a0, a5\nret\n',
  };
}

interface Writer {
  readonly width: Width;
  readonly dialect: Dialect;
  /** Loads a word of the architecture's size. */
  readonly load: 'ld' | 'lw';
}

function caseOf(relocation: string, title: string, pointee: Pointee, ...parts: readonly string[]): Case {
  return {
    relocation,
    title,
    source: [...parts, pointee.more].join(''),
    expect: { returns: pointee.returns },
    ...(pointee.externs ? { externs: pointee.externs } : {}),
  };
}

/** mpy_init with a word 16 bytes behind its start, in a5. */
function wordInCode({ load }: Writer, word: string, use: string): string {
  const fetch = `.option push\n.option norvc\nauipc t0, 0\n${load} a5, 16(t0)\nj 9f\nnop\n.option pop\n`;
  return code('mpy_init', `.balign 8\n${fetch}${word}\n9: ${use}`).replace(
    'mpy_init:\n.balign 8',
    '.balign 8\nmpy_init:',
  );
}

/** Words that hold an address, in the module's text and in its read-only data. */
function addresses(w: Writer, relocation: string): Case[] {
  const { dialect, load } = w;
  const inText = (pointee: Pointee) =>
    caseOf(
      relocation,
      `in code: the address of ${pointee.what}`,
      pointee,
      wordInCode(w, `${dialect.word} ${pointee.symbol}`, pointee.use),
    );
  const inData = (section: string, flags: string) => (pointee: Pointee) =>
    caseOf(
      relocation,
      `in ${section}: the address of ${pointee.what}`,
      pointee,
      code('mpy_init', `lla a5, pointer\n${load} a5, 0(a5)\n${pointee.use}`),
      `.section ${section},"${flags}"\n.balign 8\n${dialect.word} 0\n.global pointer\npointer: ${dialect.word} ${pointee.symbol}\n`,
    );
  const all = pointees(dialect);
  const [, aDatum] = all;
  return [
    ...all.map(inText),
    ...offsetPointees(dialect).map(inText),
    ...all.map(inData('.data.rel.ro.local', 'aw')),
    ...all.slice(0, 3).map(inData('.rodata.pointer', 'a')),
    {
      ...caseOf(
        relocation,
        'not aligned',
        aDatum,
        code('mpy_init', `ret\n.balign 8\n.2byte 0\n.reloc ., ${relocation}, datum\n.space 8\n`),
      ),
      expect: { refused: 'link/word-align' },
    },
  ];
}

/** A number of another size than a word: a fixed address alone fits. */
function fixedNumber(w: Writer, relocation: string, bytes: 4 | 8): Case[] {
  const number = (title: string, at: number, expect: Case['expect']): Case => ({
    relocation,
    title,
    source: `${code(
      'mpy_init',
      `lla a5, number\n${bytes === 8 ? 'lw a1, 4(a5)\nlw a0, 0(a5)\nadd a0, a0, a1\n' : 'lwu a0, 0(a5)\n'}ret\n`,
    )}.section .rodata.number,"a"\n.balign 8\nnumber: ${bytes === 8 ? '.dword' : '.word'} fixed\n`,
    expect,
    externs: { fixed: at },
  });
  const [, aDatum] = pointees(w.dialect);
  return [
    number('of a fixed address', 0x1234_5678, { returns: 0x1234_5678 }),
    number('of the highest fixed address', 0xffff_ffff, { returns: 0xffff_ffff }),
    ...(bytes === 4 ? [number('of a fixed address one too high', 0x1_0000_0000, tooFar)] : []),
    {
      ...caseOf(
        relocation,
        'of an address of the module',
        aDatum,
        code('mpy_init', `ret\n.balign 8\n.reloc ., ${relocation}, datum\n.space 8\n`),
      ),
      expect: { refused: 'link/narrow-address' },
    },
  ];
}

/** The text's start, which jumps to `branch` wherever that is. */
function springboard({ load }: Writer): string {
  return code('mpy_init', `1: auipc a5, %got_pcrel_hi(branch)\n${load} a5, %pcrel_lo(1b)(a5)\njr a5\n`);
}

interface Branch {
  readonly relocation: string;
  /** Instruction with its bits. */
  readonly place: string;
  /** Bytes before the place in its function, of the place itself, and behind it. */
  readonly before: readonly [code: string, bytes: number];
  readonly bytes: number;
  readonly after: readonly [code: string, bytes: number];
}

/** Makes the field hold `value`, the distance from the place. */
function branchBy(w: Writer, branch: Branch, value: number, expect: Case['expect']): Case {
  const { relocation, place, before, bytes, after } = branch;
  const target = code('target', 'li a0, 77\nret\n');
  const body = `${before[0]}.reloc ., ${relocation}, target\n${place}${after[0]}`;
  const title = value >= 0 ? `to ${value} bytes ahead` : `to ${-value} bytes back`;
  if (value >= 0)
    return { relocation, title, source: code('mpy_init', body) + gap(value - bytes - after[1]) + target, expect };
  // The target is 6 bytes: li has 4.
  return {
    relocation,
    title,
    source: springboard(w) + target + gap(-value - 6 - before[1]) + code('branch', body),
    expect,
  };
}

const nowhere = ['', 0] as const;
const pushed = ['addi sp, sp, -16\nsw ra, 8(sp)\n', 4] as const;
const popped = ['lw ra, 8(sp)\naddi sp, sp, 16\nret\n', 6] as const;

function branches(w: Writer): Case[] {
  const save = w.width === 64 ? ([pushed[0].replace('sw', 'sd'), 4] as const) : pushed;
  const restore = w.width === 64 ? ([popped[0].replace('lw', 'ld'), 6] as const) : popped;
  const jump = (relocation: string, place: string, bytes: number, before: Branch['before'] = nowhere): Branch => ({
    relocation,
    place,
    before,
    bytes,
    after: nowhere,
  });
  const edges = (branch: Branch, reach: number, ...also: readonly number[]) => [
    ...[reach - 2, -reach, ...also].map((value) => branchBy(w, branch, value, right)),
    ...[reach, -reach - 2].map((value) => branchBy(w, branch, value, tooFar)),
  ];
  const auipc = '.4byte 0x00000097, 0x000080e7\n';
  const calls = ['R_RISCV_CALL', 'R_RISCV_CALL_PLT'].flatMap((relocation) => {
    const call: Branch = { relocation, place: auipc, before: save, bytes: 8, after: restore };
    // Around the places where the lower half changes its sign.
    return [0x7fe, 0x800, 0x802, 0xffe, 0x1000, 0x12_3456, -0x7fe, -0x800, -0x802, -0x1000, -0x12_3456].map((value) =>
      branchBy(w, call, value, right),
    );
  });
  return [
    ...edges(jump('R_RISCV_JAL', '.4byte 0x0000006f\n', 4), 1 << 20, 100, -100, 0x8_0800, -0x8_0802),
    ...edges(jump('R_RISCV_BRANCH', '.4byte 0x00000063\n', 4), 1 << 12, 100, -100, 0x7fe, 0x800, -0x802),
    ...edges(jump('R_RISCV_RVC_BRANCH', '.2byte 0xc101\n', 2, ['c.li a0, 0\n', 2]), 1 << 8, 20, -20, 0x54, -0xaa),
    ...edges(jump('R_RISCV_RVC_JUMP', '.2byte 0xa001\n', 2), 1 << 11, 20, -20, 0x554, -0x2aa),
    ...calls,
  ];
}

const datum = '.section .rodata.datum,"a"\n.balign 8\n.word 0x111\n.global datum\ndatum: .word 0x7654321, 0x1234567\n';

/** AUIPC and what takes the lower half. */
function pairs(w: Writer): Case[] {
  const { dialect } = w;
  const all = pointees(dialect);
  const [aFunction, aDatum, aVariable] = all;
  const address = (symbol: string) => `1: auipc a5, %pcrel_hi(${symbol})\naddi a5, a5, %pcrel_lo(1b)\n`;
  const shown = (value: number) => (value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`);
  // mpy_init's section starts the text behind the jump, and has 4 bytes before its label 1.
  const near = (relocation: string, distance: number): Case => {
    const body = `${address('target')}jr a5\n`;
    const target = code('target', 'li a0, 77\nret\n');
    return distance > 0
      ? {
          relocation,
          title: `over the distance ${shown(distance)}`,
          source: code('mpy_init', body) + gap(distance - 10) + target,
          expect: right,
        }
      : {
          relocation,
          title: `over the distance ${shown(distance)}`,
          source: springboard(w) + target + gap(-distance - 6) + code('branch', body),
          expect: right,
        };
  };
  // The field holds the addend more than the distance, which is 0x100 by layout.
  const farAddend = (value: number, expect: Case['expect']): Case => {
    const addend = value - 0x100;
    const undo = `li a4, ${addend}\nsub a5, a5, a4\nj target\n`;
    return {
      relocation: 'R_RISCV_PCREL_HI20',
      title: `holding ${shown(value)}`,
      source:
        code('mpy_init', 'j upper\n') +
        code('upper', address(`datum + ${addend}`) + undo) +
        '.org upper + 0x100, 0\n.global datum\ndatum: .word 0x7654321\n' +
        code('target', dialect.load),
      expect,
    };
  };
  const stored = (pointee: Pointee): Case =>
    caseOf(
      'R_RISCV_PCREL_LO12_S',
      `stores into ${pointee.what}`,
      { ...pointee, returns: 0x56 },
      code(
        'mpy_init',
        `li a0, 0x55\n1: auipc a5, %pcrel_hi(${pointee.symbol})\nsw a0, %pcrel_lo(1b)(a5)\n2: auipc a5, %pcrel_hi(${pointee.symbol})\nlw a0, %pcrel_lo(2b)(a5)\naddi a0, a0, 1\nret\n`,
      ),
      gap(0x1_2340),
    );
  const relocations = ['R_RISCV_PCREL_HI20', 'R_RISCV_PCREL_LO12_I'];
  const reach = 2 ** 31 - 0x800;
  return [
    ...relocations.flatMap((relocation) => [
      ...[0x7fe, 0x800, 0x802, 0xffe, 0x1000, 0x1802, -0x7fe, -0x800, -0x802, -0x1000, -0x1802].map((distance) =>
        near(relocation, distance),
      ),
      caseOf(
        relocation,
        'with an addend',
        { ...aDatum, returns: 0x1234567 },
        code('mpy_init', `${address(`datum + ${w.width / 8}`)}${aDatum.use}`),
      ),
      caseOf(relocation, 'to a function', aFunction, code('mpy_init', `${address('function')}${aFunction.use}`)),
    ]),
    farAddend(reach - 1, { returns: 0x7654321 }),
    farAddend(-(2 ** 31), { returns: 0x7654321 }),
    ...(w.width === 64
      ? [
          farAddend(-(2 ** 31) - 0x800, { returns: 0x7654321 }),
          farAddend(reach, tooFar),
          farAddend(-(2 ** 31) - 0x801, tooFar),
        ]
      : []),
    {
      ...caseOf(
        'R_RISCV_PCREL_HI20',
        'to a variable, through the table',
        aVariable,
        code('mpy_init', `${address('variable')}${aVariable.use}`),
      ),
      refusedByCompat: 'link/static-bss',
    },
    caseOf(
      'R_RISCV_PCREL_LO12_I',
      'before its upper half',
      aDatum,
      code('mpy_init', `j 1f\n2: addi a5, a5, %pcrel_lo(1f)\n${aDatum.use}1: auipc a5, %pcrel_hi(datum)\nj 2b\n`),
    ),
    caseOf(
      'R_RISCV_PCREL_LO12_I',
      'twice for one upper half',
      aDatum,
      code(
        'mpy_init',
        `1: auipc a5, %pcrel_hi(datum)\naddi a4, a5, %pcrel_lo(1b)\nlw a0, %pcrel_lo(1b)(a5)\nlw a4, 0(a4)\nsub a4, a4, a0\nadd a0, a0, a4\nret\n`,
      ),
    ),
    { ...stored(aDatum), differs: 'the reference linker drops the operation and registers of a store' },
    ...all.map((pointee) =>
      caseOf(
        'R_RISCV_GOT_HI20',
        `the entry of ${pointee.what}`,
        pointee,
        code(
          'mpy_init',
          `1: auipc a5, %got_pcrel_hi(${pointee.symbol})\n${w.load} a5, %pcrel_lo(1b)(a5)\n${pointee.use}`,
        ),
      ),
    ),
    caseOf(
      'R_RISCV_GOT_HI20',
      'over 0x12340 bytes',
      aDatum,
      code('mpy_init', `la a5, datum\n${aDatum.use}`).replace(
        'la a5, datum',
        `1: auipc a5, %got_pcrel_hi(datum)\n${w.load} a5, %pcrel_lo(1b)(a5)`,
      ),
      gap(0x1_2340),
    ),
  ];
}

/** LUI and what takes the lower half: of addresses that are known. */
function absolutes(w: Writer): Case[] {
  const shown = (at: number) => `0x${at.toString(16)}`;
  const [aFunction, aDatum] = pointees(w.dialect);
  const whole = (relocation: string, at: number, expect: Case['expect'] = { returns: at }): Case => ({
    relocation,
    title: `of the fixed address ${shown(at)}`,
    source: code('mpy_init', 'lui a0, %hi(fixed)\naddi a0, a0, %lo(fixed)\nret\n'),
    expect,
    externs: { fixed: at },
  });
  const store = (at: number, low: number): Case => ({
    relocation: 'R_RISCV_LO12_S',
    title: `of the fixed address ${shown(at)}`,
    source:
      code(
        'mpy_init',
        `lla a5, datum\naddi a5, a5, ${-low}\nli a0, 0x55\nsw a0, %lo(fixed)(a5)\nlla a5, datum\n${w.dialect.load}`,
      ) + datum,
    expect: { returns: 0x55 },
    externs: { fixed: at },
  });
  // c.lui a0, 1
  const compressed = (at: number, returns: number, expect: Case['expect'] = { returns }): Case => ({
    relocation: 'R_RISCV_RVC_LUI',
    title: `of the fixed address ${shown(at)}`,
    source: code('mpy_init', '.reloc ., R_RISCV_32_PCREL, fixed\n.2byte 0x6505\nret\n'),
    expect,
    externs: { fixed: at },
    retype: [{ from: 57, to: 46 }],
  });
  const inModule = (relocation: string, instruction: string, pointee: Pointee): Case => ({
    ...caseOf(
      relocation,
      `of ${pointee.what}, whose address only the loader knows`,
      pointee,
      code('mpy_init', `${instruction}\nret\n`),
    ),
    expect: { refused: 'link/address-in-code' },
  });
  return [
    ...['R_RISCV_HI20', 'R_RISCV_LO12_I'].flatMap((relocation) =>
      [0x1234_5678, 0x7ff, 0x800, 0xfff, 0x1000, 0x7fff_f7ff].map((at) => whole(relocation, at)),
    ),
    w.width === 64
      ? whole('R_RISCV_HI20', 0x7fff_f800, tooFar)
      : whole('R_RISCV_HI20', 0xffff_f800, { returns: 0xffff_f800 }),
    store(0x1234_5678, 0x678),
    store(0x1234_5ff0, -16),
    compressed(0x1_f7ff, 0x1_f000),
    compressed(0x800, 0x1000),
    compressed(0x7ff, 0),
    compressed(0x1_f800, 0, tooFar),
    inModule('R_RISCV_HI20', 'lui a0, %hi(function)', aFunction),
    inModule('R_RISCV_LO12_I', 'addi a0, a0, %lo(datum)', aDatum),
    inModule('R_RISCV_LO12_S', 'sw a0, %lo(datum)(a0)', aDatum),
  ];
}

/** Numbers that hold how far one label is from another, made of several relocations at one place. */
function differences(): Case[] {
  const data = (
    relocation: string,
    title: string,
    distance: number,
    number: string,
    bytes: number,
    expect: Case['expect'],
    more: Partial<Case> = {},
  ): Case => {
    const fetch = {
      1: 'lb a0, 0(a5)\n',
      2: 'lh a0, 0(a5)\n',
      4: 'lw a0, 0(a5)\n',
      8: 'lw a0, 0(a5)\nlw a1, 4(a5)\nadd a0, a0, a1\n',
    }[bytes];
    return {
      relocation,
      title,
      source: [
        code('mpy_init', `lla a5, number\n${fetch}ret\n`),
        '.section .text.base,"ax"\n.global base\nbase: .2byte 0\n',
        gap(Math.abs(distance) - 2),
        '.section .text.top,"ax"\n.global top\ntop: .2byte 0\n',
        `.section .rodata.number,"a"\n.balign 8\n.global number\nnumber: ${number}\n`,
      ].join(''),
      expect,
      isDistance: true,
      ...more,
    };
  };
  const by = (directive: string, bytes: number, max: number) =>
    ['ADD', 'SUB'].flatMap((sign) => {
      const relocation = `R_RISCV_${sign}${bytes * 8}`;
      const ahead = (distance: number, expect: Case['expect']) =>
        data(relocation, `a distance of ${distance}`, distance, `${directive} top - base`, bytes, expect);
      const back = (distance: number, expect: Case['expect']) =>
        data(relocation, `a distance of ${-distance}`, distance, `${directive} base - top`, bytes, expect);
      const signed = (value: number) => (bytes < 4 && value > max / 2 ? value - max - 1 : value) >>> 0;
      return [
        ahead(0x30, { returns: 0x30 }),
        back(0x30, { returns: bytes === 8 ? -0x31 >>> 0 : -0x30 >>> 0 }),
        ...(bytes <= 2
          ? [
              ahead(max - 1, { returns: signed(max - 1) }),
              ahead(max + 1, tooFar),
              back((max + 1) / 2, { returns: (-(max + 1) / 2) >>> 0 }),
              back((max + 1) / 2 + 2, tooFar),
            ]
          : [ahead(0x2_3456, { returns: 0x2_3456 })]),
        data(relocation, 'a distance and an addend', 0x20, `${directive} top - base + 5`, bytes, { returns: 0x25 }),
      ];
    });
  const set = (bits: 6 | 8 | 16 | 32, max: number) => {
    const bytes = Math.max(1, bits / 8) | 0;
    const kept = bits === 6 ? 0x40 : 0;
    return ['SET', ...(bits === 6 ? ['SUB'] : [])].flatMap((what) => {
      const relocation = `R_RISCV_${what}${bits}`;
      const number = (size: number) =>
        `.reloc ., R_RISCV_SET${bits}, top\n.reloc ., R_RISCV_SUB${bits}, base\n${size === 1 ? '.byte' : `.${size}byte`} ${bits === 6 ? 0x7f : 0x5a}\n`;
      const one = (distance: number, expect: Case['expect']) =>
        data(relocation, `a distance of ${distance}`, distance, number(bytes), bytes, expect);
      return [
        one(0x30, { returns: 0x30 | kept }),
        ...(bits === 32
          ? [one(0x2_3456, { returns: 0x2_3456 })]
          : [one(max - 1, { returns: ((bits === 6 ? max - 1 : -2) >>> 0) | kept }), one(max + 1, tooFar)]),
      ];
    });
  };
  // GNU as names them from 2.41 on.
  const retype = [
    { from: 54, to: 60 },
    { from: 37, to: 61 },
  ];
  const uleb = ['SET', 'SUB'].flatMap((what) => {
    const relocation = `R_RISCV_${what}_ULEB128`;
    const one = (distance: number, septets: readonly number[], expect: Case['expect']) =>
      data(
        relocation,
        `a distance of ${distance} in ${septets.length} bytes`,
        distance,
        `.reloc ., R_RISCV_SET8, top\n.reloc ., R_RISCV_SUB8, base\n.byte ${septets.map((_, index) => (index < septets.length - 1 ? 0x80 : 0)).join(', ')}\n.space 3`,
        4,
        expect,
        { retype },
      );
    const word = (septets: readonly number[]) =>
      septets.reduce(
        (sum, septet, index) => sum + (septet | (index < septets.length - 1 ? 0x80 : 0)) * 256 ** index,
        0,
      );
    const holds = (distance: number, ...septets: number[]) => one(distance, septets, { returns: word(septets) });
    return [
      holds(0x30, 0x30),
      holds(0x7e, 0x7e),
      one(0x80, [0], tooFar),
      holds(0x30, 0x30, 0),
      holds(0x3ffe, 0x7e, 0x7f),
      one(0x4000, [0, 0], tooFar),
      holds(0x2_3456, 0x56, 0x68, 8),
    ];
  });
  const apart: Case = {
    ...data('R_RISCV_SUB32', 'from a variable, which is apart', 0x20, '.word top - variable', 4, {
      refused: 'link/address-in-code',
    }),
  };
  return [
    ...by('.byte', 1, 0xff),
    ...by('.2byte', 2, 0xffff),
    ...by('.4byte', 4, 0xffff_ffff),
    ...by('.8byte', 8, 0),
    ...set(6, 0x3f),
    ...set(8, 0xff),
    ...set(16, 0xffff),
    ...set(32, 0xffff_ffff),
    ...uleb,
    { ...apart, source: `${apart.source}.section .bss.variable,"aw",@nobits\n.global variable\nvariable: .space 4\n` },
  ];
}

/** A word that holds a distance from itself. */
function distances(w: Writer): Case[] {
  const [aFunction, aDatum] = pointees(w.dialect);
  const word = (
    relocation: string,
    title: string,
    pointee: Pointee,
    symbol: string,
    retype?: Case['retype'],
    use = pointee.use,
  ): Case => ({
    ...caseOf(
      relocation,
      title,
      pointee,
      code('mpy_init', `lla a4, number\nlw a5, 0(a4)\nadd a5, a5, a4\n${use}`),
      `.section .rodata.number,"a"\n.balign 4\nnumber: .reloc ., R_RISCV_32_PCREL, ${symbol}\n.4byte 0\n`,
    ),
    ...(retype ? { retype } : {}),
  });
  const number = (use: string) => `${w.load} a5, 0(a5)\n${use}`;
  const branch = [{ from: 57, to: 59 }];
  const entry = [{ from: 57, to: 41 }];
  return [
    word('R_RISCV_32_PCREL', 'to read-only data', aDatum, 'datum'),
    word('R_RISCV_32_PCREL', 'with an addend', { ...aDatum, returns: 0x1234567 }, `datum + ${w.width / 8}`),
    word('R_RISCV_32_PCREL', 'back to a function', aFunction, 'function'),
    word('R_RISCV_PLT32', 'back to a function', aFunction, 'function', branch),
    ...pointees(w.dialect).map((pointee) =>
      word('R_RISCV_GOT32_PCREL', `the entry of ${pointee.what}`, pointee, pointee.symbol, entry, number(pointee.use)),
    ),
  ];
}

/** What an assembler adds that expects the linker to shorten code. */
function relaxed(): Case[] {
  const align = (bytes: number, before: number): Case => ({
    // The assembler pads by two bytes less, and sometimes that is what it takes.
    ...(bytes - 2 === (bytes - (before % bytes)) % bytes
      ? {}
      : { mislinkedByCompat: 'all padding is kept, so that what follows is not aligned' }),
    relocation: 'R_RISCV_ALIGN',
    title: `to ${bytes} bytes, behind ${before} bytes`,
    source: code(
      'mpy_init',
      `.option relax\n${'c.nop\n'.repeat(before / 2)}.balign ${bytes}\nauipc a0, 0\nandi a0, a0, ${bytes - 1}\naddi a0, a0, 77\nret\n`,
    ),
    expect: right,
  });
  return [
    ...[2, 4, 6, 8].flatMap((before) => [4, 8, 16].map((bytes) => align(bytes, before))),
    {
      relocation: 'R_RISCV_RELAX',
      title: 'leaves a call as it is',
      source: code('mpy_init', '.option relax\ntail function\n') + gap(0x1000) + code('function', 'li a0, 77\nret\n'),
      expect: right,
    },
    {
      relocation: 'R_RISCV_NONE',
      title: 'changes nothing',
      source:
        code('mpy_init', '.reloc ., R_RISCV_NONE, function\nli a0, 77\nret\n') + code('function', 'li a0, 5\nret\n'),
      expect: right,
    },
  ];
}

function riscv(width: Width): Case[] {
  const w: Writer = { width, dialect: dialectOf(width), load: width === 64 ? 'ld' : 'lw' };
  return [
    lateEntry(w.dialect, 'R_RISCV_NONE', 'c.ebreak', 2),
    ...addresses(w, width === 64 ? 'R_RISCV_64' : 'R_RISCV_32'),
    ...(width === 64 ? fixedNumber(w, 'R_RISCV_32', 4) : fixedNumber(w, 'R_RISCV_64', 8)),
    ...branches(w),
    ...pairs(w),
    ...absolutes(w),
    ...differences(),
    ...distances(w),
    ...relaxed(),
  ];
}

export const rv32Cases: readonly Case[] = riscv(32);
export const rv64Cases: readonly Case[] = riscv(64);
