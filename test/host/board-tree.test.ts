import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFacts } from '../../extension/core/board/probe.ts';
import { boardNodes, entryNodes, factNodes } from '../../extension/host/board-tree.ts';

const told = (...lines: string[]) => readFacts(['name=micropython', 'version=1.26.1', ...lines, ''].join('\n'))!;
const pico = told('machine=Pico', `mpy=${6 | (3 << 8) | (4 << 10)}`, 'heap=190000', 'fs=1000000,912345,/');
const rows = (nodes: readonly { label: string; description: string }[]) =>
  nodes.map(({ label, description }) => [label, description]);

test('every port is a row, and so is a board at another address', () => {
  const ports = [{ path: '/dev/ttyS0' }, { path: '/dev/ttyACM0', vendorId: '2E8A', productId: '0005' }];
  const nodes = boardNodes(ports, '/dev/ttyACM0', new Map([['socket://pi:4000', pico]]));
  assert.deepEqual(rows(nodes), [
    ['ttyACM0', 'Raspberry Pi \u00b7 deploy goes here'],
    ['ttyS0', 'serial port'],
    ['pi:4000', 'Pico, MicroPython 1.26.1'],
  ]);
  assert.deepEqual(rows(boardNodes([], 'COM7', new Map())), [['COM7', 'deploy goes here']]);
  assert.equal(new Set(nodes.map(({ id }) => id)).size, nodes.length);
});

test('a board that has told shows what it loads, its memory and its file systems', () => {
  assert.deepEqual(rows(factNodes('COM3', pico)), [
    ['armv6m, ABI 6.3', 'native modules'],
    ['190.0 KB', 'free heap'],
    ['/', '912.3 KB of 1.0 MB free'],
  ]);
  const bare = factNodes('COM3', told('heap=900'));
  assert.deepEqual(rows(bare), [
    ['none: the firmware lacks the loader', 'native modules'],
    ['900 B', 'free heap'],
    ['/', ''],
  ]);
  const [, , sd, root] = factNodes('COM3', told('fs=0,0,/rom', 'fs=2000,1000,/'));
  assert.deepEqual(rows([sd, root]), [
    ['/rom', 'read-only'],
    ['/', '1.0 KB of 2.0 KB free'],
  ]);
});

test('a name of a file is shown in one line and stays what it is for the board', () => {
  const entry = (name: string, isFolder = false, size = 0) => ({ name, path: `/lib/${name}`, isFolder, size });
  const strange = 'a\n\u202eb';
  const nodes = entryNodes('COM3', [entry('deep', true), entry('m.mpy', false, 1234), entry(strange)]);
  assert.deepEqual(rows(nodes), [
    ['deep', ''],
    ['m.mpy', '1.2 KB'],
    ['a\ufffd\ufffdb', '0 B'],
  ]);
  assert.deepEqual(
    nodes.map((node) => 'path' in node && node.path),
    ['/lib/deep', '/lib/m.mpy', `/lib/${strange}`],
  );
  assert.deepEqual(
    nodes.map((node) => node.kind),
    ['folder', 'file', 'file'],
  );
});
