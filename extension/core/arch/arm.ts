// ARM Thumb: Cortex-M0 (armv6m), M3 (armv7m), M4F (armv7emsp), M7 (armv7emdp).
// Specification: ELF for the Arm Architecture (AAELF32), https://github.com/ARM-software/abi-aa/blob/main/aaelf32/aaelf32.rst
// and the instruction encodings of the Armv7-M Architecture Reference Manual, A7.7.

import { machines } from '../elf/constants.ts';
import type { Architecture, Field, MemoryCall, RelocationTable } from './architecture.ts';
import { distance32, signExtend, signed, word8, word16, word32 } from './fields.ts';

// In branches bit 0 of S (a Thumb function's symbol value is odd) carries no distance: fields drop it and ask for no alignment.

/** B.W (T4) and BL (T1): two halfwords S:imm10 and J1:J2:imm11, with I = NOT(J XOR S). */
const thumbBranch24: Field = {
  name: 'Thumb branch',
  bytes: 4,
  range: signed(25),
  align: 1,
  read(view, at) {
    const high = view.getUint16(at, true);
    const low = view.getUint16(at + 2, true);
    const s = (high >> 10) & 1;
    const i1 = ~((low >> 13) ^ s) & 1;
    const i2 = ~((low >> 11) ^ s) & 1;
    return signExtend((s << 24) | (i1 << 23) | (i2 << 22) | ((high & 0x3ff) << 12) | ((low & 0x7ff) << 1), 25);
  },
  write(view, at, value) {
    const s = (value >> 24) & 1;
    const j1 = ~((value >> 23) ^ s) & 1;
    const j2 = ~((value >> 22) ^ s) & 1;
    view.setUint16(at, (view.getUint16(at, true) & 0xf800) | (s << 10) | ((value >> 12) & 0x3ff), true);
    view.setUint16(
      at + 2,
      (view.getUint16(at + 2, true) & 0xd000) | (j1 << 13) | (j2 << 11) | ((value >> 1) & 0x7ff),
      true,
    );
  },
};

/** B<c>.W (T3): S:imm6 and J1:J2:imm11. */
const thumbBranch20: Field = {
  name: 'conditional Thumb branch',
  bytes: 4,
  range: signed(21),
  align: 1,
  read(view, at) {
    const high = view.getUint16(at, true);
    const low = view.getUint16(at + 2, true);
    const bits =
      (((high >> 10) & 1) << 20) |
      (((low >> 11) & 1) << 19) |
      (((low >> 13) & 1) << 18) |
      ((high & 0x3f) << 12) |
      ((low & 0x7ff) << 1);
    return signExtend(bits, 21);
  },
  write(view, at, value) {
    view.setUint16(
      at,
      (view.getUint16(at, true) & 0xfbc0) | (((value >> 20) & 1) << 10) | ((value >> 12) & 0x3f),
      true,
    );
    const low =
      (view.getUint16(at + 2, true) & 0xd000) |
      (((value >> 18) & 1) << 13) |
      (((value >> 19) & 1) << 11) |
      ((value >> 1) & 0x7ff);
    view.setUint16(at + 2, low, true);
  },
};

/** B (T2, 11 bits) and B<c> (T1, 8 bits), one halfword. */
const thumbShortBranch = (name: string, bits: number): Field => ({
  name,
  bytes: 2,
  range: signed(bits + 1),
  align: 1,
  read: (view, at) => signExtend(view.getUint16(at, true) << 1, bits + 1),
  write(view, at, value) {
    const mask = (1 << bits) - 1;
    view.setUint16(at, (view.getUint16(at, true) & ~mask) | ((value >> 1) & mask), true);
  },
});

/** CBZ and CBNZ (T1), forwards only: i:imm5, of halfwords. */
const compareBranch: Field = {
  name: 'compare and branch',
  bytes: 2,
  range: [0, 0x7f],
  align: 1,
  read(view, at) {
    const bits = view.getUint16(at, true);
    // The largest stands for the -4 that pc is ahead.
    return ((((((bits >> 9) & 1) << 6) | (((bits >> 3) & 0x1f) << 1)) + 4) % 0x80) - 4;
  },
  write(view, at, value) {
    const bits = (((value >> 6) & 1) << 9) | (((value >> 1) & 0x1f) << 3);
    view.setUint16(at, (view.getUint16(at, true) & 0xfd07) | bits, true);
  },
};

/** What pc reads as in loads and ADR, less 4: rounded down. */
const alignedPlace = (place: number) => place & ~3;

/** LDR (literal, T1) and ADR (T1), forwards only: imm8, of words. */
const shortLiteral: Field = {
  name: 'short literal load',
  bytes: 2,
  range: [0, 0x3fc],
  align: 4,
  origin: alignedPlace,
  // The largest stands for the -4 that pc is ahead.
  read: (view, at) => (((view.getUint8(at) << 2) + 4) & 0x3ff) - 4,
  write: (view, at, value) => view.setUint8(at, value >> 2),
};

/** LDR (literal, T2): imm12, added if U is set. */
const longLiteral: Field = {
  name: 'literal load',
  bytes: 4,
  range: [-0xfff, 0xfff],
  align: 1,
  origin: alignedPlace,
  read(view, at) {
    const size = view.getUint16(at + 2, true) & 0xfff;
    return view.getUint16(at, true) & 0x80 ? size : -size;
  },
  write(view, at, value) {
    view.setUint16(at, (view.getUint16(at, true) & 0xff7f) | (value < 0 ? 0 : 0x80), true);
    view.setUint16(at + 2, (view.getUint16(at + 2, true) & 0xf000) | Math.abs(value), true);
  },
};

/** ADR (T3 adds, T2 subtracts): i:imm3:imm8. */
const longAddress: Field = {
  name: 'ADR',
  bytes: 4,
  range: [-0xfff, 0xfff],
  align: 1,
  origin: alignedPlace,
  read(view, at) {
    const high = view.getUint16(at, true);
    const low = view.getUint16(at + 2, true);
    const size = (((high >> 10) & 1) << 11) | (((low >> 12) & 7) << 8) | (low & 0xff);
    return high & 0xa0 ? -size : size;
  },
  write(view, at, value) {
    const size = Math.abs(value);
    const high = (view.getUint16(at, true) & 0xfb5f) | (value < 0 ? 0xa0 : 0) | ((size >> 11) << 10);
    view.setUint16(at, high, true);
    view.setUint16(at + 2, (view.getUint16(at + 2, true) & 0x8f00) | (((size >> 8) & 7) << 12) | (size & 0xff), true);
  },
};

/** MOVW and MOVT (T3, T1): imm4:i:imm3:imm8. `shift` picks the half of the value. */
const thumbMove = (name: string, shift: 0 | 16): Field => ({
  name,
  bytes: 4,
  range: distance32.range,
  align: 1,
  read(view, at) {
    const high = view.getUint16(at, true);
    const low = view.getUint16(at + 2, true);
    return signExtend(((high & 0xf) << 12) | (((high >> 10) & 1) << 11) | (((low >> 12) & 7) << 8) | (low & 0xff), 16);
  },
  write(view, at, value) {
    const half = (value >> shift) & 0xffff;
    view.setUint16(at, (view.getUint16(at, true) & 0xfbf0) | (half >> 12) | (((half >> 11) & 1) << 10), true);
    view.setUint16(at + 2, (view.getUint16(at + 2, true) & 0x8f00) | (((half >> 8) & 7) << 12) | (half & 0xff), true);
  },
});

/** An address kept in bits 0..30 of a word (exception tables). */
const prel31: Field = {
  name: '31-bit distance',
  bytes: 4,
  range: signed(31),
  align: 1,
  read: (view, at) => signExtend(view.getUint32(at, true), 31),
  write: (view, at, value) =>
    view.setUint32(at, ((view.getUint32(at, true) & 0x8000_0000) | (value & 0x7fff_ffff)) >>> 0, true),
};

const absoluteMove = 'puts an absolute address into an instruction, which the loader cannot relocate';
const staticBase = 'counts from a static base (-frwpi, -msingle-pic-base), which the loader does not set up';
const threadLocal = 'thread-local storage: the loader gives a module none';
const usePic = 'Compile with -fpic (assembler: use a literal or a GOT access).';
const useGlobal = 'Use an ordinary global variable.';
const a32 = { why: 'is of ARM (A32) code, which no Cortex-M executes', mend: 'Compile with -mthumb.' } as const;
const dynamic = {
  why: 'belongs into an executable or a shared library, not into an object',
  mend: 'Pass the objects that the compiler made with -c.',
} as const;

const relocations: RelocationTable = {
  0: { name: 'R_ARM_NONE', formula: 'none' },
  2: { name: 'R_ARM_ABS32', formula: 'S + A', field: word32 },
  3: { name: 'R_ARM_REL32', formula: 'S + A - P', field: distance32 },
  1: { name: 'R_ARM_PC24', ...a32 },
  4: { name: 'R_ARM_LDR_PC_G0', ...a32 },
  5: { name: 'R_ARM_ABS16', formula: 'S + A', field: word16 },
  6: { name: 'R_ARM_ABS12', ...a32 },
  8: { name: 'R_ARM_ABS8', formula: 'S + A', field: word8 },
  9: { name: 'R_ARM_SBREL32', why: staticBase, mend: usePic },
  10: { name: 'R_ARM_THM_CALL', formula: 'S + A - P', field: thumbBranch24 },
  11: { name: 'R_ARM_THM_PC8', formula: 'S + A - P', field: shortLiteral },
  13: { name: 'R_ARM_TLS_DESC', why: threadLocal, mend: useGlobal },
  17: { name: 'R_ARM_TLS_DTPMOD32', why: threadLocal, mend: useGlobal },
  18: { name: 'R_ARM_TLS_DTPOFF32', why: threadLocal, mend: useGlobal },
  19: { name: 'R_ARM_TLS_TPOFF32', why: threadLocal, mend: useGlobal },
  20: { name: 'R_ARM_COPY', ...dynamic },
  21: { name: 'R_ARM_GLOB_DAT', ...dynamic },
  22: { name: 'R_ARM_JUMP_SLOT', ...dynamic },
  23: { name: 'R_ARM_RELATIVE', ...dynamic },
  24: { name: 'R_ARM_GOTOFF32', formula: 'S + A - GOT', field: distance32 },
  25: { name: 'R_ARM_BASE_PREL', formula: 'GOT + A - P', field: distance32 },
  26: { name: 'R_ARM_GOT_BREL', formula: 'G + A', field: distance32 },
  27: { name: 'R_ARM_PLT32', ...a32 },
  28: { name: 'R_ARM_CALL', ...a32 },
  29: { name: 'R_ARM_JUMP24', ...a32 },
  30: { name: 'R_ARM_THM_JUMP24', formula: 'S + A - P', field: thumbBranch24 },
  38: { name: 'R_ARM_TARGET1', formula: 'S + A', field: word32 },
  40: { name: 'R_ARM_V4BX', formula: 'none' },
  41: {
    name: 'R_ARM_TARGET2',
    why: 'is of C++ exception tables, whose meaning each platform chooses; a native module has no exceptions',
    mend: 'Compile with -fno-exceptions.',
  },
  42: { name: 'R_ARM_PREL31', formula: 'S + A - P', field: prel31 },
  43: { name: 'R_ARM_MOVW_ABS_NC', why: absoluteMove, mend: usePic },
  44: { name: 'R_ARM_MOVT_ABS', why: absoluteMove, mend: usePic },
  47: { name: 'R_ARM_THM_MOVW_ABS_NC', why: absoluteMove, mend: usePic },
  48: { name: 'R_ARM_THM_MOVT_ABS', why: absoluteMove, mend: usePic },
  49: { name: 'R_ARM_THM_MOVW_PREL_NC', formula: 'S + A - P', field: thumbMove('MOVW immediate', 0) },
  50: { name: 'R_ARM_THM_MOVT_PREL', formula: 'S + A - P', field: thumbMove('MOVT immediate', 16) },
  51: { name: 'R_ARM_THM_JUMP19', formula: 'S + A - P', field: thumbBranch20 },
  52: { name: 'R_ARM_THM_JUMP6', formula: 'S + A - P', field: compareBranch },
  53: { name: 'R_ARM_THM_ALU_PREL_11_0', formula: 'S + A - P', field: longAddress },
  54: { name: 'R_ARM_THM_PC12', formula: 'S + A - P', field: longLiteral },
  84: { name: 'R_ARM_THM_MOVW_BREL_NC', why: staticBase, mend: usePic },
  85: { name: 'R_ARM_THM_MOVT_BREL', why: staticBase, mend: usePic },
  86: { name: 'R_ARM_THM_MOVW_BREL', why: staticBase, mend: usePic },
  90: { name: 'R_ARM_TLS_GOTDESC', why: threadLocal, mend: useGlobal },
  91: { name: 'R_ARM_TLS_CALL', why: threadLocal, mend: useGlobal },
  92: { name: 'R_ARM_TLS_DESCSEQ', why: threadLocal, mend: useGlobal },
  93: { name: 'R_ARM_THM_TLS_CALL', why: threadLocal, mend: useGlobal },
  95: { name: 'R_ARM_GOT_ABS', why: 'holds an absolute address of the global offset table', mend: usePic },
  96: { name: 'R_ARM_GOT_PREL', formula: 'G + GOT + A - P', field: distance32 },
  102: { name: 'R_ARM_THM_JUMP11', formula: 'S + A - P', field: thumbShortBranch('short Thumb branch', 11) },
  103: { name: 'R_ARM_THM_JUMP8', formula: 'S + A - P', field: thumbShortBranch('short conditional Thumb branch', 8) },
  104: { name: 'R_ARM_TLS_GD32', why: threadLocal, mend: useGlobal },
  105: { name: 'R_ARM_TLS_LDM32', why: threadLocal, mend: useGlobal },
  106: { name: 'R_ARM_TLS_LDO32', why: threadLocal, mend: useGlobal },
  107: { name: 'R_ARM_TLS_IE32', why: threadLocal, mend: useGlobal },
  108: { name: 'R_ARM_TLS_LE32', why: threadLocal, mend: useGlobal },
  129: { name: 'R_ARM_THM_TLS_DESCSEQ16', why: threadLocal, mend: useGlobal },
  130: { name: 'R_ARM_THM_TLS_DESCSEQ32', why: threadLocal, mend: useGlobal },
  132: { name: 'R_ARM_THM_ALU_ABS_G0_NC', why: absoluteMove, mend: usePic },
  133: { name: 'R_ARM_THM_ALU_ABS_G1_NC', why: absoluteMove, mend: usePic },
  134: { name: 'R_ARM_THM_ALU_ABS_G2_NC', why: absoluteMove, mend: usePic },
  135: { name: 'R_ARM_THM_ALU_ABS_G3', why: absoluteMove, mend: usePic },
};

/** B (T2): reaches 2 KiB. */
function shortJump(target: number): Uint8Array | undefined {
  const distance = (target & ~1) - 4;
  return distance < -0x800 || distance > 0x7fe ? undefined : halfwords(0xe000 | ((distance >> 1) & 0x7ff));
}

/** Armv6-M has no long B: push {r0, lr}; bl target; pop {r0, pc}. The first push keeps r0, mpy_init's argument. */
function longJumpV6(target: number): Uint8Array | undefined {
  const distance = (target & ~1) - 6;
  return distance < -0x40_0000 || distance > 0x3f_fffe
    ? undefined
    : halfwords(0xb501, 0xf000 | ((distance >> 12) & 0x7ff), 0xf800 | ((distance >> 1) & 0x7ff), 0xbd01);
}

/** B.W (T4), within the 4 MiB where both J bits are set. */
function longJumpV7(target: number): Uint8Array | undefined {
  const distance = (target & ~1) - 4;
  return distance < -0x40_0000 || distance > 0x3f_fffe
    ? undefined
    : halfwords(0xf000 | ((distance >> 12) & 0x7ff), 0xb800 | ((distance >> 1) & 0x7ff));
}

function halfwords(...values: number[]): Uint8Array {
  return Uint8Array.from(values.flatMap((value) => [value & 0xff, value >> 8]));
}

function paddedTo(size: number, code: Uint8Array | undefined): Uint8Array | undefined {
  if (!code) return undefined;
  const padded = new Uint8Array(size);
  padded.set(code);
  return padded;
}

// ldr r3, [pc, #0]; bx r3; the word. r3 is free: memset and memmove take three arguments.
const tableJump = { code: halfwords(0x4b00, 0x4718, 0, 0), word: 4 };

// RTABI32, 4.3.4: __aeabi_memset takes (to, count, value) and __aeabi_memclr (to, count). The variants with a number promise
// alignment. None returns anything.
const memoryJumps: readonly (readonly [name: string, call: MemoryCall])[] = [
  // mov r3, r1; mov r1, r2; mov r2, r3; ldr r3, [pc, #4]; bx r3; a nop; the word
  [
    'memset',
    {
      field: 'memset_',
      entry: 1,
      jump: { code: halfwords(0x460b, 0x4611, 0x461a, 0x4b01, 0x4718, 0x46c0, 0, 0), word: 12 },
    },
  ],
  // mov r2, r1; movs r1, #0; ldr r3, [pc, #0]; bx r3; the word
  ['memclr', { field: 'memset_', entry: 1, jump: { code: halfwords(0x460a, 0x2100, 0x4b00, 0x4718, 0, 0), word: 8 } }],
  ['memcpy', { field: 'memmove_', entry: 1, jump: tableJump }],
  ['memmove', { field: 'memmove_', entry: 1, jump: tableJump }],
];
const memoryCalls = new Map(
  memoryJumps.flatMap(([name, call]) => ['', '4', '8'].map((suffix) => [`__aeabi_${name}${suffix}`, call] as const)),
);

/** Its addend makes up for the place that the processor counts from. */
const branchAndLink = { code: [0xff, 0xf7, 0xfe, 0xff], place: 0, type: 10, addend: undefined };

function row(
  name: Architecture['name'],
  longJump: (target: number) => Uint8Array | undefined,
  longest: number,
): Architecture {
  const entryJump = (target: number) => shortJump(target) ?? longJump(target);
  return {
    name,
    elfClass: 32,
    machine: machines.arm,
    wordSize: 4,
    oddFunctions: true,
    relocations,
    separateRodata: false,
    variablesInText: 'collected',
    callTypes: [10, 30, 51, 102, 103],
    keepsBlock: true,
    entryJump,
    tableJump,
    memoryCalls,
    // udf #0
    trap: halfwords(0xde00),
    starter: {
      // push {r4, lr}; push {r0-r3}; the calls; pop {r0-r3}; bl mpy_init; pop {r4, pc}: Armv6-M can't pop lr.
      before: [0x10, 0xb5, 0x0f, 0xb4],
      call: branchAndLink,
      between: [0x0f, 0xbc],
      jump: branchAndLink,
      after: [0x10, 0xbd],
      align: 2,
    },
    reference: {
      fixedEntryJump: (target) => paddedTo(longest, entryJump(target)),
      gotRelocations: [26, 96],
      idleStubs: true,
    },
  };
}

export const armArchitectures = [
  row('armv6m', longJumpV6, 8),
  row('armv7m', longJumpV7, 4),
  row('armv7emsp', longJumpV7, 4),
  row('armv7emdp', longJumpV7, 4),
] as const;
