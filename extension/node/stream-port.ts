// A Node stream as a port to a board.

import type { Duplex } from 'node:stream';
import { gone } from '../core/board/errors.ts';
import type { Port, PortListener } from '../core/board/port.ts';
import { Failure } from '../core/diagnostic.ts';

export interface StreamPortOptions {
  /** Ends the stream and what belongs to it; resolves when the system has it back. */
  readonly close: () => Promise<void>;
  /** What goes over the stream for bytes of ours, and the other way; undefined: the same. */
  readonly encode?: ((bytes: Uint8Array) => Uint8Array) | undefined;
  readonly decode?: ((bytes: Uint8Array) => Uint8Array) | undefined;
}

export function streamPort(name: string, stream: Duplex, { close, encode, decode }: StreamPortOptions): Port {
  let listener: PortListener | undefined;
  let ended: Failure | undefined;
  let closing: Promise<void> | undefined;
  const end = (why: string) => {
    if (ended || closing) return;
    ended = new Failure(gone(name, why));
    listener?.ended(ended);
  };
  stream.on('data', (bytes: Buffer) => {
    const taken = decode ? decode(bytes) : bytes;
    if (!closing && taken.length > 0) listener?.data(taken);
  });
  stream.on('error', (fault: Error) => end(fault.message));
  stream.on('close', () => end('the port was closed or unplugged'));
  stream.on('end', () => end('the other side closed it'));
  return {
    name,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        stream.write(encode ? encode(bytes) : bytes, (fault) => {
          if (!fault) return resolve();
          reject(ended ?? new Failure(gone(name, fault.message)));
        });
      }),
    listen: (next) => {
      listener = next;
      if (ended) next.ended(ended);
    },
    close: () => (closing ??= close()),
  };
}
