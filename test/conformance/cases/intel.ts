// x86 and x64. Sections follow each other in the order of the source, so that distances between them can be set to the
// byte; what lies between is filled with an instruction that traps (int3).
// Relocations: https://gitlab.com/x86-psABIs/i386-ABI and https://gitlab.com/x86-psABIs/x86-64-ABI

import type { Case, Dialect, Pointee } from '../case.ts';
import { lateEntry, offsetPointees, pointees } from '../case.ts';

type Width = 32 | 64;

const code = (name: string, body: string) =>
  `.section .text.${name},"ax",@progbits\n.global ${name}\n${name}:\n${body}`;
const gap = (bytes: number) => `.section .text.gap,"ax",@progbits\n.space ${bytes}, 0xcc\n`;
const give = (value: number) => `movl $${value}, %eax\nret\n`;
const tooFar = { refused: 'link/reloc-range' } as const;

/** The address is in eax. */
const dialect32: Dialect = {
  start: '',
  word: '.long',
  code,
  give,
  jump: 'jmp *%eax\n',
  load: 'movl (%eax), %eax\nret\n',
  loadHalf: 'movzwl (%eax), %eax\nret\n',
  store: 'movl $0x55, (%eax)\nmovl (%eax), %eax\nincl %eax\nret\n',
  callEntry: 'pushl $2\npushl $1\ncall *80(%eax)\naddl $8, %esp\nret\n',
  self: 'ret\n',
};

/** The address is in rax. */
const dialect64: Dialect = {
  start: '',
  word: '.quad',
  code,
  give,
  jump: 'jmp *%rax\n',
  load: 'movl (%rax), %eax\nret\n',
  loadHalf: 'movzwl (%rax), %eax\nret\n',
  store: 'movl $0x55, (%rax)\nmovl (%rax), %eax\nincl %eax\nret\n',
  callEntry: 'subq $8, %rsp\nmovl $1, %edi\nmovl $2, %esi\ncall *160(%rax)\naddq $8, %rsp\nret\n',
  self: 'ret\n',
};

/** What both widths write alike, with their own registers and words. */
function writer(width: Width) {
  const dialect = width === 64 ? dialect64 : dialect32;
  const a = width === 64 ? '%rax' : '%eax';
  const c = width === 64 ? '%rcx' : '%ecx';
  return {
    dialect,
    a,
    c,
    align: `.balign ${width / 8}\n`,
    /** The address of a label in the same section to rcx or ecx. */
    address: (label: string) =>
      width === 64 ? `leaq ${label}(%rip), %rcx\n` : `call 9f\n9: popl %ecx\nleal ${label} - 9b(%ecx), %ecx\n`,
    /** The signed number at rcx or ecx to rax or eax. */
    fetch: (bytes: number) =>
      ({
        1: `movsb${width === 64 ? 'q' : 'l'} (${c}), ${a}\n`,
        2: `movsw${width === 64 ? 'q' : 'l'} (${c}), ${a}\n`,
        4: width === 64 ? 'movslq (%rcx), %rax\n' : 'movl (%ecx), %eax\n',
        8: 'movq (%rcx), %rax\n',
      })[bytes] ?? '',
    directive: (bytes: number) => ({ 1: '.byte', 2: '.word', 4: '.long', 8: '.quad' })[bytes] ?? '',
  };
}

type Writer = ReturnType<typeof writer>;

function caseOf(relocation: string, title: string, pointee: Pointee, body: string, more = ''): Case {
  return {
    relocation,
    title,
    source: code('mpy_init', body) + more + pointee.more,
    expect: { returns: pointee.returns },
    ...(pointee.externs ? { externs: pointee.externs } : {}),
  };
}

/** Words that hold an address, in the module's text and in its read-only data. */
function addresses(w: Writer, relocation: string): Case[] {
  const { dialect, a, c, align, address } = w;
  const inText = (pointee: Pointee) =>
    caseOf(
      relocation,
      `in code: the address of ${pointee.what}`,
      pointee,
      `${address('1f')}mov (${c}), ${a}\n${pointee.use}${align}1: ${dialect.word} ${pointee.symbol}\n`,
    );
  const inData = (section: string, flags: string) => (pointee: Pointee) =>
    caseOf(
      relocation,
      `in ${section}: the address of ${pointee.what}`,
      pointee,
      `${address('1f')}movl (${c}), %eax\nmov (${a}, ${c}), ${a}\n${pointee.use}${align}1: .long pointer - .\n`,
      `.section ${section},"${flags}"\n${align}${dialect.word} 0\n.global pointer\npointer: ${dialect.word} ${pointee.symbol}\n`,
    );
  const all = pointees(dialect);
  const [aFunction, aDatum] = all;
  return [
    ...all.map(inText),
    ...offsetPointees(dialect).map(inText),
    ...all.map(inData('.data.rel.ro.local', 'aw')),
    ...all.slice(0, 3).map(inData('.rodata.pointer', 'a')),
    {
      ...caseOf(relocation, 'in an instruction, not aligned', aDatum, ''),
      source: `${code('mpy_init', `${align}nop\n${a === '%rax' ? 'movabsq' : 'movl'} $datum, ${a}\n${aDatum.use}`)}${aDatum.more}`,
      expect: { refused: 'link/word-align' },
    },
    caseOf(
      relocation,
      'in an instruction, aligned',
      aFunction,
      a === '%rax'
        ? `${align}${'nop\n'.repeat(6)}movabsq $function, %rax\n${aFunction.use}`
        : `${align}${'nop\n'.repeat(3)}movl $function, %eax\n${aFunction.use}`,
    ),
  ];
}

/** A number of `bytes` at label 1 that gives, added to its own address, the pointee's. */
function distance(
  w: Writer,
  relocation: string,
  bytes: number,
  title: string,
  expression: string,
  pointee: Pointee,
  more = '',
) {
  const { a, c, address, fetch, directive } = w;
  const body = `${address('1f')}${fetch(bytes)}add ${c}, ${a}\n${pointee.use}1: ${directive(bytes)} ${expression}\n`;
  return caseOf(relocation, title, pointee, body, more);
}

/** As far as the number's bits reach, and one byte further. The distance counts from the number. */
function reach(w: Writer, relocation: string, bytes: 1 | 2): Case[] {
  const { a, c, address, fetch, directive } = w;
  const limit = 2 ** (8 * bytes - 1);
  const target = code('target', give(77));
  const targetBytes = 6;
  const one = (value: number, expect: Case['expect']): Case => {
    // The jump is through a register, so that the number is data.
    const read = `${address('1f')}${fetch(bytes)}add ${c}, ${a}\njmp *${a}\n`;
    const number = `.section .text.number,"ax",@progbits\n.global number\nnumber: ${directive(bytes)} target - .\n`;
    const start = code('mpy_init', read.replaceAll('1f', 'number'));
    const source =
      value >= 0 ? start + number + gap(value - bytes) + target : start + target + gap(-value - targetBytes) + number;
    return { relocation, title: value >= 0 ? `to ${value} bytes ahead` : `to ${-value} bytes back`, source, expect };
  };
  const right = { returns: 77 } as const;
  return [
    one(20, right),
    one(-20, right),
    one(limit - 1, right),
    one(-limit, right),
    one(limit, tooFar),
    one(-limit - 1, tooFar),
  ];
}

/** Numbers too narrow for an address: fixed addresses alone fit. */
function narrow(w: Writer, relocation: string, bytes: 1 | 2): Case[] {
  const { c, address, fetch, directive } = w;
  const limit = 2 ** (8 * bytes);
  const one = (at: number, expect: Case['expect']): Case => ({
    relocation,
    title: `the fixed address 0x${(at >>> 0).toString(16)}`,
    source: code('mpy_init', `${address('1f')}${fetch(bytes)}${c ? 'ret\n' : ''}1: ${directive(bytes)} fixed\n`),
    expect,
    externs: { fixed: at >>> 0 },
  });
  const signed = (value: number) => (value >= limit / 2 ? value - limit : value) >>> 0;
  const { aVariable } = named(w);
  return [
    one(5, { returns: 5 }),
    one(limit - 1, { returns: signed(limit - 1) }),
    one(-limit / 2, { returns: (-limit / 2) >>> 0 }),
    one(limit, tooFar),
    one(-limit / 2 - 1, tooFar),
    {
      relocation,
      title: 'the address of a variable',
      source: `${code('mpy_init', `ret\n1: ${directive(bytes)} variable\n`)}${aVariable.more}`,
      expect: { refused: 'link/narrow-address' },
    },
  ];
}

function named(w: Writer) {
  const [aFunction, aDatum, aVariable] = pointees(w.dialect);
  return { aFunction, aDatum, aVariable };
}

/** Distances of 32 or 64 bits from the place itself. */
function distances(w: Writer, relocation: string, bytes: 4 | 8): Case[] {
  const { aFunction, aDatum, aVariable } = named(w);
  const back = code('branch', '').replace('branch:\n', '');
  return [
    distance(w, relocation, bytes, 'to read-only data ahead', 'datum - .', aDatum, gap(0x5000)),
    distance(w, relocation, bytes, 'to a function ahead', 'function - .', aFunction, gap(0x5000)),
    distance(w, relocation, bytes, 'with an addend', `datum - . + ${w.dialect.word === '.quad' ? 8 : 4}`, {
      ...aDatum,
      returns: 0x1234567,
    }),
    {
      relocation,
      title: 'to a function back',
      source: [
        code('mpy_init', `${w.address('1f')}${w.fetch(4)}add ${w.c}, ${w.a}\njmp *${w.a}\n1: .long branch - .\n`),
        aFunction.more,
        gap(0x5000),
        back,
        `branch: ${w.address('2f')}${w.fetch(bytes)}add ${w.c}, ${w.a}\njmp *${w.a}\n2: ${w.directive(bytes)} function - .\n`,
      ].join(''),
      expect: { returns: 77 },
    },
    {
      ...distance(w, relocation, bytes, 'to a variable, which moves', 'variable - .', aVariable),
      refusedByCompat: 'link/static-bss',
    },
  ];
}

/** Calls and jumps by their own instructions. */
function branches(w: Writer, relocation: string, suffix: string): Case[] {
  const { aFunction } = named(w);
  const place = (instruction: string) =>
    `.byte ${instruction}\n.reloc ., ${relocation}, function${suffix} - 4\n.long ${w.dialect === dialect32 ? -4 : 0}\n`;
  const one = (title: string, body: string, ...between: string[]): Case => ({
    relocation,
    title,
    source: [code('mpy_init', body), ...between, aFunction.more].join(''),
    expect: { returns: 77 },
  });
  const jump = place('0xe9').replace(/function\S* - 4/, w.dialect === dialect32 ? 'function' : 'function - 4');
  const call = place('0xe8').replace(/function\S* - 4/, w.dialect === dialect32 ? 'function' : 'function - 4');
  return [
    one('jumps ahead', jump, gap(0x12345)),
    one('calls ahead', `${call}ret\n`, gap(0x12345)),
    {
      relocation,
      title: 'calls an entry of the function table, which is outside the module',
      source: code('mpy_init', `${call.replace('function', 'mp_type_str')}ret\n`),
      expect: { refused: 'link/external-direct' },
    },
  ];
}

/** A number that is the size of what a symbol names. */
function sizes(w: Writer, relocation: string, bytes: 4 | 8): Case[] {
  const { c, address, fetch, directive } = w;
  const one = (title: string, expression: string, more: string, expect: Case['expect']): Case => ({
    relocation,
    title,
    source: `${code('mpy_init', `${address('1f')}${fetch(bytes)}${c ? 'ret\n' : ''}1: ${directive(bytes)} ${expression}\n`)}${more}`,
    expect,
  });
  const variable =
    '.section .bss.sized,"aw",@nobits\n.global sized\n.type sized, @object\n.size sized, 40\nsized: .space 40\n';
  const edges = [
    one('and as much as 32 bits hold', `sized@SIZE + ${2 ** 32 - 41}`, variable, { returns: 0xffff_ffff }),
    one('and as little as 32 bits hold', `sized@SIZE - ${2 ** 31 + 40}`, variable, { returns: 0x8000_0000 }),
    one('and one more', `sized@SIZE + ${2 ** 32 - 40}`, variable, tooFar),
    one('and one less', `sized@SIZE - ${2 ** 31 + 41}`, variable, tooFar),
  ];
  return [
    one('of a variable', 'sized@SIZE', variable, { returns: 40 }),
    one('of a variable, and an addend', 'sized@SIZE + 2', variable, { returns: 42 }),
    one('of a function', 'function@SIZE', `${code('function', give(5))}.size function, . - function\n`, { returns: 6 }),
    one('of what the firmware has', 'mp_type_str@SIZE', '', { refused: 'link/size-unknown' }),
    ...(relocation === 'R_X86_64_SIZE32' ? edges : []),
  ];
}

function nothing(relocation: string): Case {
  return {
    relocation,
    title: 'changes nothing',
    source: code('mpy_init', `.reloc ., ${relocation}, function\n${give(77)}`) + code('function', give(5)),
    expect: { returns: 77 },
  };
}

function x86(): Case[] {
  const w = writer(32);
  const { dialect } = w;
  const all = pointees(dialect);
  const { aFunction, aDatum, aVariable } = named(w);
  // ebx is a register of the caller's.
  const got = 'pushl %ebx\ncall 8f\n8: popl %ebx\naddl $_GLOBAL_OFFSET_TABLE_ + (. - 8b), %ebx\n';
  const leave = 'popl %ebx\n';
  const entry = (pointee: Pointee) =>
    caseOf(
      'R_386_GOT32X',
      `the entry of ${pointee.what}`,
      pointee,
      `${got}movl ${pointee.symbol}@GOT(%ebx), %eax\n${leave}${pointee.use}`,
    );
  const entryWord = (pointee: Pointee) =>
    caseOf(
      'R_386_GOT32',
      `the entry of ${pointee.what}`,
      pointee,
      `${got}${w.address('1f')}movl (%ecx), %eax\nmovl (%eax, %ebx), %eax\n${leave}${pointee.use}1: .long ${pointee.symbol}@GOT\n`,
    );
  const fromTable = `movl (%eax, %ebx), %eax\n${leave}`;
  const entryOperand = (title: string, instructions: string) =>
    caseOf('R_386_GOT32', title, aDatum, `${got}${instructions}${aDatum.use}`);
  const place = (bytes: string) => `.byte ${bytes}\n.reloc ., R_386_GOT32, datum\n.long 0\n`;
  const noBase = (title: string, bytes: string): Case => ({
    ...entryOperand(title, place(bytes)),
    expect: { refused: 'link/reloc-place' },
  });
  const offset = (pointee: Pointee) =>
    caseOf(
      'R_386_GOTOFF',
      `to ${pointee.what}`,
      pointee,
      `${got}leal ${pointee.symbol}@GOTOFF(%ebx), %eax\n${leave}${pointee.use}`,
    );
  const wrap = (addend: number): Case =>
    caseOf(
      'R_386_PC32',
      `with the addend 0x${addend.toString(16)}: wraps around`,
      aDatum,
      `${w.address('1f')}movl (%ecx), %eax\naddl %ecx, %eax\nsubl $${addend}, %eax\n${aDatum.use}1: .long datum - . + ${addend}\n`,
    );
  return [
    nothing('R_386_NONE'),
    lateEntry(dialect, 'R_386_NONE', 'int3', 1),
    ...addresses(w, 'R_386_32'),
    ...distances(w, 'R_386_PC32', 4),
    ...branches(w, 'R_386_PC32', ''),
    wrap(0x7fff_ffff),
    wrap(0x8000_0000),
    ...branches(w, 'R_386_PLT32', '@PLT'),
    ...all.map(entryWord),
    entryOperand(
      'in an addl to eax, whose opcode looks like an operand',
      `movl $0, %eax\n${place('0x05')}${fromTable}`,
    ),
    entryOperand('in a movl to a register', `${place('0xb8')}${fromTable}`),
    entryOperand('in an operand with a base register', `${place('0x8b, 0x83')}${leave}`),
    entryOperand('in an operand with base and index', `movl $0, %ecx\n${place('0x8b, 0x84, 0x0b')}${leave}`),
    noBase('in an operand without a base register', '0x8b, 0x0d'),
    noBase('in an operand without a base register, to eax', '0xa1'),
    noBase('in a call without a base register', '0xff, 0x15'),
    noBase('in an operand with an index alone', '0x8b, 0x04, 0x8d'),
    noBase('in an operand of MOVD without a base register', '0x66, 0x0f, 0x6e, 0x05'),
    entryOperand('in an addl behind BSWAP', `movl $0, %eax\nbswap %edx\n${place('0x05')}${fromTable}`),
    entryOperand('in an operand of MOVD', `${place('0x66, 0x0f, 0x6e, 0x83')}movd %xmm0, %eax\n${leave}`),
    ...all.map(entry),
    {
      ...entry(aFunction),
      title: 'without a base register',
      source: `${code('mpy_init', 'jmp *function@GOT\n')}${aFunction.more}`,
      expect: { refused: 'link/reloc-place' },
    },
    ...sizes(w, 'R_386_SIZE32', 4),
    ...[aFunction, aDatum].map(offset),
    { ...offset(aVariable), title: 'to a variable, which moves', refusedByCompat: 'link/static-bss' },
    { ...entry(aDatum), relocation: 'R_386_GOTPC', title: 'the table, added to a return address' },
    ...narrow(w, 'R_386_16', 2),
    ...reach(w, 'R_386_PC16', 2),
    ...narrow(w, 'R_386_8', 1),
    ...reach(w, 'R_386_PC8', 1),
  ];
}

function x64(): Case[] {
  const w = writer(64);
  const { dialect } = w;
  const all = pointees(dialect);
  const { aFunction, aDatum, aVariable } = named(w);
  const through =
    (relocation: string, title: (pointee: Pointee) => string, body: (symbol: string) => string) => (pointee: Pointee) =>
      caseOf(relocation, title(pointee), pointee, `${body(pointee.symbol).replace('USE', pointee.use)}`);
  const entryOf = (pointee: Pointee) => `the entry of ${pointee.what}`;
  // The table's own address to rdx.
  const got = 'leaq 7f(%rip), %rdx\naddq 7f(%rip), %rdx\n';
  const gotWord = '.balign 8\n7: .quad _GLOBAL_OFFSET_TABLE_ - .\n';
  const fromGot = (bytes: 4 | 8, suffix: string) => (symbol: string) =>
    `${got}${w.address('1f')}${w.fetch(bytes)}movq (%rax, %rdx), %rax\nUSE${gotWord}1: ${w.directive(bytes)} ${symbol}@${suffix}\n`;
  const ownPlace = (bytes: 4 | 8) => (symbol: string) =>
    `${w.address('1f')}${w.fetch(bytes)}movq (%rax, %rcx), %rax\nUSE1: ${w.directive(bytes)} ${symbol}@GOTPCREL\n`;
  const offset = (relocation: string, suffix: string) => (pointee: Pointee) =>
    caseOf(
      relocation,
      `to ${pointee.what}`,
      pointee,
      `${got}movq 1f(%rip), %rax\naddq %rdx, %rax\n${pointee.use}${gotWord}1: .quad ${pointee.symbol}@${suffix}\n`,
    );
  const gotBy = (relocation: string, bytes: 4 | 8) =>
    caseOf(
      relocation,
      'the table itself',
      aDatum,
      `${w.address('1f')}${w.fetch(bytes)}addq %rcx, %rax\naddq 2f(%rip), %rax\nmovq (%rax), %rax\n${aDatum.use}1: ${w.directive(bytes)} _GLOBAL_OFFSET_TABLE_ - .\n.balign 8\n2: .quad datum@GOT\n`,
    );
  // The field's value is the distance from the field, 0x1000 by layout, plus the addend.
  const limit = (addend: number, expect: Case['expect']): Case => ({
    relocation: 'R_X86_64_PC32',
    title: `holding ${0x1000 + addend}`,
    source: `${code(
      'mpy_init',
      `leaq number(%rip), %rcx\nmovslq (%rcx), %rax\naddq %rcx, %rax\nmovabsq $${addend}, %rcx\nsubq %rcx, %rax\n${dialect.load}`,
    )}.section .text.number,"ax"\n.balign 8\nnumber: .long datum - . + ${addend}\n.space 0xffc, 0xcc\n.section .rodata.datum,"a"\ndatum: .long 0x7654321\n`.replace(
      'leaq number(%rip)',
      '.global number, datum\nleaq number(%rip)',
    ),
    expect,
  });
  const right = { returns: 0x7654321 } as const;
  return [
    nothing('R_X86_64_NONE'),
    lateEntry(dialect, 'R_X86_64_NONE', 'int3', 1),
    ...addresses(w, 'R_X86_64_64'),
    ...distances(w, 'R_X86_64_PC32', 4),
    ...branches(w, 'R_X86_64_PC32', ''),
    limit(2 ** 31 - 1 - 0x1000, right),
    limit(-(2 ** 31) - 0x1000, right),
    limit(2 ** 31 - 0x1000, tooFar),
    limit(-(2 ** 31) - 0x1001, tooFar),
    ...branches(w, 'R_X86_64_PLT32', '@PLT'),
    ...all.map(through('R_X86_64_GOT32', entryOf, fromGot(4, 'GOT'))),
    ...all.map(through('R_X86_64_GOT64', entryOf, fromGot(8, 'GOT'))),
    ...all
      .map(through('R_X86_64_GOTPLT64', entryOf, fromGot(8, 'GOT')))
      .map((each) => ({ ...each, retype: [{ from: 27, to: 30 }] })),
    ...all.map(through('R_X86_64_GOTPCREL', entryOf, ownPlace(4))),
    ...all.map(through('R_X86_64_GOTPCREL64', entryOf, ownPlace(8))),
    ...all.map(through('R_X86_64_REX_GOTPCRELX', entryOf, (symbol) => `movq ${symbol}@GOTPCREL(%rip), %rax\nUSE`)),
    // For prefixes that no assembler here knows: the field is the same.
    ...[43, 46, 49].flatMap((to, index) =>
      all
        .map(
          through(
            `R_X86_64_CODE_${index + 4}_GOTPCRELX`,
            entryOf,
            (symbol) => `movq ${symbol}@GOTPCREL(%rip), %rax\nUSE`,
          ),
        )
        .map((each) => ({ ...each, retype: [{ from: 42, to }] })),
    ),
    ...sizes(w, 'R_X86_64_SIZE32', 4),
    ...sizes(w, 'R_X86_64_SIZE64', 8),
    caseOf(
      'R_X86_64_GOTPCRELX',
      'calls a function',
      aFunction,
      'subq $8, %rsp\ncall *function@GOTPCREL(%rip)\naddq $8, %rsp\nret\n',
    ),
    caseOf('R_X86_64_GOTPCRELX', 'jumps to a function', aFunction, 'jmp *function@GOTPCREL(%rip)\n'),
    ...reach(w, 'R_X86_64_PC16', 2),
    ...reach(w, 'R_X86_64_PC8', 1),
    ...distances(w, 'R_X86_64_PC64', 8),
    ...[aFunction, aDatum].map(offset('R_X86_64_GOTOFF64', 'GOTOFF')),
    {
      ...offset('R_X86_64_GOTOFF64', 'GOTOFF')(aVariable),
      title: 'to a variable, which moves',
      refusedByCompat: 'link/static-bss',
    },
    offset('R_X86_64_PLTOFF64', 'PLTOFF')(aFunction),
    gotBy('R_X86_64_GOTPC32', 4),
    gotBy('R_X86_64_GOTPC64', 8),
  ];
}

export const x86Cases: readonly Case[] = x86();
export const x64Cases: readonly Case[] = x64();
