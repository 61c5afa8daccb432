// Where MicroPython has a native module in memory and does not run it yet: the entry of
//     void mp_native_relocate(void *reloc_info, uint8_t *text, uintptr_t text_to_run)
// in py/persistentcode.c, as the calling convention of each instruction set hands the arguments over.
// reloc_info is four words: reader, context, rodata, bss.

import type { ArchName } from '../arch/names.ts';
import { wordSizeOf } from '../arch/names.ts';

/** A location GDB takes; the `*&` keeps it from looking for the end of the function's prologue. */
export const hookLocation = '*&mp_native_relocate';
export const hookFunction = 'mp_native_relocate';

/** Here the Python heap starts afresh, at boot and at a soft reset: no module is loaded any more. */
export const resetLocation = '*&gc_init';

/** Expressions for GDB. */
export interface HookArguments {
  /** Where rodata is in memory. */
  readonly rodata: string;
  readonly bss: string;
  /** Where the code can be read. */
  readonly text: string;
  /** Where it will be run; differs from `text` on chips whose executable memory has a second address. */
  readonly run: string;
}

const registers: Readonly<Record<string, readonly [info: string, text: string, run: string]>> = {
  arm: ['$r0', '$r1', '$r2'],
  riscv: ['$a0', '$a1', '$a2'],
  x64: ['$rdi', '$rsi', '$rdx'],
  // On the stack, above the return address.
  x86: ['((unsigned*)$esp)[1]', '((unsigned*)$esp)[2]', '((unsigned*)$esp)[3]'],
  // The window has not been rotated yet: the caller's a10 is the callee's a2.
  xtensawin: ['$a10', '$a11', '$a12'],
  xtensa: ['$a2', '$a3', '$a4'],
};

export function hookArguments(arch: ArchName): HookArguments {
  const family = arch.startsWith('armv') ? 'arm' : arch.startsWith('rv') ? 'riscv' : arch;
  const [info, text, run] = registers[family];
  const word = wordSizeOf(arch) === 8 ? 'unsigned long long' : 'unsigned int';
  const number = (expression: string) => `(${word})(${expression})`;
  const field = (index: number) => `((${word}*)(${info}))[${index}]`;
  return { rodata: field(2), bss: field(3), text: number(text), run: number(run) };
}
