// Boards behind a network socket: `socket://HOST:PORT` gives the bytes as they are, as pyserial, ser2net (raw) and QEMU do;
// `rfc2217://HOST:PORT` is a serial port of another machine with its speed, as ser2net (telnet) and esp_rfc2217_server do.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { badAddress, portRefused } from '../core/board/errors.ts';
import type { Port } from '../core/board/port.ts';
import { Failure } from '../core/diagnostic.ts';
import { streamPort } from './stream-port.ts';
import { telnet } from './telnet.ts';

const connectMs = 10_000;

/** @throws Failure `board/address`, `board/port-refused` */
export async function openSocket(address: string, baudRate: number): Promise<Port> {
  const { host, port } = readAddress(address);
  const socket = await connectTo(address, host, port);
  const close = async () => {
    socket.destroy();
    if (!socket.closed) await once(socket, 'close');
  };
  if (address.startsWith('socket:')) return streamPort(address, socket, { close });
  const session = telnet((bytes) => socket.write(bytes));
  const opened = streamPort(address, socket, { close, encode: session.encode, decode: session.decode });
  session.start(baudRate);
  return opened;
}

function readAddress(address: string): { host: string; port: number } {
  const [, host, digits] = /^\w+:\/\/(\[[\da-f:]+\]|[^/:?#]+):(\d{1,5})\/?$/i.exec(address) ?? [];
  const port = Number(digits);
  if (host === undefined || !(port >= 1 && port <= 65535))
    throw new Failure(badAddress(address, 'a host, a colon and a port number from 1 to 65535 must follow the slashes'));
  return { host: host.replace(/^\[|\]$/g, ''), port };
}

async function connectTo(address: string, host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, noDelay: true });
  const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${connectMs / 1000} s`)), connectMs);
  try {
    await once(socket, 'connect');
    return socket;
  } catch (thrown) {
    throw new Failure(portRefused(address, (thrown as Error).message));
  } finally {
    clearTimeout(timer);
  }
}
