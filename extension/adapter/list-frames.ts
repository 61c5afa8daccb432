// The call stack as GDB finds it. In firmware without debug information, RISC-V's above all, GDB may lose the way from a frame to
// its caller. Then it refuses all frames when it is asked first; asked again it knows where the stack ends, and has those before.
// https://sourceware.org/gdb/current/onlinedocs/gdb.html/GDB_002fMI-Stack-Manipulation.html

import type { NatmodBackend } from './gdb-backend.ts';

/** As GDB lists them. */
export interface ListedFrame {
  readonly level: string;
  readonly addr: string;
  readonly func?: string;
  readonly file?: string;
  readonly fullname?: string;
  readonly line?: string;
  readonly from?: string;
}

/** @throws where nothing stands */
export async function listFrames(
  backend: NatmodBackend,
  threadId: number,
  first: number,
  last: number,
): Promise<readonly ListedFrame[]> {
  type Answer = { readonly stack: readonly ListedFrame[] };
  const { stack } = await askTwice<Answer>(backend, `-stack-list-frames --thread ${threadId} ${first} ${last}`);
  return stack;
}

/** @throws where nothing stands */
export async function countFrames(backend: NatmodBackend, threadId: number): Promise<number> {
  const { depth } = await askTwice<{ depth: string }>(backend, `-stack-info-depth --thread ${threadId}`);
  return Number(depth);
}

function askTwice<T>(backend: NatmodBackend, command: string): Promise<T> {
  return backend.sendCommand<T>(command).catch(() => backend.sendCommand<T>(command));
}
