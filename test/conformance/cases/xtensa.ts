// Xtensa, in both calling conventions. Sections follow each other in the order of the source, so that distances between them
// can be set to the byte; what lies between is zero, an illegal instruction. Literals go to the start of text by themselves.
// Relocations: https://sourceware.org/git/?p=binutils-gdb.git;a=blob;f=include/elf/xtensa.h

import type { Case, Dialect, Pointee } from '../case.ts';
import { lateEntry, offsetPointees, pointees } from '../case.ts';

const right = { returns: 77 } as const;
const tooFar = { refused: 'link/reloc-range' } as const;
const section = (name: string) => `.section .text.${name},"ax"\n`;
const gap = (bytes: number) => `${section('gap')}.space ${bytes}\n`;

interface Convention {
  readonly windowed: boolean;
  readonly dialect: Dialect;
  /** Leaves a function, with the result in a2. */
  readonly leave: string;
  /** A function's first instruction, if it needs one; its size in bytes. */
  readonly enter: string;
  readonly enterBytes: number;
}

/** The address is in a9. A function starts at a multiple of 4, for calls reach nothing else. */
function conventionOf(windowed: boolean): Convention {
  const enter = windowed ? 'entry a1, 32\n' : '';
  const leave = windowed ? 'retw.n\n' : 'ret.n\n';
  const save = 'addi a1, a1, -16\ns32i a0, a1, 0\n';
  const restore = 'l32i a0, a1, 0\naddi a1, a1, 16\nret.n\n';
  const dialect: Dialect = {
    start: '',
    word: '.word',
    code: (name, body) => `${section(name)}.global ${name}\n.align 4\n${name}:\n${enter}${body}`,
    give: (value) => `movi a2, ${value}\n${leave}`,
    jump: windowed ? 'callx8 a9\nmov.n a2, a10\nretw.n\n' : 'jx a9\n',
    load: `l32i a2, a9, 0\n${leave}`,
    loadHalf: `l16ui a2, a9, 0\n${leave}`,
    store: `movi a2, 0x55\ns32i a2, a9, 0\nl32i a2, a9, 0\naddi a2, a2, 1\n${leave}`,
    callEntry: windowed
      ? 'movi a10, 1\nmovi a11, 2\nl32i a9, a9, 80\ncallx8 a9\nmov.n a2, a10\nretw.n\n'
      : `${save}movi a2, 1\nmovi a3, 2\nl32i a9, a9, 80\ncallx0 a9\n${restore}`,
    self: `mov.n a2, a9\n${leave}`,
  };
  return { windowed, dialect, leave, enter, enterBytes: enter ? 3 : 0 };
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

const literal = (symbol: string) => `.literal .Laddress, ${symbol}\nl32r a9, .Laddress\n`;

/** Words that hold an address: in literals, among the code, and in read-only data. */
function addresses({ dialect }: Convention): Case[] {
  const inLiteral = (relocation: string, suffix: string) => (pointee: Pointee) =>
    caseOf(
      relocation,
      `in a literal: the address of ${pointee.what}`,
      pointee,
      dialect.code('mpy_init', literal(pointee.symbol + suffix) + pointee.use),
    );
  const inText = (relocation: string) => (pointee: Pointee) =>
    caseOf(
      relocation,
      `in code: the address of ${pointee.what}`,
      pointee,
      dialect
        .code('mpy_init', `l32r a9, word\n${pointee.use}`)
        .replace('.align 4\n', `.align 4\n.word 0\n.global word\nword: .word ${pointee.symbol}\n`),
    );
  const inData = (relocation: string, name: string, flags: string) => (pointee: Pointee) =>
    caseOf(
      relocation,
      `in ${name}: the address of ${pointee.what}`,
      pointee,
      dialect.code('mpy_init', `${literal('pointer')}l32i a9, a9, 0\n${pointee.use}`),
      `.section ${name},"${flags}"\n.align 4\n.word 0\n.global pointer\npointer: .word ${pointee.symbol}\n`,
    );
  const all = pointees(dialect);
  return [
    ...all.map(inLiteral('R_XTENSA_32', '')),
    ...offsetPointees(dialect).map((pointee) => ({
      ...inLiteral('R_XTENSA_32', '')(pointee),
      differs: 'the reference linker drops the addend of a literal',
    })),
    ...all.map(inText('R_XTENSA_32')),
    ...all.map(inData('R_XTENSA_32', '.data.rel.ro.local', 'aw')),
    ...all.slice(0, 3).map(inData('R_XTENSA_32', '.rodata.pointer', 'a')),
    ...all.slice(0, 1).map(inLiteral('R_XTENSA_PLT', '@PLT')),
  ];
}

const takenForDone = 'the reference linker takes what reaches into another section of code for done';

/** Operands of instructions that reach code. */
function slots({ dialect, windowed, leave, enter, enterBytes }: Convention): Case[] {
  const relocation = 'R_XTENSA_SLOT0_OP';
  const springboard = dialect.code('mpy_init', literal('branch') + dialect.jump);

  /**
   * `instruction` at a place that is `skew` past a multiple of 4, reaching a target whose distance from that place is
   * `distance`. What follows the instruction is illegal; the target is code that returns 77.
   */
  const reach = (
    what: string,
    instruction: string,
    bytes: number,
    distance: number,
    expect: Case['expect'],
    { setUp = '', setUpBytes = 0, call = false } = {},
  ): Case => {
    const title = `${what} ${Math.abs(distance)} bytes ${distance < 0 ? 'back' : 'ahead'}`;
    // A call needs a frame to come back to; a jump stays in its own.
    const body = `${enter}${setUp}${instruction} target\n${call ? afterCall : ''}`;
    const place = enterBytes + setUpBytes;
    const after = place + bytes + (call ? afterCallBytes : 0);
    const target = `.global target\ntarget: ${call ? enter : ''}movi.n a2, 77\n${leave}`;
    const targetBytes = 4 + (call ? enterBytes : 0);
    const branch = `${section('branch')}.align 4\n.global branch\nbranch:\n${body}`;
    const source =
      distance > 0
        ? `${springboard}${branch}${gap(distance - (after - place))}${section('target')}${target}`
        : // The branch's function is aligned, so that the target may not be; a call's is, for such are the distances.
          `${springboard}${section('target')}.align 4\n.space ${(((place + distance) % 4) + 4) % 4}\n${target}${gap(-distance - targetBytes - place)}${branch}`;
    return {
      relocation,
      title,
      source,
      expect,
      isDistance: true,
      ...('returns' in expect ? { differs: takenForDone } : {}),
    };
  };
  const afterCall = windowed ? 'mov.n a2, a10\nretw.n\n' : 'mov.n a0, a15\nret.n\n';
  const afterCallBytes = 4;

  const edges = (
    what: string,
    instruction: string,
    bytes: number,
    distances: { readonly reached: readonly number[]; readonly past: readonly number[] },
    more: Parameters<typeof reach>[5] = {},
  ) => [
    ...distances.reached.map((distance) => reach(what, instruction, bytes, distance, right, more)),
    ...distances.past.map((distance) => reach(what, instruction, bytes, distance, tooFar, more)),
  ];
  const zero = { setUp: 'movi.n a4, 0\n', setUpBytes: 2 };
  const two = { setUp: 'movi.n a4, 0\nmovi.n a5, 0\n', setUpBytes: 4 };

  // A call counts from the aligned place behind, and reaches functions alone, which are aligned: see `place`.
  const keep = windowed ? { setUp: '', setUpBytes: 0 } : { setUp: 'mov.n a15, a0\n', setUpBytes: 2 };
  const place = enterBytes + keep.setUpBytes;
  const skew = place % 4;
  const callBy = (value: number) => value - skew;
  const callReach = {
    reached: [0x400, 0x8_0000, -0x400, -0x7_fffc].map(callBy),
    past: [0x8_0004, -0x8_0000].map(callBy),
  };
  const callName = windowed ? 'call8' : 'call0';

  // The literal lies 8 bytes into the text, behind the jump and one address.
  const load = (distance: number, expect: Case['expect'], differs?: string): Case => {
    // A windowed function starts at a multiple of 4, so that its load is elsewhere only behind other instructions.
    const before = [
      { code: '', bytes: enterBytes },
      { code: 'nop.n\n', bytes: enterBytes + 2 },
      { code: 'nop\n', bytes: enterBytes + 3 },
      { code: 'nop\nnop.n\n', bytes: enterBytes + 5 },
    ].find(({ bytes }) => !windowed || (distance - bytes) % 4 === 0);
    if (!before) throw new Error('one of four has the wanted remainder');
    const space = distance + 8 - 12 - 32 - before.bytes;
    return {
      relocation,
      title: `loads a literal ${distance} bytes back${differs ? ', of another section' : ''}`,
      source: [
        springboard,
        '.org mpy_init + 32\n',
        differs ? gap(space) : `.space ${space}\n`,
        `${section(differs ? 'branch' : 'mpy_init')}.literal .Lnumber, 0x12345678\n.global branch\nbranch:\n`,
        `${enter}${before.code}l32r a2, .Lnumber\n${leave}`,
      ].join(''),
      expect,
      ...(differs ? { differs } : {}),
    };
  };
  return [
    ...edges('jumps', 'j', 3, { reached: [100, 0x2_0003, -100, -0x1_fffc], past: [0x2_0004, -0x1_fffd] }),
    ...edges('branches on zero', '_beqz a4,', 3, { reached: [100, 0x803, -100, -0x7fc], past: [0x804, -0x7fd] }, zero),
    ...edges('branches on equal', '_beq a4, a5,', 3, { reached: [20, 0x83, -20, -0x7c], past: [0x84, -0x7d] }, two),
    ...edges(
      'branches on a number',
      '_beqi a4, 1,',
      3,
      { reached: [20, 0x83, -20, -0x7c], past: [0x84, -0x7d] },
      {
        setUp: 'movi.n a4, 1\n',
        setUpBytes: 2,
      },
    ),
    ...edges('branches on a bit', '_bbci a4, 3,', 3, { reached: [20, 0x83, -20, -0x7c], past: [0x84, -0x7d] }, zero),
    ...edges('branches narrowly', '_beqz.n a4,', 2, { reached: [6, 0x43], past: [0x44, -20] }, zero),
    ...edges('calls', callName, 3, callReach, { ...keep, call: true }),
    ...(windowed
      ? [
          ...edges(
            'branches on a flag',
            '_bf b0,',
            3,
            { reached: [20, 0x83, -20, -0x7c], past: [0x84, -0x7d] },
            {
              setUp: 'movi.n a4, 0\nwsr a4, br\n',
              setUpBytes: 5,
            },
          ),
          // Not once: straight to the loop's end.
          ...edges('loops', '_loopnez a4,', 3, { reached: [20, 0x103], past: [0x104, -20] }, zero),
        ]
      : []),
    ...[0x400, 0x4_0000 - 3, 0x4_0000].map((distance) => load(distance, { returns: 0x1234_5678 })),
    load(0x4_0001, tooFar),
    load(0x400, { returns: 0x1234_5678 }, 'the reference linker mixes up literals of two sections in one object'),
    {
      relocation,
      title: 'calls within its section',
      source: windowed
        ? dialect.code(
            'mpy_init',
            `call8 near\nmov.n a2, a10\nretw.n\n.align 4\nnear: entry a1, 32\nmovi a2, 77\nretw.n\n`,
          )
        : dialect.code(
            'mpy_init',
            `mov.n a15, a0\ncall0 near\nmov.n a0, a15\nret.n\n.align 4\nnear: movi a2, 77\nret.n\n`,
          ),
      expect: right,
    },
    ...(windowed ? ['call4', 'call8'] : ['call0']).map((call) => memoryCall(call, dialect, leave)),
    {
      relocation,
      title: 'loads one literal for two equal numbers, and one for two equal addresses',
      source: [
        dialect.code('mpy_init', `.literal .La, 0x12345678\n.literal .Lb, datum\nl32r a2, .La\nl32r a9, .Lb\n`),
        `.literal .Lc, 0x12345678\n.literal .Ld, datum\nl32r a3, .Lc\nl32r a4, .Ld\nsub a2, a2, a3\nsub a4, a4, a9\nadd a2, a2, a4\nl32i a9, a9, 0\nadd a2, a2, a9\n${leave}`,
        '.section .rodata.datum,"a"\n.align 4\n.global datum\ndatum: .word 0x7654321\n',
      ].join(''),
      expect: { returns: 0x7654321 },
    },
  ];
}

/** By way of our jump into the function table, which needs a register: one that no caller misses. */
function memoryCall(call: string, dialect: Dialect, leave: string): Case {
  const first = { call0: 2, call4: 6, call8: 10 }[call] ?? 0;
  // Registers that the call must leave alone.
  const kept = call === 'call0' ? [15] : call === 'call4' ? [2, 3] : [2, 3, 4, 5, 6, 7];
  const source = [
    call === 'call0' ? 'addi a1, a1, -32\ns32i a0, a1, 0\n' : '',
    ...kept.map((register) => `movi a${register}, ${100 + register}\n`),
    `addi a${first}, a1, 16\nmovi a${first + 1}, 0x22\nmovi a${first + 2}, 4\n${call} memset\n`,
    `l32i a8, a1, 16\n`,
    ...kept.map((register) => `addi a${register}, a${register}, -${100 + register}\nadd a8, a8, a${register}\n`),
    call === 'call0' ? 'l32i a0, a1, 0\naddi a1, a1, 32\n' : '',
    `mov.n a2, a8\n${leave}`,
  ].join('');
  return {
    relocation: 'R_XTENSA_SLOT0_OP',
    title: `calls memset by ${call}`,
    source: dialect.code('mpy_init', source),
    expect: { returns: 0x2222_2222 },
    refusedByCompat: 'link/undefined',
  };
}

/** What the assembler wrote and says again for a linker that moves code. */
function facts({ dialect, leave, windowed }: Convention): Case[] {
  const number = (
    relocation: string,
    directive: string,
    bytes: 1 | 2 | 4,
    expression: string,
    value: number,
  ): Case => ({
    relocation,
    title: `leaves the number ${value}`,
    source: [
      dialect.code('mpy_init', `${literal('number')}l32i a2, a9, 0\n${leave}`),
      `${section('code')}.global low\nlow: .space 32\n.Lmiddle: .space 8\nhigh:\n`,
      // Addresses in code and read-only data go by the word, on chips where the one takes nothing less.
      `.section .rodata.number,"a"\n.align 4\n.global number\nnumber: ${relocation.includes('R_XTENSA_DIFF') ? `.reloc ., ${relocation}, low\n` : ''}${directive} ${expression}\n.space ${4 - bytes}\n`,
    ].join(''),
    expect: { returns: value },
  });
  const sizes = [
    ['8', '.byte', 1],
    ['16', '.short', 2],
    ['32', '.word', 4],
  ] as const;
  const ignored = (relocation: string, body: string): Case => ({
    relocation,
    title: 'changes nothing',
    source: dialect.code('mpy_init', `${body}${dialect.give(77)}`) + dialect.code('function', dialect.give(5)),
    expect: right,
  });
  const distance = (title: string, symbol: string, more: string, use: string, returns: number): Case => ({
    relocation: 'R_XTENSA_32_PCREL',
    title,
    source: [
      dialect
        .code('mpy_init', `l32r a10, offset\n.literal .Laddress, offset\nl32r a9, .Laddress\nadd a9, a9, a10\n${use}`)
        .replace('.align 4\n', `.align 4\n.word 0\n.global offset\noffset: .word ${symbol}@PCREL\n`),
      more,
    ].join(''),
    expect: { returns },
  });
  const [aFunction, aDatum] = pointees(dialect);
  return [
    ...sizes.map(([bits, directive, bytes]) => number(`R_XTENSA_DIFF${bits}`, directive, bytes, '0x44', 0x44)),
    ...sizes.map(([bits, directive, bytes]) => number(`R_XTENSA_PDIFF${bits}`, directive, bytes, '.Lmiddle - low', 32)),
    ...sizes.map(([bits, directive, bytes]) =>
      number(
        `R_XTENSA_NDIFF${bits}`,
        directive,
        bytes,
        'low - .Lmiddle',
        bytes === 4 ? 0xffff_ffe0 : 2 ** (8 * bytes) - 32,
      ),
    ),
    ignored('R_XTENSA_NONE', '.reloc ., R_XTENSA_NONE, function\n'),
    ignored('R_XTENSA_ASM_SIMPLIFY', '.reloc ., R_XTENSA_ASM_SIMPLIFY, function\n'),
    ignored('R_XTENSA_GNU_VTINHERIT', '.reloc ., R_XTENSA_GNU_VTINHERIT, function\n'),
    ignored('R_XTENSA_GNU_VTENTRY', '.reloc ., R_XTENSA_GNU_VTENTRY, function\n'),
    {
      relocation: 'R_XTENSA_ASM_EXPAND',
      title: 'leaves a call through a literal as it is',
      source: [
        dialect.code(
          'mpy_init',
          windowed
            ? '.begin longcalls\ncall8 function\n.end longcalls\nmov.n a2, a10\nretw.n\n'
            : 'mov.n a15, a0\n.begin longcalls\ncall0 function\n.end longcalls\nmov.n a0, a15\nret.n\n',
        ),
        gap(0x10_0000),
        dialect.code('function', dialect.give(77)),
      ].join(''),
      expect: right,
    },
    distance('to a function', 'function', dialect.code('function', dialect.give(77)), dialect.jump, aFunction.returns),
    windowed
      ? {
          ...distance('to read-only data, which is apart', 'datum', aDatum.more, aDatum.use, 0),
          expect: { refused: 'link/across-blocks' },
        }
      : distance('to read-only data', 'datum', aDatum.more, aDatum.use, aDatum.returns),
  ];
}

function xtensa(windowed: boolean): Case[] {
  const convention = conventionOf(windowed);
  return [
    ...addresses(convention),
    ...slots(convention),
    ...facts(convention),
    // Assemblers align ENTRY.
    lateEntry(convention.dialect, 'R_XTENSA_NONE', `.space ${windowed ? 4 : 1}`, windowed ? 4 : 1),
  ];
}

export const xtensaCases: readonly Case[] = xtensa(false);
export const xtensawinCases: readonly Case[] = xtensa(true);
