// From what a user calls a port to an open one.

import { badAddress } from '../core/board/errors.ts';
import type { OpenPort } from '../core/board/port.ts';
import { Failure } from '../core/diagnostic.ts';

export const defaultBaudRate = 115_200;

/** @param baudRate of serial ports; USB ports that are no bridges ignore it */
export function portOpener(baudRate = defaultBaudRate): OpenPort {
  return async (address) => {
    const scheme = /^([a-z][\w+.-]+):\/\//i.exec(address)?.[1];
    if (scheme === undefined) return (await import('./serial-port.ts')).openSerialPort(address, baudRate);
    if (scheme === 'socket' || scheme === 'rfc2217')
      return (await import('./socket-port.ts')).openSocket(address, baudRate);
    throw new Failure(badAddress(address, `nothing is known of ${scheme}://`));
  };
}
