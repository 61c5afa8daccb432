// Thumb. Sections follow each other in the order of the source, so that distances between them can be set to the byte;
// what lies between is filled with an instruction that traps (udf, 0xdede).
// Relocations: https://github.com/ARM-software/abi-aa/blob/main/aaelf32/aaelf32.rst

import type { Case, Dialect, Pointee } from '../case.ts';
import { lateEntry, offsetPointees, pointees } from '../case.ts';

const code = (name: string, body: string) =>
  `.section .text.${name},"ax",%progbits\n.global ${name}\n.type ${name}, %function\n.thumb_func\n${name}:\n${body}`;
const gap = (bytes: number) => `.section .text.gap,"ax",%progbits\n.space ${bytes}, 0xde\n`;

/** The address is in r3. */
const thumb: Dialect = {
  start: '.syntax unified\n.thumb\n',
  word: '.word',
  code,
  give: (value) => `movs r0, #${value}\nbx lr\n`,
  jump: 'bx r3\n',
  load: 'ldr r0, [r3]\nbx lr\n',
  loadHalf: 'ldrh r0, [r3]\nbx lr\n',
  store: 'movs r0, #0x55\nstr r0, [r3]\nldr r0, [r3]\nadds r0, #1\nbx lr\n',
  callEntry: 'push {r4, lr}\nmovs r0, #1\nmovs r1, #2\nldr r3, [r3, #80]\nblx r3\npop {r4, pc}\n',
  self: 'mov r0, r3\nbx lr\n',
};

function source(...parts: readonly string[]): string {
  return thumb.start + parts.join('');
}

/** Words that hold an address, in the module's text and in its read-only data. */
function addresses(relocation: string, operator = ''): Case[] {
  const inText = (pointee: Pointee): Case => ({
    relocation,
    title: `in code: the address of ${pointee.what}`,
    source: source(
      code('mpy_init', `ldr r3, 1f\n${pointee.use}.balign 4\n1: .word ${pointee.symbol}${operator}\n`),
      pointee.more,
    ),
    expect: { returns: pointee.returns },
    ...(pointee.externs ? { externs: pointee.externs } : {}),
  });
  const inData =
    (section: string, flags: string) =>
    (pointee: Pointee): Case => ({
      relocation,
      title: `in ${section}: the address of ${pointee.what}`,
      source: source(
        code(
          'mpy_init',
          `ldr r3, 1f\n2: add r3, pc\nldr r3, [r3]\n${pointee.use}.balign 4\n1: .word pointer - 2b - 4\n`,
        ),
        `.section ${section},"${flags}"\n.balign 4\n.word 0\n.global pointer\npointer: .word ${pointee.symbol}${operator}\n`,
        pointee.more,
      ),
      expect: { returns: pointee.returns },
      ...(pointee.externs ? { externs: pointee.externs } : {}),
    });
  const all = pointees(thumb);
  return [
    ...all.map(inText),
    ...offsetPointees(thumb).map(inText),
    ...all.map(inData('.data.rel.ro.local', 'aw')),
    ...all.slice(0, 3).map(inData('.rodata.pointer', 'a')),
  ];
}

interface Branch {
  readonly relocation: string;
  /** Before the branch, in its function; 2 bytes an instruction. */
  readonly before: readonly string[];
  readonly branch: string;
  readonly bytes: 2 | 4;
  readonly after: readonly string[];
}

/** Lets the branch's field hold `value`: how far the target is from the place, less 4. */
function branchBy({ relocation, before, branch, bytes, after }: Branch, value: number, expect: Case['expect']): Case {
  const target = code('target', thumb.give(77));
  const body = [...before, branch, ...after, ''].join('\n');
  if (value >= 0) {
    const space = value + 4 - bytes - 2 * after.length;
    return {
      relocation,
      title: `to ${value} bytes ahead`,
      source: source(code('mpy_init', body), gap(space), target),
      expect,
    };
  }
  const space = -value - 4 - 2 * before.length - 4;
  const start = code('mpy_init', 'ldr r3, 1f\nbx r3\n.balign 4\n1: .word branch\n');
  return {
    relocation,
    title: `to ${-value} bytes back`,
    source: source(start, target, gap(space), code('branch', body)),
    expect,
  };
}

/** At both ends of the range and one step past each. */
function edges(branch: Branch, reach: number, alsoReached: readonly number[] = [], differs?: string): Case[] {
  const right = { returns: 77 } as const;
  const tooFar = { refused: 'link/reloc-range' } as const;
  const far = [reach - 2, -reach].map((value) => branchBy(branch, value, right));
  return [
    ...alsoReached.map((value) => branchBy(branch, value, right)),
    ...far.map((each) => (differs ? { ...each, differs } : each)),
    ...[reach, -reach - 2].map((value) => branchBy(branch, value, tooFar)),
  ];
}

const call: Omit<Branch, 'relocation'> = {
  before: ['push {r4, lr}'],
  branch: 'bl target',
  bytes: 4,
  after: ['pop {r4, pc}'],
};

/** An instruction that armv6-m assemblers refuse, by its bits; the addend -4 is among them. */
const wide = (relocation: string, first: number, second: number) =>
  `.reloc ., ${relocation}, target\n.short ${first}, ${second}`;

const referenceReach = 'the reference linker takes a Thumb branch to reach 4 MiB, and wraps past that';

function branches(): Case[] {
  const mebi = 1 << 20;
  const short = [0x1000, -0x1000, 0x12344, -0x12346];
  const near = [...short, 4 * mebi - 2, -4 * mebi];
  const tail = { before: [], bytes: 4, after: [] } as const;
  const conditional = { before: ['movs r0, #0'], after: ['udf #1'] } as const;
  return [
    ...edges({ relocation: 'R_ARM_THM_CALL', ...call }, 16 * mebi, near, referenceReach),
    ...edges(
      { relocation: 'R_ARM_THM_JUMP24', branch: wide('R_ARM_THM_JUMP24', 0xf7ff, 0xbffe), ...tail },
      16 * mebi,
      near,
      referenceReach,
    ),
    ...edges(
      { relocation: 'R_ARM_THM_JUMP19', branch: wide('R_ARM_THM_JUMP19', 0xf43f, 0xaffe), bytes: 4, ...conditional },
      mebi,
      [...short, 0x40000, -0x40002, 0x80000, -0x80002],
    ),
    ...edges(
      { relocation: 'R_ARM_THM_JUMP11', before: [], branch: 'b.n target', bytes: 2, after: ['udf #1'] },
      2048,
      [100, -100],
    ),
    ...edges({ relocation: 'R_ARM_THM_JUMP8', branch: 'beq.n target', bytes: 2, ...conditional }, 256, [20, -20]),
  ];
}

/** CBZ goes forwards only. */
function compareBranches(): Case[] {
  const branch: Branch = {
    relocation: 'R_ARM_THM_JUMP6',
    before: ['movs r0, #0'],
    branch: '.reloc ., R_ARM_THM_JUMP6, target\n.short 0xb3f0',
    bytes: 2,
    after: ['udf #1'],
  };
  return [
    ...[0, 20, 126].map((value) => branchBy(branch, value, { returns: 77 })),
    ...[128, -20].map((value) => branchBy(branch, value, { refused: 'link/reloc-range' })),
  ];
}

interface Literal {
  readonly relocation: string;
  /** Halfwords of the instruction, with the addend -4, for the address in r0 or what is there. */
  readonly instruction: readonly number[];
  /** Returns the word; 2 bytes an instruction. */
  readonly after: readonly string[];
}

/** Lets the field hold `value`: how far a word is from what the instruction reads as pc, which is a multiple of 4. */
function literalBy({ relocation, instruction, after }: Literal, value: number, expect: Case['expect']): Case {
  const halfwords = instruction.map((half) => `.short ${half}`);
  const body = ['.balign 4', `.reloc ., ${relocation}, datum`, ...halfwords, ...after, ''].join('\n');
  const datum = (before: number, after: number) =>
    `.section .text.datum,"ax",%progbits\n.balign 4\n.space ${before}\n.global datum\ndatum: .word 0x7654321\n.space ${after}\n`;
  const bytes = 2 * (instruction.length + after.length);
  if (value >= 0) {
    const from = value + 4 - bytes;
    const text = source(code('mpy_init', body), gap(from - (from % 4)), datum(from % 4, 0));
    return { relocation, title: `to a word ${value} bytes ahead`, source: text, expect };
  }
  const before = (value & 3) as number;
  const start = code('mpy_init', 'ldr r3, 1f\nbx r3\n.balign 4\n1: .word branch\n');
  const text = source(start, datum(before, 4 - before), gap(before - 12 - value), code('branch', body));
  return { relocation, title: `to a word ${-value} bytes back`, source: text, expect };
}

function literals(): Case[] {
  const right = { returns: 0x7654321 } as const;
  const tooFar = { refused: 'link/reloc-range' } as const;
  const ret = ['bx lr', 'nop'];
  const short: Literal = { relocation: 'R_ARM_THM_PC8', instruction: [0x48ff], after: ['bx lr'] };
  const long: Literal = { relocation: 'R_ARM_THM_PC12', instruction: [0xf85f, 0x0004], after: ret };
  const address: Literal = {
    relocation: 'R_ARM_THM_ALU_PREL_11_0',
    instruction: [0xf2af, 0x0004],
    after: ['ldr r0, [r0]', 'bx lr'],
  };
  return [
    ...[0, 4, 1020].map((value) => literalBy(short, value, right)),
    {
      relocation: short.relocation,
      title: 'from a place that is no multiple of 4',
      source: source(
        code('mpy_init', `.balign 4\nnop\n.reloc ., ${short.relocation}, datum\n.short 0x48ff\nbx lr\nnop\n`),
        '.section .text.datum,"ax",%progbits\n.balign 4\n.global datum\n.word 0x111\ndatum: .word 0x7654321\n',
      ),
      expect: right,
    },
    literalBy(short, 2, { refused: 'link/reloc-align' }),
    ...[1024, -20].map((value) => literalBy(short, value, tooFar)),
    ...[long, address].flatMap((each) => [
      ...[4, 0x123, 0x8ab, 4095, -20, -0x123, -0x8ab, -4095].map((value) => literalBy(each, value, right)),
      ...[4096, -4096].map((value) => literalBy(each, value, tooFar)),
    ]),
    {
      relocation: address.relocation,
      title: 'to a function, whose address is odd',
      source: source(
        code('mpy_init', `.balign 4\n.reloc ., ${address.relocation}, function\n.short 0xf2af, 0x0004\nbx r0\nnop\n`),
        gap(0x100),
        code('function', thumb.give(77)),
      ),
      expect: { returns: 77 },
    },
  ];
}

/** Numbers too narrow for an address: fixed addresses alone fit. */
function narrow(relocation: string, directive: string, load: string, bits: 8 | 16): Case[] {
  const body = `adr r3, 1f\nmovs r0, #0\n${load} r0, [r3, r0]\nbx lr\n.balign 4\n1: ${directive}`;
  const one = (at: number, expect: Case['expect']): Case => ({
    relocation,
    title: `the fixed address 0x${(at >>> 0).toString(16)}`,
    source: source(code('mpy_init', `${body} fixed\n`)),
    expect,
    externs: { fixed: at >>> 0 },
  });
  const limit = 2 ** bits;
  const tooFar = { refused: 'link/reloc-range' } as const;
  return [
    one(5, { returns: 5 }),
    one(limit - 1, { returns: 0xffff_ffff }),
    one(-limit / 2, { returns: (-limit / 2) >>> 0 }),
    one(limit, tooFar),
    one(-limit / 2 - 1, tooFar),
    {
      relocation,
      title: 'the address of a function',
      source: source(code('mpy_init', `${body} function\n`), code('function', thumb.give(77))),
      expect: { refused: 'link/narrow-address' },
    },
  ];
}

/** A word that holds a distance from itself. */
function distances(relocation: string, expression: (symbol: string) => string): Case[] {
  const body = (use: string, word: string) => `ldr r3, 1f\nadr r2, 1f\nadd r3, r2\n${use}.balign 4\n1: ${word}\n`;
  const datum =
    '.section .rodata.datum,"a"\n.balign 4\n.word 0x111\n.global datum\ndatum: .word 0x7654321, 0x1234567\n';
  const one = (title: string, symbol: string, returns: number): Case => ({
    relocation,
    title,
    source: source(code('mpy_init', body(thumb.load, expression(symbol))), gap(0x5000), datum),
    expect: { returns },
  });
  const start = code('mpy_init', 'ldr r3, 1f\nbx r3\n.balign 4\n1: .word branch\n');
  return [
    one('to read-only data ahead', 'datum', 0x7654321),
    one('with an addend', 'datum + 4', 0x1234567),
    one('with a negative addend', 'datum - 4', 0x111),
    {
      relocation,
      title: 'to read-only data back',
      source: source(start, datum, gap(0x5000), code('branch', body(thumb.load, expression('datum')))),
      expect: { returns: 0x7654321 },
    },
    {
      relocation,
      title: 'to a function, whose address is odd',
      source: source(
        code('mpy_init', body('bx r3\n', expression('function'))),
        gap(0x100),
        code('function', thumb.give(77)),
      ),
      expect: { returns: 77 },
    },
  ];
}

/** Code and data that hold a distance from the global offset table. */
function throughGot(): Case[] {
  // r2 has the table's address.
  const table = 'ldr r2, 1f\n2: add r2, pc\n';
  const tableWord = '.balign 4\n1: .word _GLOBAL_OFFSET_TABLE_ - (2b + 4)\n';
  const entry =
    (relocation: string) =>
    (pointee: Pointee): Case => ({
      relocation,
      title: `the entry of ${pointee.what}`,
      source: source(
        code(
          'mpy_init',
          `${table}ldr r3, 3f\nldr r3, [r2, r3]\n${pointee.use}${tableWord}3: .word ${pointee.symbol}(GOT)\n`,
        ),
        pointee.more,
      ),
      expect: { returns: pointee.returns },
      ...(pointee.externs ? { externs: pointee.externs } : {}),
    });
  const direct = (pointee: Pointee): Case => ({
    relocation: 'R_ARM_GOT_PREL',
    title: `the entry of ${pointee.what}`,
    source: source(
      code(
        'mpy_init',
        `ldr r3, 1f\n2: add r3, pc\nldr r3, [r3]\n${pointee.use}.balign 4\n1: .word ${pointee.symbol}(GOT_PREL) + ((.) - (2b + 4))\n`,
      ),
      pointee.more,
    ),
    expect: { returns: pointee.returns },
    ...(pointee.externs ? { externs: pointee.externs } : {}),
  });
  const offset = (pointee: Pointee): Case => ({
    relocation: 'R_ARM_GOTOFF32',
    title: `to ${pointee.what}`,
    source: source(
      code(
        'mpy_init',
        `${table}ldr r3, 3f\nadd r3, r2\n${pointee.use}${tableWord}3: .word ${pointee.symbol}(GOTOFF)\n`,
      ),
      pointee.more,
    ),
    expect: { returns: pointee.returns },
  });
  const all = pointees(thumb);
  const [aFunction, aDatum, aVariable] = all;
  return [
    ...all.map(entry('R_ARM_GOT_BREL')),
    entry('R_ARM_BASE_PREL')(aDatum),
    ...all.map(direct),
    ...[aFunction, aDatum].map(offset),
    { ...offset(aVariable), title: 'to a variable, which moves', refusedByCompat: 'link/static-bss' },
  ];
}

/** An instruction pair that makes a distance, from r15 as its second half reads it. */
function moves(): Case[] {
  // movw r3; movt r3; add r3, pc: addends -12 and -8, so that both halves count from what pc reads as.
  const pair = (relocation: string, symbol: string, title: string, returns: number, data: string): Case => ({
    relocation,
    title,
    source: source(
      code(
        'mpy_init',
        [
          `.reloc ., R_ARM_THM_MOVW_PREL_NC, ${symbol}`,
          '.short 0xf64f, 0x73f4',
          `.reloc ., R_ARM_THM_MOVT_PREL, ${symbol}`,
          '.short 0xf6cf, 0x73f8',
          'add r3, pc',
          thumb.load,
        ].join('\n'),
      ),
      data,
    ),
    expect: { returns },
  });
  const datum = '.section .rodata.datum,"a"\n.balign 4\n.global datum\ndatum: .word 0x7654321, 0x1234567\n';
  return ['R_ARM_THM_MOVW_PREL_NC', 'R_ARM_THM_MOVT_PREL'].flatMap((relocation) => [
    pair(relocation, 'datum', 'to read-only data nearby', 0x7654321, datum),
    pair(relocation, 'datum', 'to read-only data 0x9abcd bytes ahead', 0x7654321, gap(0x9abcd) + datum),
    pair(relocation, 'datum', 'to read-only data 0x18000 bytes ahead', 0x7654321, gap(0x18000) + datum),
  ]);
}

/** Bits 0 to 30 of a word: exception tables have flags in bit 31. */
function halfwords31(): Case[] {
  const read = 'ldr r3, 1f\nadr r2, 1f\nlsls r3, #1\nasrs r3, #1\n';
  const word = (title: string, addend: number, expect: Case['expect']): Case => {
    // The field then holds the addend's distance from `datum`, which is 0x100 bytes past the word.
    const undo = `ldr r0, 2f\nsubs r3, r0\nadd r3, r2\n${thumb.load}.balign 4\n2: .word ${addend}\n1: .reloc ., R_ARM_PREL31, datum\n.word ${addend & 0x7fff_ffff}\n`;
    return {
      relocation: 'R_ARM_PREL31',
      title,
      source: source(
        code('mpy_init', `${read}${undo}.space 0xfc, 0xde\n`),
        '.section .rodata.datum,"a"\n.global datum\ndatum: .word 0x7654321\n',
      ),
      expect,
    };
  };
  const right = { returns: 0x7654321 } as const;
  const reach = 2 ** 30;
  return [
    word('to read-only data', 0, right),
    word('as far ahead as 31 bits hold', reach - 1 - 0x100, right),
    word('as far back as 31 bits hold', -reach, right),
    word('one byte further ahead', reach - 0x100, { refused: 'link/reloc-range' }),
  ];
}

function nothing(): Case[] {
  return ['R_ARM_NONE', 'R_ARM_V4BX'].map((relocation) => ({
    relocation,
    title: 'changes nothing',
    source: source(
      code('mpy_init', `.reloc ., ${relocation}, function\n${thumb.give(77)}`),
      code('function', thumb.give(5)),
    ),
    expect: { returns: 77 },
  }));
}

export const armCases: readonly Case[] = [
  ...addresses('R_ARM_ABS32'),
  ...addresses('R_ARM_TARGET1', '(TARGET1)').slice(0, 2),
  ...distances('R_ARM_REL32', (symbol) => `.word ${symbol} - .`),
  ...branches(),
  ...compareBranches(),
  ...literals(),
  ...narrow('R_ARM_ABS16', '.short', 'ldrsh', 16),
  ...narrow('R_ARM_ABS8', '.byte', 'ldrsb', 8),
  ...throughGot(),
  ...moves(),
  ...halfwords31(),
  ...nothing(),
  lateEntry(thumb, 'R_ARM_NONE', 'udf #1', 2),
];
