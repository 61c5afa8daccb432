// What the debugger tells the reader of Python values about the target it has stopped.

import type { Abi } from '../abi/abi.ts';
import type { Range, ReadMemory } from './target-memory.ts';

export type Machine = 'arm' | 'riscv' | 'x86' | 'x64' | 'xtensa';

/** The firmware's symbols. Nothing is called in the target. */
export interface FirmwareSymbols {
  /** @returns undefined for a name that the firmware does not have */
  addressOf(name: string): Promise<number | undefined>;
  /** @returns the symbol at or before an address, and the distance in bytes; undefined outside of all */
  symbolAt(address: number): Promise<{ readonly name: string; readonly offset: number } | undefined>;
  /** What is zero when it starts: variables without a value, and perhaps the Python heap. */
  zeroed?(): readonly Range[];
  /** What of it is never written: code and constants. */
  constant?(): Promise<readonly Range[]>;
}

export interface Target {
  readonly read: ReadMemory;
  readonly wordSize: 4 | 8;
  readonly machine: Machine;
  /** What the firmware's native modules are built for: the numbers of its static qstrs, the order of its function table. */
  readonly abi: Abi;
  /** Absent: a firmware without symbols, of which less is told. */
  readonly symbols?: FirmwareSymbols | undefined;
  /** Address of mp_fun_table where there are no symbols: the loader writes it into native modules. */
  readonly funTable?: number | undefined;
  /** Qstrs whose numbers are known otherwise: those of a module's own qstr table. */
  readonly qstrs?: ReadonlyMap<number, string> | undefined;
  /** Where RAM is, to find the tables of qstrs in without symbols. */
  readonly ram?: readonly Range[] | undefined;
}
