// A board's serial line on a TCP port, as ser2net gives it: one client at a time, and any number one after another.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Port } from '../../extension/core/board/port.ts';

export interface BoardServer {
  /** `socket://127.0.0.1:PORT` */
  readonly address: string;
  /** How many clients have come so far, and how many of them are there now. */
  readonly clients: { readonly came: number; readonly here: number };
  /** Bytes a second on their way to the board; undefined: as fast as they go. */
  pace: number | undefined;
  /** Ends it and its connections; the board's port stays open. */
  close(): void;
}

export async function serveBoard(port: Port): Promise<BoardServer> {
  const sockets = new Set<Socket>();
  let came = 0;
  let pace: number | undefined;
  let last = Promise.resolve();
  const send = (bytes: Uint8Array) => {
    last = last.then(async () => {
      if (pace !== undefined) await sleep((1000 * bytes.length) / pace);
      await port.write(bytes);
    });
  };
  const server = createServer((socket) => {
    came++;
    sockets.add(socket);
    socket.setNoDelay(true);
    // A client may leave with the board's last words unread.
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', send);
    port.listen({ data: (bytes) => socket.write(bytes), ended: () => socket.destroy() });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `socket://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get pace() {
      return pace;
    },
    set pace(rate) {
      pace = rate;
    },
    get clients() {
      return { came, here: sockets.size };
    },
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
