// What a verb is given besides its arguments: the ports of the core and the terminal around the process.

import type { Disassembler } from '../core/inspect/disassembler.ts';
import type { CancelSignal, Files, Processes } from '../core/ports.ts';

export interface CliPorts {
  readonly files: Files;
  readonly processes: Processes;
  /** Raised by Ctrl-C. */
  readonly cancel: CancelSignal;
  /** Results; nothing else goes here. */
  readonly print: (text: string) => void;
  /** Diagnostics and progress. */
  readonly complain: (text: string) => void;
  /** Whether `complain` may use colour. */
  readonly colour: boolean;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly processors: number;
  /** Folder of C library headers for compilers that bring none. */
  readonly libcHeaders: string;
  /** Loads itself at the first call. */
  readonly disassembler: Disassembler;
  /** Sets what the process will end with; see `exitCodes`. */
  readonly endWith: (code: number) => void;
}

export const exitCodes = { ok: 0, diagnostics: 1, usage: 2 } as const;
