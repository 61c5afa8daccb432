import assert from 'node:assert/strict';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listLinuxPorts } from '../../extension/node/serial-port.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const needsLinks = { skip: process.platform === 'win32' };

test(
  'on Linux every port with a chip behind it is listed, whatever its driver calls it, and no console',
  needsLinks,
  async (t) => {
    const folder = temporaryFolder(t, {
      'devices/usb/1-1/idVendor': '2e8a\n',
      'devices/usb/1-1/idProduct': '0005\n',
      'devices/usb/1-1/interface/bInterfaceNumber': '00\n',
      'devices/uart/name': 'uart\n',
      'tty/ttyS0/type': '4\n',
      'tty/ttyS1/type': '0\n',
      'tty/tty1/dev': '4:1\n',
      'tty/ttyTHS1/dev': '238:1\n',
      'tty/ttyACM0/dev': '166:0\n',
      'tty/rfcomm0/dev': '216:0\n',
    });
    const link = (name: string, device: string) =>
      symlinkSync(join(folder, 'devices', device), join(folder, 'tty', name, 'device'));
    for (const name of ['ttyS0', 'ttyS1', 'ttyTHS1']) link(name, 'uart');
    link('ttyACM0', 'usb/1-1/interface');
    const ports = await listLinuxPorts(join(folder, 'tty'));
    assert.deepEqual(
      ports.map(({ path, vendorId, productId }) => [path, vendorId, productId]),
      [
        ['/dev/rfcomm0', undefined, undefined],
        ['/dev/ttyACM0', '2E8A', '0005'],
        ['/dev/ttyS0', undefined, undefined],
        ['/dev/ttyTHS1', undefined, undefined],
      ],
    );
    assert.deepEqual(await listLinuxPorts(join(folder, 'nothing')), []);
  },
);
