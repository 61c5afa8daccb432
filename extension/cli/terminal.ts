// What a verb is given besides its arguments: the ports of the core and the terminal around the process.

import type { PortFacts } from '../core/board/boards.ts';
import type { Drives } from '../core/board/circuitpy-drive.ts';
import type { Clock, Port } from '../core/board/port.ts';
import type { Sha256 } from '../core/compile/digest.ts';
import type { QemuMachine } from '../core/debug/qemu.ts';
import type { Disassembler } from '../core/inspect/disassembler.ts';
import type { CancelSignal, Files, Processes } from '../core/ports.ts';
import type { BuildRequest } from '../core/project/build-result.ts';

/** See BuildRequest, which takes these as they are. */
export type Installation = Required<
  Pick<
    BuildRequest,
    'compilers' | 'libcHeaders' | 'ownHeaders' | 'memoryFile' | 'tool' | 'toolFolders' | 'compilePython' | 'concurrency'
  >
>;

export interface Terminal {
  /** Results; nothing else goes here. */
  readonly print: (text: string) => void;
  /** Diagnostics and progress. */
  readonly complain: (text: string) => void;
  /** Whether `complain` may use colour. */
  readonly colour: boolean;
  /** Whether a person watches `complain`, so that a line of it may be drawn again and again. */
  readonly live: boolean;
  readonly cwd: string;
  /** Sets what the process will end with; see `exitCodes`. */
  readonly endWith: (code: number) => void;
}

export interface CliPorts extends Terminal {
  readonly files: Files;
  readonly processes: Processes;
  readonly sha256: Sha256;
  /** Whether the user may do everything on this machine. */
  readonly isRoot: boolean;
  /** Raised by Ctrl-C. */
  readonly cancel: CancelSignal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Loads itself at the first call. */
  readonly disassembler: Disassembler;
  readonly installation: Installation;
  /** Each part loads itself at the first call. */
  readonly boards: {
    list(): Promise<readonly PortFacts[]>;
    open(address: string, baudRate: number): Promise<Port>;
    openQemu(request: QemuBoot): Promise<Port>;
    readonly clock: Clock;
    deflate(bytes: Uint8Array, windowBits: number): Uint8Array;
    readonly drives: Drives;
  };
}

export interface QemuBoot {
  /** As the user names it. */
  readonly name: string;
  readonly machine: QemuMachine;
  /** Path of an ELF file. */
  readonly firmware: string;
}

export const exitCodes = { ok: 0, diagnostics: 1, usage: 2 } as const;
