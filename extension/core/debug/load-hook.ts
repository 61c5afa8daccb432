// Where MicroPython has a native module in memory and does not run it yet: the entry of
//     void mp_native_relocate(void *reloc_info, uint8_t *text, uintptr_t text_to_run)
// in py/persistentcode.c, as the calling convention of each instruction set hands the arguments over.
// reloc_info is four words: reader, context, rodata, bss.

import type { ArchName } from '../arch/names.ts';
import { argumentOf, wordTypeOf } from './calling-convention.ts';

/** A location GDB takes; the `*&` keeps it from looking for the end of the function's prologue. */
export const hookLocation = '*&mp_native_relocate';
export const hookFunction = 'mp_native_relocate';

/** Here the interpreter starts afresh, at boot and at a soft reset: no module is loaded any more. */
export const resetLocation = '*&mp_init';

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

export function hookArguments(arch: ArchName): HookArguments {
  const field = (index: number) => `((${wordTypeOf(arch)}*)${argumentOf(arch, 0)})[${index}]`;
  return { rodata: field(2), bss: field(3), text: argumentOf(arch, 1), run: argumentOf(arch, 2) };
}
