// From what a user calls a port to an open one.

import { badAddress } from '../core/board/errors.ts';
import type { OpenPort, Port } from '../core/board/port.ts';
import { Failure } from '../core/diagnostic.ts';
import { type PortNotes, portNotes, portNotesFolder } from './port-notes.ts';

export const defaultBaudRate = 115_200;

/** @param baudRate of serial ports; USB ports that are no bridges ignore it */
export function portOpener(baudRate = defaultBaudRate): OpenPort {
  return async (address) => {
    const scheme = /^([a-z][\w+.-]+):\/\//i.exec(address)?.[1];
    if (scheme === undefined) {
      const { openSerialPort } = await import('./serial-port.ts');
      return borrowing((name) => openSerialPort(name, baudRate), portNotes(portNotesFolder()))(address);
    }
    if (scheme === 'socket' || scheme === 'rfc2217')
      return (await import('./socket-port.ts')).openSocket(address, baudRate);
    throw new Failure(badAddress(address, `nothing is known of ${scheme}://`));
  };
}

/** While a terminal that gives its port away does so. */
const borrowMs = 5000;

/** @returns what opens a port, also one that another program of ours has and can do without for a while */
export function borrowing(open: OpenPort, notes: PortNotes, waitMs = borrowMs): OpenPort {
  return async (address) => {
    try {
      return await open(address);
    } catch (thrown) {
      const giveBack = isBusy(thrown) ? await notes.want(address) : undefined;
      if (!giveBack) throw thrown;
      try {
        const port = await openSoon(() => open(address), waitMs);
        return { ...port, close: () => port.close().finally(giveBack) };
      } catch (again) {
        await giveBack();
        throw again;
      }
    }
  };
}

async function openSoon(open: () => Promise<Port>, waitMs: number): Promise<Port> {
  for (const end = performance.now() + waitMs; ; ) {
    try {
      return await open();
    } catch (thrown) {
      if (!isBusy(thrown) || performance.now() > end) throw thrown;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function isBusy(thrown: unknown): boolean {
  return thrown instanceof Failure && thrown.diagnostics[0].code === 'board/port-busy';
}
