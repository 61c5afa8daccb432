// MicroPython's unix port as a board behind a serial line: real Python on a real file system, at any speed that a test wants.

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type Group, startGroup } from '../setup/process-group.ts';

export interface UnixBoard {
  /** `socket://127.0.0.1:...`; one connection at a time, and the board lives on between them. */
  readonly address: string;
  /** The same as a serial port of this machine, in place of the socket. @returns its device */
  openTerminal(): Promise<string>;
  close(): Promise<void>;
}

export interface SerialLine {
  /** Either way; undefined: as fast as it goes. */
  readonly bytesPerSecond?: number | undefined;
  /** A USB bridge gives its host what has come when a packet is full, or after so long; undefined: at once. */
  readonly latencyMs?: number | undefined;
}

/** @param program a unix MicroPython, such as `await firmware('unix-x64')` */
export async function startUnixBoard(program: string, cwd: string, line: SerialLine = {}): Promise<UnixBoard> {
  const group = startGroup([program, join(import.meta.dirname, 'unix-board.py')], {
    cwd,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const { stdin, stdout } = group.child as { stdin: Writable; stdout: Readable };
  let host: Writable | undefined;
  let bridge: Group | undefined;
  const toBoard = pace((bytes) => stdin.write(bytes), line.bytesPerSecond);
  const toHost = pace(
    hold((bytes) => host?.write(bytes), line.latencyMs),
    line.bytesPerSecond,
  );
  stdin.on('error', () => undefined);
  stdout.on('data', (bytes: Buffer) => toHost(cook(bytes)));
  const server = createServer((connected) => {
    host?.destroy();
    host = connected.setNoDelay(true);
    connected.on('error', () => undefined);
    connected.on('data', toBoard);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `socket://127.0.0.1:${(server.address() as AddressInfo).port}`,
    openTerminal: async () => {
      bridge = startGroup(['python3', join(import.meta.dirname, 'pty-bridge.py')], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      const { stdin: into, stdout: from } = bridge.child as { stdin: Writable; stdout: Readable };
      into.on('error', () => undefined);
      const [name] = (await once(from, 'data')) as [Buffer];
      from.on('data', toBoard);
      host = into;
      return name.toString().trim();
    },
    close: async () => {
      server.close();
      host?.destroy();
      for (const each of [bridge, group]) {
        each?.kill();
        await each?.ended.catch(() => undefined);
      }
    },
  };
}

/** What a wire does: each byte takes its time, in the order in which they were given to it. */
function pace(send: (bytes: Uint8Array) => void, bytesPerSecond: number | undefined): (bytes: Buffer) => void {
  if (bytesPerSecond === undefined) return send;
  let waiting = Buffer.alloc(0);
  /** When the last byte that was sent had arrived, in milliseconds. */
  let sentUntil = 0;
  let ticking = false;
  const tick = () => {
    const count = Math.min(waiting.length, Math.floor(((performance.now() - sentUntil) * bytesPerSecond) / 1000));
    if (count > 0) {
      send(waiting.subarray(0, count));
      waiting = waiting.subarray(count);
      sentUntil += (1000 * count) / bytesPerSecond;
    }
    ticking = waiting.length > 0;
    if (ticking) setTimeout(tick, 1);
  };
  return (bytes) => {
    waiting = Buffer.concat([waiting, bytes]);
    if (ticking) return;
    sentUntil = Math.max(sentUntil, performance.now());
    ticking = true;
    setTimeout(tick, 1);
  };
}

/** Bytes of a full-speed USB packet besides its status. */
const packet = 62;

function hold(send: (bytes: Uint8Array) => void, latencyMs: number | undefined): (bytes: Uint8Array) => void {
  if (latencyMs === undefined) return send;
  let held = Buffer.alloc(0);
  let timer: NodeJS.Timeout | undefined;
  const release = (count: number) => {
    send(held.subarray(0, count));
    held = held.subarray(count);
    clearTimeout(timer);
    timer = held.length > 0 ? setTimeout(() => release(held.length), latencyMs) : undefined;
  };
  return (bytes) => {
    held = Buffer.concat([held, bytes]);
    if (held.length >= packet) release(held.length - (held.length % packet));
    else timer ??= setTimeout(() => release(held.length), latencyMs);
  };
}

/** A board's standard output has carriage returns before its newlines. */
function cook(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
}
