import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unixProgram } from '../../extension/core/board/boards.ts';
import type { BoardFacts } from '../../extension/core/board/probe.ts';
import { boardRows, nameOf, progressText, shortName } from '../../extension/host/board-rows.ts';

const ports = [
  { path: '/dev/ttyS4' },
  { path: '/dev/ttyUSB0', vendorId: '10C4', productId: 'EA60' },
  { path: '/dev/ttyACM1', vendorId: '2E8A', productId: '0005' },
  { path: '/dev/ttyACM0', vendorId: '303A', productId: '1001' },
];
const pico = {
  machine: 'Raspberry Pi Pico with RP2040',
  flavour: 'micropython',
  release: '1.26.1',
  platform: 'rp2',
} as BoardFacts;
const addresses = (rows: ReturnType<typeof boardRows>) => rows.flatMap(({ address }) => address ?? []);

test('every port is listed, makers of boards first, then bridges, then the rest', () => {
  const rows = boardRows(ports, undefined, '');
  assert.deepEqual(addresses(rows), ['/dev/ttyACM0', '/dev/ttyACM1', '/dev/ttyUSB0', '/dev/ttyS4']);
  assert.equal(rows[0].description, 'Espressif \u00b7 303A:1001');
  assert.equal(rows[2].description, 'CP210x bridge \u00b7 10C4:EA60');
});

test('the port used last stands first, also one that is not plugged in', () => {
  assert.deepEqual(addresses(boardRows(ports, '/dev/ttyUSB0', ''))[0], '/dev/ttyUSB0');
  const [gone] = boardRows(ports, '/dev/ttyACM7', '');
  assert.deepEqual([gone.address, gone.description], ['/dev/ttyACM7', 'not plugged in \u00b7 last used']);
  const [socket] = boardRows(ports, 'socket://pi:4000', '');
  assert.deepEqual([socket.address, socket.description], ['socket://pi:4000', 'last used']);
});

test('what a board has told stands beside its port', () => {
  const [, , row] = boardRows(ports, undefined, '', new Map([['/dev/ttyUSB0', pico]]));
  assert.equal(row.description, 'Raspberry Pi Pico with RP2040, MicroPython 1.26.1 \u00b7 10C4:EA60');
  assert.equal(nameOf({ ...pico, machine: '', flavour: 'circuitpython' }), 'rp2, CircuitPython 1.26.1');
});

test('an address can be typed, and the kinds there are can be begun with a click', () => {
  assert.deepEqual(
    boardRows([], undefined, '').map(({ address, typed }) => [address, typed]),
    ['socket://', 'rfc2217://', 'qemu:', 'unix'].map((begin) => [undefined, begin]),
  );
  for (const typed of ['socket://localhost:4000', 'rfc2217://h:1', '/dev/serial/by-id/usb-x', 'COM12', 'unix:/bin/mp'])
    assert.deepEqual(addresses(boardRows(ports, undefined, ` ${typed}`)).at(-1), typed);
  for (const filter of ['tty', 'Pico', 'COM', 'socket:/'])
    assert.equal(boardRows(ports, undefined, filter).length, ports.length, filter);
  // One that is listed is not listed twice.
  assert.equal(boardRows(ports, undefined, '/dev/ttyACM0').length, ports.length);
  assert.deepEqual(addresses(boardRows([], undefined, 'qemu:'))[0], 'qemu:MPS2_AN385');
});

test('the unix port is a program, not a port', () => {
  assert.deepEqual(['unix', 'unix:/opt/mp', 'COM3'].map(unixProgram), [...['micropython', '/opt/mp', undefined]]);
});

test('progress has size, rate and time left', () => {
  const progress = { path: '/lib/features.mpy', done: 12_300, total: 40_000, rate: 11_200, secondsLeft: 2.4 };
  assert.equal(progressText(progress), 'features.mpy: 12.3 of 40.0 KB, 11.2 KB/s, 3 s left');
  assert.equal(progressText({ ...progress, done: 40_000, secondsLeft: 0 }), 'features.mpy: 40.0 of 40.0 KB, 11.2 KB/s');
});

test('the status bar has room for a short name only', () => {
  assert.deepEqual(['/dev/ttyACM0', 'COM3', 'socket://pi:4000'].map(shortName), ['ttyACM0', 'COM3', 'pi:4000']);
});
