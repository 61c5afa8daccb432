// x86, 32 bit.
// Specification: System V ABI, Intel386 Architecture Processor Supplement, https://gitlab.com/x86-psABIs/i386-ABI

import { machines } from '../elf/constants.ts';
import type { Architecture, Direct, FieldChoice, RelocationTable } from './architecture.ts';
import { distance32, word8, word16, word32 } from './fields.ts';

const threadLocal = {
  why: 'thread-local storage: the loader gives a module none',
  mend: 'Use an ordinary global variable.',
} as const;

/** Without a base register the operand is the absolute address of the entry, which the loader cannot put into code. */
const withBase = (hasBase: (view: DataView, at: number) => boolean): FieldChoice => ({
  name: 'an operand with a base register',
  bytes: 4,
  mend: 'Compile with -fpic.',
  choose: (view, at) => (hasBase(view, at) ? distance32 : undefined),
});

/** Mod 0 and r/m 5 are an address alone; so is mod 0 and r/m 4 with a SIB byte whose base is 5, but for an index. */
const isAlone = (modRm: number) => (modRm & 0xc7) === 0x05;
const isAloneWithIndex = (modRm: number, sib: number) => (modRm & 0xc7) === 0x04 && (sib & 7) === 5;

/** Of the `bytes` before a place, with zeros before the section. */
const before = (view: DataView, at: number, bytes: number) =>
  Array.from({ length: bytes }, (_, index) => (at < bytes - index ? 0 : view.getUint8(at - bytes + index)));

/** Assemblers use GOT32X only where the byte before is a ModRM or a SIB byte. */
const operandWithBase = withBase((view, at) => {
  const [first, last] = before(view, at, 2);
  return !isAlone(last) && !isAloneWithIndex(first, last);
});

/** Opcodes with a ModRM byte that takes an address to read, write, or go to. */
const opcodesWithOperand = new Set([
  ...[0x01, 0x03, 0x09, 0x0b, 0x11, 0x13, 0x19, 0x1b, 0x21, 0x23, 0x29, 0x2b, 0x31, 0x33, 0x39, 0x3b],
  ...[0x69, 0x81, 0x83, 0x85, 0x87, 0x89, 0x8b, 0x8d, 0xaf, 0xc7, 0xf7, 0xff],
]);

/** Of the opcodes behind 0F those that take no operand in memory: SYSCALL, UD2, RDTSC, EMMS, CPUID, BSWAP and jumps. */
const isWithoutOperand = (opcode: number) =>
  [0x05, 0x0b, 0x31, 0x77, 0xa2].includes(opcode) || opcode >> 4 === 8 || (opcode >= 0xc8 && opcode <= 0xcf);

/**
 * GOT32 is in data and in immediate operands, too: the short forms of ADD, OR, ADC, SBB, AND, SUB, XOR and CMP have opcodes
 * that look like such a ModRM byte, so that the bytes before decide. A0 to A3 are MOV with an address alone.
 */
const wordOrOperandWithBase = withBase((view, at) => {
  const [prefix, first, last] = before(view, at, 3);
  if (opcodesWithOperand.has(first) || (prefix === 0x0f && !isWithoutOperand(first))) return !isAlone(last);
  if (opcodesWithOperand.has(prefix) && isAloneWithIndex(first, last)) return false;
  return last < 0xa0 || last > 0xa3;
});

const dynamic = {
  why: 'belongs into an executable or a shared library, not into an object',
  mend: 'Pass the objects that the compiler made with -c.',
} as const;

/** MOV of the address becomes LEA; CALL and JMP through the table go straight, filled up to the old length. */
function direct(view: DataView, at: number): Direct | undefined {
  const opcode = at >= 2 ? view.getUint8(at - 2) : 0;
  const operand = at >= 2 ? view.getUint8(at - 1) : 0;
  // Addends lie in the code: what the table's word was counted with must be none.
  if (at + 4 > view.byteLength || view.getInt32(at, true) !== 0 || operand >> 6 !== 2) return undefined;
  if (opcode === 0x8b) return { type: 9, edit: (into) => into.setUint8(at - 2, 0x8d) };
  if (opcode !== 0xff) return undefined;
  const isCall = ((operand >> 3) & 7) === 2;
  if (!isCall && ((operand >> 3) & 7) !== 4) return undefined;
  return {
    type: 2,
    shift: isCall ? 0 : -1,
    edit(into) {
      if (isCall) into.setUint16(at - 2, 0xe867, true);
      else into.setUint8(at - 2, 0xe9);
      into.setInt32(isCall ? at : at - 1, -4, true);
      if (!isCall) into.setUint8(at + 3, 0x90);
    },
  };
}

const relocations: RelocationTable = {
  0: { name: 'R_386_NONE', formula: 'none' },
  1: { name: 'R_386_32', formula: 'S + A', field: word32 },
  2: { name: 'R_386_PC32', formula: 'S + A - P', field: distance32 },
  3: { name: 'R_386_GOT32', formula: 'G + A', field: wordOrOperandWithBase },
  4: { name: 'R_386_PLT32', formula: 'S + A - P', field: distance32 },
  5: { name: 'R_386_COPY', ...dynamic },
  6: { name: 'R_386_GLOB_DAT', ...dynamic },
  7: { name: 'R_386_JMP_SLOT', ...dynamic },
  8: { name: 'R_386_RELATIVE', ...dynamic },
  9: { name: 'R_386_GOTOFF', formula: 'S + A - GOT', field: distance32 },
  10: { name: 'R_386_GOTPC', formula: 'GOT + A - P', field: distance32 },
  14: { name: 'R_386_TLS_TPOFF', ...threadLocal },
  15: { name: 'R_386_TLS_IE', ...threadLocal },
  16: { name: 'R_386_TLS_GOTIE', ...threadLocal },
  17: { name: 'R_386_TLS_LE', ...threadLocal },
  18: { name: 'R_386_TLS_GD', ...threadLocal },
  19: { name: 'R_386_TLS_LDM', ...threadLocal },
  20: { name: 'R_386_16', formula: 'S + A', field: word16 },
  21: { name: 'R_386_PC16', formula: 'S + A - P', field: { ...word16, range: [-0x8000, 0x7fff] } },
  22: { name: 'R_386_8', formula: 'S + A', field: word8 },
  23: { name: 'R_386_PC8', formula: 'S + A - P', field: { ...word8, range: [-0x80, 0x7f] } },
  32: { name: 'R_386_TLS_LDO_32', ...threadLocal },
  38: { name: 'R_386_SIZE32', formula: 'Z + A', field: word32 },
  39: { name: 'R_386_TLS_GOTDESC', ...threadLocal },
  40: { name: 'R_386_TLS_DESC_CALL', ...threadLocal },
  41: { name: 'R_386_TLS_DESC', ...threadLocal },
  42: { name: 'R_386_IRELATIVE', ...dynamic },
  43: { name: 'R_386_GOT32X', formula: 'G + A', field: operandWithBase, direct },
};

/** CALL, JMP or a conditional jump with a distance of 32 bits, which begins at `at`. LEA of a function has such a distance, too. */
export function isBranch(view: DataView, at: number): boolean {
  const [first, last] = before(view, at, 2);
  if (last === 0xe8 || last === 0xe9) return !takesImmediate.has(first);
  return first === 0x0f && last >> 4 === 8;
}

/** Opcodes behind which a byte like that of CALL or JMP says what they do with a number. */
const takesImmediate = new Set([0x69, 0x81]);

/** jmp rel8, else jmp rel32. */
export function jump(target: number): Uint8Array | undefined {
  const short = target - 2;
  return short >= -0x80 && short <= 0x7f ? Uint8Array.of(0xeb, short & 0xff) : nearJump(target);
}

/** jmp rel32 */
export function nearJump(target: number): Uint8Array | undefined {
  const distance = target - 5;
  if (distance < -0x8000_0000 || distance > 0x7fff_ffff) return undefined;
  const code = new Uint8Array(5);
  code[0] = 0xe9;
  new DataView(code.buffer).setInt32(1, distance, true);
  return code;
}

export const x86: Architecture = {
  name: 'x86',
  elfClass: 32,
  machine: machines.x86,
  wordSize: 4,
  relocations,
  separateRodata: false,
  variablesInText: 'uncollected',
  // Without a register for its own place, code counts from itself in calls only.
  callTypes: [2, 4],
  isCall: isBranch,
  entryJump: jump,
  // nop x 3; mov eax, the word; jmp eax
  tableJump: { code: Uint8Array.of(0x90, 0x90, 0x90, 0xb8, 0, 0, 0, 0, 0xff, 0xe0), word: 4 },
  // ud2
  trap: Uint8Array.of(0x0f, 0x0b),
  starter: {
    // sub esp, 12 aligns the stack; arguments lie above
    before: [0x83, 0xec, 12],
    call: { code: [0xe8, 0xfc, 0xff, 0xff, 0xff], place: 1, type: 2, addend: undefined },
    between: [0x83, 0xc4, 12],
    jump: { code: [0xe9, 0xfc, 0xff, 0xff, 0xff], place: 1, type: 2, addend: undefined },
    after: [],
    align: 1,
  },
  versionsForAll: ['_ia32', '_c'],
  reference: { fixedEntryJump: nearJump, gotRelocations: [2, 3, 43], idleStubs: true },
};
