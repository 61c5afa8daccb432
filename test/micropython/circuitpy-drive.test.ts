// A board whose storage is this machine's: folders stand for drives, and a MicroPython that takes its storage for read-only for the
// board.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { copyToDrive, findDrive } from '../../extension/core/board/circuitpy-drive.ts';
import { deploy } from '../../extension/core/board/deploy.ts';
import { type BoardFacts, readFacts } from '../../extension/core/board/probe.ts';
import { Failure } from '../../extension/core/diagnostic.ts';
import { clock } from '../../extension/node/clock.ts';
import { drives as realDrives } from '../../extension/node/drives.ts';
import { fileStore } from '../../extension/node/file-store.ts';
import { withStorage } from './storage.ts';

const bytes = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7) & 255);
const hasCode = (code: string) => (thrown: unknown) => thrown instanceof Failure && thrown.diagnostics[0].code === code;
const facts = readFacts('name=circuitpython\nversion=9.2.1\nmachine=Feather RP2040 with rp2040\n')!;
const bootOut = ({ release, machine }: Pick<BoardFacts, 'release' | 'machine'>) =>
  `Adafruit CircuitPython ${release} on 2026-01-02; ${machine}\r\nBoard ID:x\r\n`;

async function withDrives(work: (folder: string, drives: typeof realDrives) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'natmod-drives-'));
  const list = async () => (await readdir(folder)).map((name) => join(folder, name));
  try {
    await work(folder, { ...realDrives, list });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function plugIn(folder: string, name: string, text: string | undefined): Promise<string> {
  const drive = join(folder, name);
  await mkdir(drive);
  if (text !== undefined) await writeFile(join(drive, 'boot_out.txt'), text);
  return drive;
}

test('the drive of a board is known by what CircuitPython writes onto it, whatever its name', () =>
  withDrives(async (folder, drives) => {
    await plugIn(folder, 'CIRCUITPY', bootOut({ ...facts, machine: 'QT Py RP2040 with rp2040' }));
    await plugIn(folder, 'USB', undefined);
    assert.equal(await findDrive(facts, drives, fileStore), undefined);
    const mine = await plugIn(folder, 'SENSORS', bootOut(facts));
    assert.equal(await findDrive(facts, drives, fileStore), mine);
    await plugIn(folder, 'SENSORS1', bootOut(facts));
    await assert.rejects(findDrive(facts, drives, fileStore), hasCode('board/drives'));
  }));

test('files go onto the drive whole, and those that are there already are left alone', () =>
  withDrives(async (folder, drives) => {
    const drive = await plugIn(folder, 'CIRCUITPY', bootOut(facts));
    const files = [
      { path: '/lib/m.mpy', bytes },
      { path: '/code.py', bytes: Buffer.from('import m\n') },
    ];
    const ports = { drives, files: fileStore };
    const paths = files.map(({ path }) => path);
    assert.deepEqual(await copyToDrive(drive, files, ports), { written: paths, unchanged: [], mode: undefined });
    assert(Buffer.from(bytes).equals(await readFile(join(drive, 'lib/m.mpy'))));
    assert.deepEqual((await readdir(join(drive, 'lib'))).sort(), ['m.mpy']);
    assert.deepEqual((await copyToDrive(drive, files, ports)).unchanged, paths);
  }));

test('a drive that takes nothing is told, and the old file stays', () =>
  withDrives(async (folder, drives) => {
    const drive = await plugIn(folder, 'CIRCUITPY', bootOut(facts));
    await writeFile(join(drive, 'm.mpy'), 'old');
    const readOnly = {
      ...fileStore,
      writeAtomic: async (path: string) => {
        throw new Failure({ severity: 'error', code: 'files/read-only', message: `Can't write ${path}: read-only.` });
      },
    };
    const copying = copyToDrive(drive, [{ path: '/m.mpy', bytes }], { drives, files: readOnly });
    await assert.rejects(copying, hasCode('board/drive'));
    assert.equal(await readFile(join(drive, 'm.mpy'), 'utf8'), 'old');
  }));

test('a deploy to a board that can not write goes onto its drive', { timeout: 300_000 }, (t) =>
  withStorage(t, async ({ port, repl, facts: told }) => {
    await repl.must(
      [
        'import sys',
        'class Storage:',
        '    readonly = True',
        '    def getmount(self, path): return self',
        "sys.modules['storage'] = Storage()",
      ].join('\n'),
      'locking the storage',
    );
    await repl.leave();
    await withDrives(async (folder, drives) => {
      const file = join(folder, 'USB/settings.txt');
      await plugIn(folder, 'USB', undefined);
      await writeFile(file, 'x = 1\n');
      const request = { files: [file], check: false, reset: false };
      const ports = { port, clock, files: fileStore, build: () => assert.fail('there is nothing to build') };
      await assert.rejects(deploy(request, { ...ports, drives }), hasCode('board/read-only'));
      const drive = await plugIn(folder, 'CIRCUITPY', bootOut(told));
      const { transfer } = await deploy({ ...request, to: '/lib' }, { ...ports, drives });
      assert.deepEqual(transfer.written, ['/lib/settings.txt']);
      assert.equal(await readFile(join(drive, 'lib/settings.txt'), 'utf8'), 'x = 1\n');
    });
  }),
);
