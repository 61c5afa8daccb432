// Serial ports of this machine, by the npm package serialport: its native part comes prebuilt for all platforms that VS Code runs
// on. Loading it takes time, and most runs need none, so it is loaded at the first use. https://serialport.io/docs/

import { readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
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
  // There serialport asks udevadm, which containers lack; the kernel tells as much.
  if (process.platform === 'linux') return listLinuxPorts();
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

/** @param folder that of the kernel, https://www.kernel.org/doc/html/latest/admin-guide/sysfs-rules.html */
export async function listLinuxPorts(folder = '/sys/class/tty'): Promise<readonly SerialPortFacts[]> {
  const names = await readdir(folder).catch(() => []);
  const ports = await Promise.all(
    names.sort().map(async (name): Promise<SerialPortFacts[]> => {
      const device = await realpath(join(folder, name, 'device')).catch(() => undefined);
      // Screens' consoles have no device; of the many names for chips of a PC those without one are of type 0.
      const type = await readFile(join(folder, name, 'type'), 'utf8').catch(() => '');
      if ((device === undefined && !name.startsWith('rfcomm')) || type.trim() === '0') return [];
      // Of a USB port: the interface; the device's own facts stand one or two folders above it.
      const fact = async (file: string) => {
        for (const above of device === undefined ? [] : ['..', '../..', '../../..']) {
          const text = await readFile(join(device!, above, file), 'utf8').catch(() => undefined);
          if (text !== undefined) return text.trim();
        }
        return undefined;
      };
      return [
        {
          path: `/dev/${name}`,
          vendorId: (await fact('idVendor'))?.toUpperCase(),
          productId: (await fact('idProduct'))?.toUpperCase(),
          manufacturer: await fact('manufacturer'),
          serialNumber: await fact('serial'),
        },
      ];
    }),
  );
  return ports.flat();
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
