// The same board behind every kind of line: a pseudo terminal opened as a serial port, a socket, an rfc2217 server.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { type TestContext, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { deploy } from '../../extension/core/board/deploy.ts';
import { probe } from '../../extension/core/board/probe.ts';
import { sendFiles, type TransferMode } from '../../extension/core/board/transfer.ts';
import { visit } from '../../extension/core/board/visit.ts';
import { Failure } from '../../extension/core/diagnostic.ts';
import type { Files } from '../../extension/core/ports.ts';
import { clock } from '../../extension/node/clock.ts';
import { portOpener } from '../../extension/node/open-port.ts';
import { firmware } from '../micropython/firmware.ts';
import { need, needed } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { startUnixBoard, type UnixBoard } from './unix-board.ts';

const patience = { timeout: 120_000 };
const open = portOpener();
const deflate = (bytes: Uint8Array, windowBits: number) => deflateRawSync(bytes, { windowBits });
/** All bytes there are, 255 among them, which telnet doubles, and those that a terminal might take for itself. */
const content = Uint8Array.from({ length: 20_000 }, (_, i) => (i * i * 31 + (i >> 3) * 7 + i) & 255);

async function withBoard(t: TestContext, act: (board: UnixBoard, dir: string) => Promise<void>): Promise<void> {
  const program = await needed(t, 'the unix port', () => firmware('unix-x64'));
  if (program === undefined) return;
  const dir = mkdtempSync(join(tmpdir(), 'natmod-lines-'));
  const board = await startUnixBoard(program, dir);
  try {
    await act(board, dir);
  } finally {
    await board.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** A file goes there in each way that there is, and comes to lie there whole. */
async function deployTo(address: string, dir: string): Promise<void> {
  const port = await open(address);
  try {
    await visit({ port, clock }, {}, async (repl) => {
      const facts = await probe(repl);
      for (const mode of ['binary', 'literal', 'base64'] as const satisfies readonly TransferMode[]) {
        const path = join(dir, `${mode}.bin`);
        await sendFiles(repl, [{ path, bytes: content }], { facts, deflate, mode });
        assert(readFileSync(path).equals(content), mode);
      }
    });
  } finally {
    await port.close();
  }
  assert.deepEqual(readdirSync(dir).sort(), ['base64.bin', 'binary.bin', 'literal.bin']);
}

test('a socket carries every byte', patience, (t) => withBoard(t, (board, dir) => deployTo(board.address, dir)));

test(
  'a serial port carries every byte; a second process is told that it is in use, and then gets it',
  patience,
  async (t) => {
    if (!need(t, 'python3', onPath('python3'))) return;
    await withBoard(t, async (board, dir) => {
      const device = await board.openTerminal();
      const port = await open(device);
      await assert.rejects(
        open(device),
        (thrown) => thrown instanceof Failure && thrown.diagnostics[0].code === 'board/port-busy',
      );
      await port.close();
      await deployTo(device, dir);
    });
  },
);

test('an rfc2217 server carries every byte, its speed is set, and its own commands are no data', patience, (t) =>
  withBoard(t, async (board, dir) => {
    const port = Number(board.address.split(':').at(-1));
    const told: number[][] = [];
    const server = createServer((socket) => {
      const line = connect({ host: '127.0.0.1', port, noDelay: true });
      socket.setNoDelay(true);
      const telnet = readTelnet(
        (bytes) => line.write(bytes),
        (command) => told.push(command),
      );
      socket.on('data', telnet);
      // It offers what it can do, asks for what it can't get, and tells of the modem's lines in the middle of the data.
      socket.write(Uint8Array.of(255, 251, 44, 255, 251, 0, 255, 253, 24));
      line.on('data', (bytes: Buffer) => {
        socket.write(Uint8Array.of(255, 250, 44, 107, 48, 255, 240));
        socket.write(Uint8Array.from([...bytes].flatMap((byte) => (byte === 255 ? [255, 255] : [byte]))));
      });
      for (const each of [socket, line]) each.on('error', () => undefined);
      socket.on('close', () => line.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      await deployTo(`rfc2217://127.0.0.1:${(server.address() as AddressInfo).port}`, dir);
    } finally {
      server.close();
    }
    // SB COM-PORT SET-BAUDRATE 115200; WONT terminal type.
    assert(told.some((command) => command.join() === [250, 44, 1, 0, 1, 194, 0].join()));
    assert(told.some((command) => command.join() === [252, 24].join()));
  }),
);

/** The server's side of telnet. https://www.rfc-editor.org/rfc/rfc854 */
function readTelnet(data: (bytes: Uint8Array) => void, tell: (command: number[]) => void): (bytes: Buffer) => void {
  let command: number[] | undefined;
  return (bytes) => {
    const plain: number[] = [];
    for (const byte of bytes) {
      if (!command) {
        if (byte === 255) command = [];
        else plain.push(byte);
        continue;
      }
      if (command.length === 0 && byte === 255) {
        plain.push(255);
        command = undefined;
        continue;
      }
      command.push(byte);
      const isOver = command[0] === 250 ? command.at(-2) === 255 && byte === 240 : command.length === 2;
      if (!isOver) continue;
      tell(command[0] === 250 ? command.slice(0, -2) : command);
      command = undefined;
    }
    if (plain.length > 0) data(Uint8Array.from(plain));
  };
}

test('--reset starts the interpreter afresh after a deployment; without it variables stay', patience, (t) =>
  withBoard(t, async (board, dir) => {
    const port = await open(board.address);
    const files = { read: async () => content } as unknown as Files;
    const deployOnce = (reset: boolean) =>
      deploy(
        { files: ['m.bin'], to: dir, check: true, reset },
        { port, clock, files, deflate, build: () => Promise.reject(new Error('nothing is to be built')) },
      );
    const isKept = () =>
      visit({ port, clock }, {}, (repl) => repl.must("print('kept'in globals())", 'looking for a variable'));
    try {
      await visit({ port, clock }, {}, (repl) => repl.must('kept=1', 'making a variable'));
      await deployOnce(false);
      assert.equal(await isKept(), 'True\n');
      await deployOnce(true);
      assert.equal(await isKept(), 'False\n');
    } finally {
      await port.close();
    }
  }),
);

test(
  'a package is deployed with its folders; one with files elsewhere is refused, with all the reasons',
  patience,
  (t) =>
    withBoard(t, async (board, dir) => {
      const texts: Record<string, string> = {
        '/p/package.json':
          '{"urls": [["tool/__init__.py", "src/init.py"], ["tool/data/table.txt", "table.txt"]], "version": "1"}',
        '/p/src/init.py': 'x = 1\n',
        '/p/table.txt': '1 2 3\n',
        '/q/package.json':
          '{"urls": [["../up.py", "up.py"], ["m.py", "github:a/b/m.py"]], "deps": [["collections", "latest"]]}',
        '/r/package.json': '{"urls": []}',
      };
      const files = {
        read: async (path: string) => (path in texts ? Buffer.from(texts[path]) : undefined),
        resolve: (...parts: string[]) => posix.resolve(...parts),
      } as unknown as Files;
      const port = await open(board.address);
      const deployPackage = (path: string) =>
        deploy(
          { files: [path], to: dir, check: true, reset: false },
          { port, clock, files, deflate, build: () => Promise.reject(new Error('nothing is to be built')) },
        );
      try {
        const { ok, transfer } = await deployPackage('/p/package.json');
        assert(ok);
        assert.deepEqual(transfer.written, [`${dir}/tool/__init__.py`, `${dir}/tool/data/table.txt`]);
        assert.equal(readFileSync(join(dir, 'tool/data/table.txt'), 'utf8'), '1 2 3\n');
        await assert.rejects(deployPackage('/q/package.json'), (thrown) => {
          assert(thrown instanceof Failure);
          assert.deepEqual(
            thrown.diagnostics.map(({ code }) => code),
            Array(3).fill('deploy/package'),
          );
          assert.match(
            thrown.message,
            /needs collections[\s\S]*"\.\.\/up\.py" is no path[\s\S]*m\.py comes from github:/,
          );
          return true;
        });
        await assert.rejects(deployPackage('/r/package.json'), /names no files/);
        assert.deepEqual(readdirSync(dir), ['tool']);
      } finally {
        await port.close();
      }
    }),
);
