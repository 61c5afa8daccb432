// The files of a real MicroPython, as the boards view shows and changes them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  listFolder,
  localName,
  makeFolder,
  measureRoom,
  readBoardFile,
  removePath,
} from '../../extension/core/board/board-files.ts';
import { sendFiles } from '../../extension/core/board/transfer.ts';
import { visit } from '../../extension/core/board/visit.ts';
import { Failure } from '../../extension/core/diagnostic.ts';
import { clock } from '../../extension/node/clock.ts';
import { withStorage } from './storage.ts';

const patience = { timeout: 300_000 };
const failsWith = (code: string) => (thrown: unknown) =>
  thrown instanceof Failure && thrown.diagnostics[0].code === code;

test('files go up, are listed, come down byte for byte, and are deleted with their folders', patience, (t) =>
  withStorage(t, async ({ repl, facts }) => {
    const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => (i * i * 31 + (i >> 3)) & 255);
    const strange = 'größe\n\x04.txt';
    await makeFolder(repl, '/lib/deep/');
    await makeFolder(repl, '/lib');
    const before = await measureRoom(repl, '/lib');
    await sendFiles(repl, [{ path: '/lib/m.mpy', bytes }], { facts });
    await sendFiles(repl, [{ path: `/lib/${strange}`, bytes: new Uint8Array() }], { facts });

    assert.deepEqual(
      await listFolder(repl, '/lib'),
      [
        { name: 'deep', path: '/lib/deep', isFolder: true, size: 0 },
        { name: strange, path: `/lib/${strange}`, isFolder: false, size: 0 },
        { name: 'm.mpy', path: '/lib/m.mpy', isFolder: false, size: 10_000 },
      ].sort((a, b) => Number(b.isFolder) - Number(a.isFolder) || (a.name < b.name ? -1 : 1)),
    );
    const seen: number[] = [];
    assert(Buffer.from(bytes).equals(await readBoardFile(repl, '/lib/m.mpy', (done) => seen.push(done))));
    assert(seen.length > 1 && seen.at(-1) === 10_000, seen.join());
    assert.equal((await readBoardFile(repl, `/lib/${strange}`)).length, 0);
    const after = await measureRoom(repl, '/');
    assert(before && after && after.free <= before.free - 10_000 && after.total === before.total);

    await removePath(repl, '/lib/m.mpy', facts);
    assert.deepEqual(
      (await listFolder(repl, '/lib')).map(({ name }) => name),
      ['deep', strange],
    );
    await removePath(repl, '/lib', facts);
    assert.deepEqual(await listFolder(repl, '/'), []);
  }),
);

test('what is no file of the board is refused, and nothing is deleted for it', patience, (t) =>
  withStorage(t, async ({ port, repl, facts }) => {
    await sendFiles(repl, [{ path: '/boot.py', bytes: Buffer.from('x = 1\n') }], { facts });
    for (const path of ['boot.py', '/../boot.py', '/a//b', '/a/./b', '', '/a\0b'])
      await assert.rejects(removePath(repl, path, facts), failsWith('board/path'), path);
    await assert.rejects(removePath(repl, '/', facts), failsWith('board/mount-point'));
    const mounted = { ...facts, fileSystems: [{ path: '/sd/card', total: 1, free: 1, readOnly: false }] };
    await assert.rejects(removePath(repl, '/sd', mounted), failsWith('board/mount-point'));
    await assert.rejects(listFolder(repl, '/nowhere'), failsWith('board/raised'));
    await assert.rejects(readBoardFile(repl, '/nowhere'), failsWith('board/raised'));
    await assert.rejects(makeFolder(repl, '/boot.py/below'), failsWith('board/raised'));
    assert.deepEqual(
      (await listFolder(repl, '/')).map(({ name }) => name),
      ['boot.py'],
    );
    // A visit leaves the board to its user.
    const names = await visit({ port, clock }, {}, (visiting) => listFolder(visiting, '/'));
    assert.equal(names.length, 1);
    repl.line.listen();
    await repl.line.write(Buffer.from('\r'));
    await repl.line.until('>>> ', 30_000, 'the friendly prompt');
  }),
);

test('a name from a board stays a plain name on this machine', () => {
  const names = ['m.mpy', '../../etc/passwd', '..', 'C:\\x', 'aux.txt', 'a\n\x04b', 'dots. .', ''];
  assert.deepEqual(names.map(localName), [
    ...['m.mpy', '.._.._etc_passwd', '__', 'C__x', '_aux.txt', 'a__b', 'dots___', '_'],
  ]);
});
