// x86, 32 bit.
// Specification: System V ABI, Intel386 Architecture Processor Supplement, https://gitlab.com/x86-psABIs/i386-ABI

import { machines } from '../elf/constants.ts';
import type { Architecture, FieldChoice, RelocationTable } from './architecture.ts';
import { distance32, word8, word16, word32 } from './fields.ts';

const threadLocal = {
  why: 'thread-local storage: the loader gives a module none',
  mend: 'Use an ordinary global variable.',
} as const;

/** Without a base register the operand is the absolute address of the entry, which the loader cannot put into code. */
const operandWithBase: FieldChoice = {
  name: 'an operand with a base register',
  bytes: 4,
  mend: 'Compile with -fpic.',
  choose: (view, at) => (at > 0 && (view.getUint8(at - 1) & 0xc7) === 0x05 ? undefined : distance32),
};

const relocations: RelocationTable = {
  0: { name: 'R_386_NONE', formula: 'none' },
  1: { name: 'R_386_32', formula: 'S + A', field: word32 },
  2: { name: 'R_386_PC32', formula: 'S + A - P', field: distance32 },
  3: { name: 'R_386_GOT32', formula: 'G + A', field: distance32 },
  4: { name: 'R_386_PLT32', formula: 'S + A - P', field: distance32 },
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
  43: { name: 'R_386_GOT32X', formula: 'G + A', field: operandWithBase },
};

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
  entryJump: jump,
  // nop x 3; mov eax, the word; jmp eax
  tableJump: { code: Uint8Array.of(0x90, 0x90, 0x90, 0xb8, 0, 0, 0, 0, 0xff, 0xe0), word: 4 },
  reference: { fixedEntryJump: nearJump, gotRelocations: [2, 3, 43], idleStubs: true },
};
