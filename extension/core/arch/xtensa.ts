// Xtensa: call0 (ESP8266's lx106, `xtensa`) and windowed (ESP32, `xtensawin`).
// Specification: the relocations are known from binutils alone, https://sourceware.org/git/?p=binutils-gdb.git (bfd/elf32-xtensa.c);
// the instruction formats from the Xtensa Instruction Set Architecture Reference Manual, chapter 7.

import { machines } from '../elf/constants.ts';
import type { Architecture, Field, FieldChoice, RelocationRow, RelocationTable, Starter } from './architecture.ts';
import { distance32, word32 } from './fields.ts';
import { rearranging } from './xtensa-code.ts';

/** RELA only: what the assembler left in the instruction is void. */
const noAddend = () => 0;

/** Sets the bits of a 24-bit instruction from `shift` up. */
function patch24(view: DataView, at: number, shift: number, value: number): void {
  const instruction = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  const patched = (instruction & ((1 << shift) - 1)) | (value << shift);
  view.setUint16(at, patched & 0xffff, true);
  view.setUint8(at + 2, (patched >> 16) & 0xff);
}

/** L32R: a word behind the instruction, in words from the next aligned place; 16 bits that are all below zero. */
const load: Field = {
  name: 'literal load',
  bytes: 3,
  range: [-0x4_0000, -4],
  align: 4,
  origin: (place) => Math.ceil(place / 4) * 4,
  loadsWord: true,
  read: noAddend,
  write: (view, at, value) => patch24(view, at, 8, value >> 2),
};

/** CALL0, CALL4, CALL8, CALL12: 18 bits of words from the aligned place behind. */
const call: Field = {
  name: 'call',
  bytes: 3,
  range: [-0x8_0000 + 4, 0x7_fffc + 4],
  align: 4,
  origin: (place) => Math.floor(place / 4) * 4,
  read: noAddend,
  write: (view, at, value) => patch24(view, at, 6, (value - 4) >> 2),
};

/** J and conditional branches count from four bytes behind the instruction's first, whatever its size. */
const branch = (name: string, min: number, max: number, shift: number): Field => ({
  name,
  bytes: 3,
  range: [min + 4, max + 4],
  align: 1,
  read: noAddend,
  write: (view, at, value) => patch24(view, at, shift, value - 4),
});

const jump = branch('jump', -0x2_0000, 0x1_ffff, 6);
const zeroBranch = branch('branch on zero', -0x800, 0x7ff, 12);
const shortBranch = branch('branch', -0x80, 0x7f, 16);
const loop = branch('loop', 0, 0xff, 16);

/** BEQZ.N, BNEZ.N: six bits, forwards only, in two pieces of a 16-bit instruction. */
const narrowBranch: Field = {
  name: 'narrow branch',
  bytes: 2,
  range: [4, 0x3f + 4],
  align: 1,
  read: noAddend,
  write(view, at, value) {
    const offset = value - 4;
    view.setUint16(at, (view.getUint16(at, true) & 0x0fcf) | (offset & 0x30) | ((offset & 0xf) << 12), true);
  },
};

/** The operand of the instruction in place that is an address. */
const slot0: FieldChoice = {
  name: 'a literal load, a call, a jump or a branch',
  bytes: 2,
  choose(view, at) {
    const first = view.getUint8(at);
    const n = (first >> 4) & 3;
    const m = first >> 6;
    switch (first & 0xf) {
      case 1:
        return load;
      case 5:
        return call;
      case 6:
        if (n === 0) return jump;
        if (n === 1) return zeroBranch;
        if (n === 2 || m >= 2) return shortBranch;
        return m === 1 ? booleanBranch(view.getUint8(at + 1) >> 4) : undefined;
      case 7:
        return shortBranch;
      case 12:
        return first & 0x80 ? narrowBranch : undefined;
      default:
        return undefined;
    }
  },
};

/** BF, BT and the loops share an opcode. */
const booleanBranch = (r: number): Field | undefined => (r <= 1 ? shortBranch : r >= 8 && r <= 10 ? loop : undefined);

const threadLocal = {
  why: 'thread-local storage: the loader gives a module none',
  mend: 'Use an ordinary global variable.',
} as const;
const dynamic = {
  why: 'belongs into an executable or a shared library, not into an object',
  mend: 'Pass the objects that the compiler made with -c.',
} as const;
const bundle = {
  why: 'is for instructions in bundles (FLIX), which neither lx106 nor ESP32 executes',
  mend: 'Compile for the core of the board.',
} as const;
const ancient = { why: 'was last made by tools of 2003', mend: 'Compile with a current toolchain.' } as const;

/** Facts for a linker that moves code: the assembler has written the difference already. */
const differences = (first: number, prefix: string): [number, RelocationRow][] =>
  ([1, 2, 4] as const).map((bytes, index) => [
    first + index,
    { name: `R_XTENSA_${prefix}DIFF${bytes * 8}`, formula: 'none', difference: bytes },
  ]);

const bundles: [number, RelocationRow][] = [
  ...Array.from({ length: 14 }, (_, slot): [number, RelocationRow] => [
    21 + slot,
    { name: `R_XTENSA_SLOT${slot + 1}_OP`, ...bundle },
  ]),
  ...Array.from({ length: 15 }, (_, slot): [number, RelocationRow] => [
    35 + slot,
    { name: `R_XTENSA_SLOT${slot}_ALT`, ...bundle },
  ]),
];

const relocations: RelocationTable = {
  0: { name: 'R_XTENSA_NONE', formula: 'none' },
  1: { name: 'R_XTENSA_32', formula: 'S + A', field: word32, addendInPlace: true },
  2: { name: 'R_XTENSA_RTLD', ...dynamic },
  3: { name: 'R_XTENSA_GLOB_DAT', ...dynamic },
  4: { name: 'R_XTENSA_JMP_SLOT', ...dynamic },
  5: { name: 'R_XTENSA_RELATIVE', ...dynamic },
  6: { name: 'R_XTENSA_PLT', formula: 'S + A', field: word32, addendInPlace: true },
  8: { name: 'R_XTENSA_OP0', ...ancient },
  9: { name: 'R_XTENSA_OP1', ...ancient },
  10: { name: 'R_XTENSA_OP2', ...ancient },
  11: { name: 'R_XTENSA_ASM_EXPAND', formula: 'none' },
  12: { name: 'R_XTENSA_ASM_SIMPLIFY', formula: 'none' },
  14: { name: 'R_XTENSA_32_PCREL', formula: 'S + A - P', field: distance32 },
  15: { name: 'R_XTENSA_GNU_VTINHERIT', formula: 'none' },
  16: { name: 'R_XTENSA_GNU_VTENTRY', formula: 'none' },
  20: { name: 'R_XTENSA_SLOT0_OP', formula: 'S + A - P', field: slot0 },
  50: { name: 'R_XTENSA_TLSDESC_FN', ...threadLocal },
  51: { name: 'R_XTENSA_TLSDESC_ARG', ...threadLocal },
  52: { name: 'R_XTENSA_TLS_DTPOFF', ...threadLocal },
  53: { name: 'R_XTENSA_TLS_TPOFF', ...threadLocal },
  54: { name: 'R_XTENSA_TLS_FUNC', ...threadLocal },
  55: { name: 'R_XTENSA_TLS_ARG', ...threadLocal },
  56: { name: 'R_XTENSA_TLS_CALL', ...threadLocal },
  ...Object.fromEntries([...differences(17, ''), ...differences(57, 'P'), ...differences(60, 'N'), ...bundles]),
};

/** J, from the start of text. */
function entryJump(target: number): Uint8Array | undefined {
  if (target < jump.range[0] || target > jump.range[1]) return undefined;
  const code = Uint8Array.of(0x06, 0, 0);
  jump.write(new DataView(code.buffer), 0, target);
  return code;
}

/** addi a1, a1, -32; a0 and the arguments to the stack; call0; and back; j */
const starter: Starter = {
  before: [0x12, 0xc1, 0xe0, ...[0, 2, 3, 4, 5].flatMap((register, index) => [(register << 4) | 9, (index << 4) | 1])],
  call: { code: [0x05, 0, 0], place: 0, type: 20, addend: 0 },
  between: [...[0, 2, 3, 4, 5].flatMap((register, index) => [(register << 4) | 8, (index << 4) | 1]), 0x12, 0xc1, 0x20],
  jump: { code: [0x06, 0, 0], place: 0, type: 20, addend: 0 },
  after: [],
  align: 4,
};

/** entry a1, 32; call8; mov.n a10, a2 and so on; call8; mov.n a2, a10; retw.n */
const windowedStarter: Starter = {
  before: [0x36, 0x41, 0],
  call: { code: [0x25, 0, 0], place: 0, type: 20, addend: 0 },
  between: [2, 3, 4, 5].flatMap((register) => [((register + 8) << 4) | 0xd, register]),
  jump: { code: [0x25, 0, 0], place: 0, type: 20, addend: 0 },
  after: [0x2d, 0x0a, 0x1d, 0xf0],
  align: 4,
};

const row = (name: Architecture['name'], separateRodata: boolean): Architecture => ({
  name,
  elfClass: 32,
  machine: machines.xtensa,
  wordSize: 4,
  relocations,
  separateRodata,
  // GNU's for each section of code; LLVM's assembler names them after other sections too.
  literalSections: /^\.literal(\.|$)|\.literal$/,
  callTypes: [20],
  rearranging: rearranging((view, at) => {
    const field = slot0.choose(view, at);
    return field && (field === loop ? 'loop' : 'distance');
  }, !separateRodata),
  entryJump,
  // The word; l32r a9, the word; jx a9. After call0 a9 is free, after call8 it is where the callee's ENTRY puts its stack pointer,
  // after call4 the callee's fourth argument, which memset and memmove lack; call12 passes fewer than they take.
  tableJump: { code: Uint8Array.of(0, 0, 0, 0, 0x91, 0xff, 0xff, 0xa0, 0x09, 0x00, 0, 0), word: 0, start: 4 },
  starter: separateRodata ? windowedStarter : starter,
  reference: { fixedEntryJump: entryJump, gotRelocations: [], idleStubs: false },
});

export const xtensaArchitectures = [row('xtensa', false), row('xtensawin', true)] as const;
