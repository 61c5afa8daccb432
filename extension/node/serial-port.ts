// Serial ports of this machine, by the npm package serialport: its native part comes prebuilt for all platforms that VS Code runs
// on. Loading it takes time, and most runs need none, so it is loaded at the first use. https://serialport.io/docs/

import { realpath } from 'node:fs/promises';
import { portBusy, portMissing, portRefused } from '../core/board/errors.ts';
import type { Port } from '../core/board/port.ts';
import { Failure } from '../core/diagnostic.ts';
import { streamPort } from './stream-port.ts';

/** What the operating system tells of a port without opening it. */
export interface SerialPortFacts {
  readonly path: string;
  /** Four hex digits each, upper case. */
  readonly vendorId?: string | undefined;
  readonly productId?: string | undefined;
  readonly manufacturer?: string | undefined;
  readonly serialNumber?: string | undefined;
}

export async function listSerialPorts(): Promise<readonly SerialPortFacts[]> {
  const { SerialPort } = await import('serialport');
  const ports = await SerialPort.list();
  return ports.map(({ path, vendorId, productId, manufacturer, serialNumber }) => ({
    path,
    vendorId: vendorId?.toUpperCase().padStart(4, '0'),
    productId: productId?.toUpperCase().padStart(4, '0'),
    manufacturer,
    serialNumber,
  }));
}

/** @throws Failure `board/port-missing`, `board/port-busy`, `board/port-refused` */
export async function openSerialPort(name: string, baudRate: number): Promise<Port> {
  const { SerialPort } = await import('serialport');
  const path = process.platform === 'win32' ? name : await realpath(name).catch(() => name);
  const serial = new SerialPort({ path, baudRate, autoOpen: false, hupcl: false });
  await new Promise<void>((resolve, reject) => {
    serial.open((fault) => {
      if (!fault) return resolve();
      void refusal(name, fault.message).then(reject);
    });
  });
  // With both off, and then on together, the bridges that reset a board through them leave it running.
  await new Promise<void>((resolve) => serial.set({ dtr: true, rts: true }, () => resolve()));
  return streamPort(name, serial, {
    close: () => new Promise((resolve) => (serial.isOpen ? serial.close(() => resolve()) : resolve())),
  });
}

async function refusal(name: string, why: string): Promise<Failure> {
  if (/cannot lock|resource busy|access denied|EBUSY/i.test(why)) return new Failure(portBusy(name));
  if (/no such file|file not found|ENOENT/i.test(why)) {
    const ports = await listSerialPorts().catch(() => []);
    return new Failure(
      portMissing(
        name,
        ports.map((port) => port.path),
      ),
    );
  }
  return new Failure(portRefused(name, why.replace(/^Error: /, '')));
}
