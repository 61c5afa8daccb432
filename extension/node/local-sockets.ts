// TCP on this machine only: the serial line of an emulated board, and a port for a GDB server.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Port } from '../core/board/port.ts';
import { streamPort } from './stream-port.ts';

export interface SocketServer {
  readonly port: number;
  /** The one connection it takes; rejects when the server is closed before. */
  readonly connection: Promise<Port>;
  close(): void;
}

/** @param name of who will connect */
export async function listenOnce(name: string): Promise<SocketServer> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  let socket: Socket | undefined;
  const connection = new Promise<Port>((resolve, reject) => {
    server.once('connection', (found) => {
      socket = found.setNoDelay(true);
      server.close();
      resolve(streamPort(name, found, { close: async () => void found.destroy() }));
    });
    server.once('close', () => reject(new Error('nobody connected')));
  });
  connection.catch(() => undefined);
  return {
    port: (server.address() as AddressInfo).port,
    connection,
    close: () => {
      server.close();
      socket?.destroy();
    },
  };
}

/** @returns a port of 127.0.0.1 on which nobody listens; somebody else may take it before its user does */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
