// What a debug session asks of the machine; `adapter.ts` implements it with `node/`.

import type { Clock, OpenPort, Port } from '../core/board/port.ts';
import type { Files, Processes } from '../core/ports.ts';

export interface World {
  readonly files: Files;
  readonly processes: Processes;
  readonly clock: Clock;
  /** For what can be made again. */
  readonly cacheFolder: string;
  start(argv: readonly string[], options?: StartOptions): Companion;
  /** @param name of who will connect */
  listen(name: string): Promise<Listener>;
  freePort(): Promise<number>;
  /** A board's REPL. @param baudRate of serial ports; undefined: the usual one */
  readonly openPort: (address: string, baudRate: number | undefined) => ReturnType<OpenPort>;
  /** @returns what appends a line to a file, which starts empty */
  openLog(path: string): (line: string) => void;
}

export interface StartOptions {
  readonly cwd?: string | undefined;
  /** Descriptors, from 4 on, for a line to it beside its standard ones. */
  readonly line?: { readonly input: number; readonly output: number } | undefined;
}

/** A program that runs beside the session and ends with it. */
export interface Companion {
  readonly child: {
    readonly pid?: number | undefined;
    readonly exitCode: number | null;
    readonly signalCode: string | null;
    readonly stdin: NodeJS.WritableStream | null;
    readonly stdout: NodeJS.ReadableStream | null;
    readonly stderr: NodeJS.ReadableStream | null;
  };
  readonly port: Port | undefined;
  /** How it ended, in words. */
  readonly ended: Promise<string>;
  end(): Promise<void>;
}

export interface Listener {
  /** Of 127.0.0.1. */
  readonly port: number;
  readonly connection: Promise<Port>;
  close(): void;
}
