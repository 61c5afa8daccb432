// x86-64 (x64), small PIC code model.
// Specification: System V ABI, AMD64 Architecture Processor Supplement, https://gitlab.com/x86-psABIs/x86-64-ABI

import { machines } from '../elf/constants.ts';
import type { Architecture, Direct, RelocationTable } from './architecture.ts';
import { distance32, word8, word16, word32, word64 } from './fields.ts';
import { isBranch, jump, nearJump } from './x86.ts';

const threadLocal = {
  why: 'thread-local storage: the loader gives a module none',
  mend: 'Use an ordinary global variable.',
} as const;
const narrow = {
  why: 'keeps an absolute address in fewer than 64 bits, which the loader cannot relocate',
  mend: 'Compile with -fpic.',
} as const;

const dynamic = {
  why: 'belongs into an executable or a shared library, not into an object',
  mend: 'Pass the objects that the compiler made with -c.',
} as const;

/** MOV of the address becomes LEA; CALL and JMP through the table go straight, filled up to the old length. */
function direct(view: DataView, at: number, addend: number): Direct | undefined {
  // With any other addend a part of the table's word is meant, or the word beside it.
  if (addend !== -4) return undefined;
  const opcode = at >= 2 ? view.getUint8(at - 2) : 0;
  const operand = at >= 2 ? view.getUint8(at - 1) : 0;
  if (opcode === 0x8b && (operand & 0xc7) === 0x05) return { type: 2, edit: (into) => into.setUint8(at - 2, 0x8d) };
  if (opcode === 0xff && operand === 0x15) return { type: 4, edit: (into) => into.setUint16(at - 2, 0xe867, true) };
  if (opcode !== 0xff || operand !== 0x25) return undefined;
  return {
    type: 4,
    shift: -1,
    edit(into) {
      into.setUint8(at - 2, 0xe9);
      into.setUint8(at + 3, 0x90);
    },
  };
}

const relocations: RelocationTable = {
  0: { name: 'R_X86_64_NONE', formula: 'none' },
  1: { name: 'R_X86_64_64', formula: 'S + A', field: word64 },
  2: { name: 'R_X86_64_PC32', formula: 'S + A - P', field: distance32 },
  3: { name: 'R_X86_64_GOT32', formula: 'G + A', field: distance32 },
  4: { name: 'R_X86_64_PLT32', formula: 'S + A - P', field: distance32 },
  5: { name: 'R_X86_64_COPY', ...dynamic },
  6: { name: 'R_X86_64_GLOB_DAT', ...dynamic },
  7: { name: 'R_X86_64_JUMP_SLOT', ...dynamic },
  8: { name: 'R_X86_64_RELATIVE', ...dynamic },
  9: { name: 'R_X86_64_GOTPCREL', formula: 'G + GOT + A - P', field: distance32 },
  10: { name: 'R_X86_64_32', ...narrow },
  11: { name: 'R_X86_64_32S', ...narrow },
  12: { name: 'R_X86_64_16', ...narrow },
  13: { name: 'R_X86_64_PC16', formula: 'S + A - P', field: { ...word16, range: [-0x8000, 0x7fff] } },
  14: { name: 'R_X86_64_8', ...narrow },
  15: { name: 'R_X86_64_PC8', formula: 'S + A - P', field: { ...word8, range: [-0x80, 0x7f] } },
  16: { name: 'R_X86_64_DTPMOD64', ...threadLocal },
  17: { name: 'R_X86_64_DTPOFF64', ...threadLocal },
  18: { name: 'R_X86_64_TPOFF64', ...threadLocal },
  19: { name: 'R_X86_64_TLSGD', ...threadLocal },
  20: { name: 'R_X86_64_TLSLD', ...threadLocal },
  21: { name: 'R_X86_64_DTPOFF32', ...threadLocal },
  22: { name: 'R_X86_64_GOTTPOFF', ...threadLocal },
  23: { name: 'R_X86_64_TPOFF32', ...threadLocal },
  24: { name: 'R_X86_64_PC64', formula: 'S + A - P', field: word64 },
  25: { name: 'R_X86_64_GOTOFF64', formula: 'S + A - GOT', field: word64 },
  26: { name: 'R_X86_64_GOTPC32', formula: 'GOT + A - P', field: distance32 },
  27: { name: 'R_X86_64_GOT64', formula: 'G + A', field: word64 },
  28: { name: 'R_X86_64_GOTPCREL64', formula: 'G + GOT + A - P', field: word64 },
  29: { name: 'R_X86_64_GOTPC64', formula: 'GOT + A - P', field: word64 },
  30: { name: 'R_X86_64_GOTPLT64', formula: 'G + A', field: word64 },
  31: { name: 'R_X86_64_PLTOFF64', formula: 'S + A - GOT', field: word64 },
  32: { name: 'R_X86_64_SIZE32', formula: 'Z + A', field: word32 },
  33: { name: 'R_X86_64_SIZE64', formula: 'Z + A', field: word64 },
  34: { name: 'R_X86_64_GOTPC32_TLSDESC', ...threadLocal },
  35: { name: 'R_X86_64_TLSDESC_CALL', ...threadLocal },
  36: { name: 'R_X86_64_TLSDESC', ...threadLocal },
  37: { name: 'R_X86_64_IRELATIVE', ...dynamic },
  38: { name: 'R_X86_64_RELATIVE64', ...dynamic },
  41: { name: 'R_X86_64_GOTPCRELX', formula: 'G + GOT + A - P', field: distance32, direct },
  42: { name: 'R_X86_64_REX_GOTPCRELX', formula: 'G + GOT + A - P', field: distance32, direct },
  43: { name: 'R_X86_64_CODE_4_GOTPCRELX', formula: 'G + GOT + A - P', field: distance32, direct },
  44: { name: 'R_X86_64_CODE_4_GOTTPOFF', ...threadLocal },
  45: { name: 'R_X86_64_CODE_4_GOTPC32_TLSDESC', ...threadLocal },
  46: { name: 'R_X86_64_CODE_5_GOTPCRELX', formula: 'G + GOT + A - P', field: distance32 },
  47: { name: 'R_X86_64_CODE_5_GOTTPOFF', ...threadLocal },
  48: { name: 'R_X86_64_CODE_5_GOTPC32_TLSDESC', ...threadLocal },
  49: { name: 'R_X86_64_CODE_6_GOTPCRELX', formula: 'G + GOT + A - P', field: distance32 },
  50: { name: 'R_X86_64_CODE_6_GOTTPOFF', ...threadLocal },
  51: { name: 'R_X86_64_CODE_6_GOTPC32_TLSDESC', ...threadLocal },
};

export const x64: Architecture = {
  name: 'x64',
  elfClass: 64,
  machine: machines.x64,
  wordSize: 8,
  relocations,
  separateRodata: false,
  variablesInText: 'uncollected',
  callTypes: [4],
  isCall: isBranch,
  entryJump: jump,
  // nop x 6; movabs rax, the word; jmp rax
  tableJump: {
    code: Uint8Array.of(0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xe0),
    word: 8,
  },
  // ud2
  trap: Uint8Array.of(0x0f, 0x0b),
  starter: {
    // push rdi, rsi, rdx, rcx, rax: the last one aligns the stack
    before: [0x57, 0x56, 0x52, 0x51, 0x50],
    call: { code: [0xe8, 0, 0, 0, 0], place: 1, type: 4, addend: -4 },
    between: [0x58, 0x59, 0x5a, 0x5e, 0x5f],
    jump: { code: [0xe9, 0, 0, 0, 0], place: 1, type: 4, addend: -4 },
    after: [],
    align: 1,
  },
  versionsForAll: ['_sse2', '_c'],
  reference: { fixedEntryJump: nearJump, gotRelocations: [9, 42], idleStubs: true },
};
