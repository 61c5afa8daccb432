// The board specification on every board that there is: emulated ones, MicroPython's unix port behind a socket and a pseudo terminal,
// and the board at the port that NATMOD_PORT names (a folder `natmod-test` is made and deleted there).

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { portOpener } from '../../extension/node/open-port.ts';
import { firmware } from '../micropython/firmware.ts';
import { withStorage } from '../micropython/storage.ts';
import { need, needed } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { holdAgainst } from './specification.ts';
import { startUnixBoard, type UnixBoard } from './unix-board.ts';

const patience = { timeout: 600_000 };
const open = portOpener();

for (const machine of ['qemu-MPS2_AN385-storage', 'qemu-VIRT_RV32-storage'] as const)
  test(`${machine} is as a board should be`, patience, (t) =>
    withStorage(
      t,
      async ({ port, repl }) => {
        await repl.leave();
        await holdAgainst(port, (sentence) => t.diagnostic(sentence));
      },
      200,
      machine,
    ),
  );

async function withUnixBoard(t: TestContext, act: (board: UnixBoard) => Promise<void>): Promise<void> {
  const program = await needed(t, 'the unix port', () => firmware('unix-x64'));
  if (program === undefined) return;
  const dir = mkdtempSync(join(tmpdir(), 'natmod-specification-'));
  const board = await startUnixBoard(program, dir);
  try {
    await act(board);
    assert.deepEqual(readdirSync(dir), []);
  } finally {
    await board.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

test('a board behind a socket is as a board should be', patience, (t) =>
  withUnixBoard(t, async ({ address }) => {
    const port = await open(address);
    await holdAgainst(port, (sentence) => t.diagnostic(sentence)).finally(() => port.close());
  }),
);

const { NATMOD_PORT } = process.env;
const atPort = 'the board at NATMOD_PORT is as a board should be';
if (NATMOD_PORT)
  test(atPort, patience, async (t) => {
    const port = await open(NATMOD_PORT);
    await holdAgainst(port, (sentence) => t.diagnostic(sentence)).finally(() => port.close());
  });
else
  test('a board at a serial port is held against it when NATMOD_PORT names the port', patience, async (t) => {
    if (!need(t, 'python3', onPath('python3'))) return;
    await withUnixBoard(t, async (board) => {
      // This file, as a user starts it; inside a test Node would have the report for itself.
      const { NODE_TEST_CONTEXT: _, ...env } = process.env;
      const argv = ['--import', import.meta.resolve('tsx'), '--test', '--test-reporter=tap'];
      const child = spawn(process.execPath, [...argv, `--test-name-pattern=${atPort}`, import.meta.filename], {
        env: { ...env, NATMOD_PORT: await board.openTerminal() },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let told = '';
      child.stdout.setEncoding('utf8').on('data', (text) => {
        told += text;
      });
      const [code] = await once(child, 'close');
      assert.equal(code, 0, told);
      assert.match(told, new RegExp(`^ok \\d+ - ${atPort}$`, 'm'));
      assert.match(told, /it runs a script, whose output and exit code come back/);
    });
  });
