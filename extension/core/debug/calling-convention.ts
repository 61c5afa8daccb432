// Where a function's arguments are when its first instruction is about to run, as expressions for GDB.
// Procedure call standards: https://github.com/ARM-software/abi-aa, https://github.com/riscv-non-isa/riscv-elf-psabi-doc,
// https://gitlab.com/x86-psABIs, and the Xtensa ISA Reference Manual.

import type { ArchName } from '../arch/names.ts';
import { wordSizeOf } from '../arch/names.ts';

const registers: Readonly<Record<string, readonly [string, string, string, string]>> = {
  arm: ['$r0', '$r1', '$r2', '$r3'],
  riscv: ['$a0', '$a1', '$a2', '$a3'],
  x64: ['$rdi', '$rsi', '$rdx', '$rcx'],
  // On the stack, above the return address.
  x86: ['((unsigned*)$esp)[1]', '((unsigned*)$esp)[2]', '((unsigned*)$esp)[3]', '((unsigned*)$esp)[4]'],
  // The window has not been rotated yet: the caller's a10 is the callee's a2.
  xtensawin: ['$a10', '$a11', '$a12', '$a13'],
  xtensa: ['$a2', '$a3', '$a4', '$a5'],
};

export function familyOf(arch: ArchName): string {
  return arch.startsWith('armv') ? 'arm' : arch.startsWith('rv') ? 'riscv' : arch;
}

/** @param index of a pointer or int among the arguments, 0 to 3 @returns an expression whose value is a number without sign */
export function argumentOf(arch: ArchName, index: 0 | 1 | 2 | 3): string {
  return `(${wordTypeOf(arch)})(${registers[familyOf(arch)][index]})`;
}

export function wordTypeOf(arch: ArchName): string {
  return wordSizeOf(arch) === 8 ? 'unsigned long long' : 'unsigned int';
}
