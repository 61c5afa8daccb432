// A terminal and a command line at one serial port, as two processes see it; the port itself is a stand-in that lets one in.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { portBusy } from '../../extension/core/board/errors.ts';
import type { OpenPort } from '../../extension/core/board/port.ts';
import { Failure } from '../../extension/core/diagnostic.ts';
import { SharedPort } from '../../extension/host/shared-port.ts';
import { borrowing } from '../../extension/node/open-port.ts';
import { portNotes } from '../../extension/node/port-notes.ts';

const address = '/dev/of-this-test';

/** Opens for one at a time. */
function exclusive() {
  const state = { isOpen: false, opens: 0 };
  const open: OpenPort = async (name) => {
    if (state.isOpen) throw new Failure(portBusy(name));
    state.isOpen = true;
    state.opens++;
    const close = async () => {
      state.isOpen = false;
    };
    return { name, write: async () => undefined, listen: () => undefined, close };
  };
  return { open, state };
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'natmod-ports-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(20)) if (await condition()) return;
  assert.fail(`within a minute it did not happen that ${what}`);
}

test('a terminal gives its port to another program that wants it, and takes it back', () =>
  withFolder(async (folder) => {
    const { open, state } = exclusive();
    const states: string[] = [];
    const terminal = new SharedPort(address, open, portNotes(folder).hold);
    const viewer = { data: () => undefined, changed: (now: string) => void states.push(now) };
    await terminal.view(viewer);
    await until('the note is there', async () => (await readdir(folder)).length === 1);
    // Another process that lives: our parent.
    const port = await borrowing(open, portNotes(folder, process.ppid), 60_000)(address);
    assert.deepEqual(states, ['live', 'lent']);
    await port.close();
    await until('the terminal has it again', () => states.at(-1) === 'live');
    assert.deepEqual([state.opens, state.isOpen], [3, true]);
    await terminal.unview(viewer);
    await until('no note is left', async () => (await readdir(folder)).length === 0);
    assert.equal(state.isOpen, false);
  }));

test('a port that a stranger has is busy at once, and so is one whose note was left by a dead process', () =>
  withFolder(async (folder) => {
    const { open } = exclusive();
    await open(address);
    const borrow = borrowing(open, portNotes(folder), 60_000);
    const isBusy = (thrown: unknown) => thrown instanceof Failure && thrown.diagnostics[0].code === 'board/port-busy';
    await assert.rejects(borrow(address), isBusy);
    const { pid } = spawnSync(process.execPath, ['--version']);
    const letGo = portNotes(folder, pid).hold(address, () => undefined);
    await until('the note is there', async () => (await readdir(folder)).length === 1);
    await assert.rejects(borrow(address), isBusy);
    letGo();
    await until('no note is left', async () => (await readdir(folder)).length === 0);
  }));
