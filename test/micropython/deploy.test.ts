// The whole way onto a real MicroPython with a file system: over a serial line as a socket, by the core and by the command line.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { hashSource, placeSource, writeSource } from '../../extension/core/board/agent.ts';
import { pathExpression } from '../../extension/core/board/python-literal.ts';
import type { RawRepl } from '../../extension/core/board/raw-repl.ts';
import { sendFiles } from '../../extension/core/board/transfer.ts';
import { Failure } from '../../extension/core/diagnostic.ts';
import { childProcesses } from '../../extension/node/child-process.ts';
import { need } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { serveBoard } from './board-server.ts';
import { withStorage } from './storage.ts';

const patience = { timeout: 300_000 };

const deflate = (bytes: Uint8Array, windowBits: number) => deflateRawSync(bytes, { windowBits });
/** All values of a byte, in no order that compresses. */
const content = Uint8Array.from({ length: 5000 }, (_, i) => (i * i * 31 + (i >> 3) * 7 + i) & 255);
const readBack = async (repl: RawRepl, path: string) => {
  const source = `import binascii\nwith open('${path}','rb') as f: print(binascii.hexlify(f.read()).decode())`;
  return Buffer.from((await repl.must(source, 'reading')).trim(), 'hex');
};
const filesIn = async (repl: RawRepl, folder: string) =>
  repl.must(`import os\nprint(sorted(os.listdir('${folder}')))`, 'listing');

test('the probe tells what a board is', patience, (t) =>
  withStorage(t, async ({ facts }) => {
    assert.equal(facts.flavour, 'micropython');
    assert.equal(facts.mpy?.arch, 'armv7em');
    assert.deepEqual(facts.features, { binaryInput: true, deflate: true, sha256: true, romfs: true, mount: true });
    const [storage] = facts.fileSystems;
    assert.equal(storage.path, '/');
    assert.equal(storage.total, 200 * 512);
    assert(storage.free > 90_000 && facts.freeHeap > 100_000);
    assert.deepEqual(facts.paths.slice(-1), ['/lib']);
  }),
);

for (const mode of ['binary', 'literal', 'base64'] as const) {
  test(`every byte arrives by ${mode}, in a folder made for it, and is not sent twice`, patience, (t) =>
    withStorage(t, async ({ repl, facts }) => {
      const files = [
        { path: '/deep/er/random.bin', bytes: content },
        { path: '/deep/text.py', bytes: Buffer.from('x = 1\n'.repeat(2000)) },
        { path: "/it's empty", bytes: new Uint8Array() },
      ];
      const paths = files.map(({ path }) => path);
      assert.deepEqual(await sendFiles(repl, files, { facts, deflate, mode }), { written: paths, unchanged: [], mode });
      for (const { path, bytes } of files.slice(0, 2)) assert(Buffer.from(bytes).equals(await readBack(repl, path)));
      const again = await sendFiles(repl, files, { facts, deflate, mode });
      assert.deepEqual(again, { written: [], unchanged: paths, mode: undefined });
      assert.equal(await filesIn(repl, '/deep/er'), "['random.bin']\n");
    }),
  );
}

test('storage too small for the new file leaves the old one, and nothing half', patience, (t) =>
  withStorage(
    t,
    async ({ repl, facts }) => {
      await sendFiles(repl, [{ path: '/m.bin', bytes: content.slice(0, 700) }], { facts });
      const large = [
        { path: '/m.bin', bytes: Uint8Array.from({ length: 20_000 }, (_, i) => content[i % 4999] ^ (i >> 5)) },
      ];
      const isFull = (thrown: unknown) => thrown instanceof Failure && thrown.diagnostics[0].code === 'board/full';
      await assert.rejects(sendFiles(repl, large, { facts }), isFull);
      // A board that does not tell how much room there is finds out while it writes.
      await assert.rejects(sendFiles(repl, large, { facts: { ...facts, fileSystems: [] } }), isFull);
      assert.equal(await filesIn(repl, '/'), "['m.bin']\n");
      assert(Buffer.from(content.slice(0, 700)).equals(await readBack(repl, '/m.bin')));
    },
    20,
  ),
);

test('Cancel in the middle leaves the old file, and nothing half', patience, (t) =>
  withStorage(t, async ({ repl, facts }) => {
    await sendFiles(repl, [{ path: '/m.bin', bytes: content.slice(0, 700) }], { facts });
    const cancel = new AbortController();
    const bytes = Uint8Array.from({ length: 30_000 }, (_, i) => content[i % 4999] ^ (i >> 7));
    const options = { facts, cancel: cancel.signal, onProgress: () => cancel.abort() };
    await assert.rejects(sendFiles(repl, [{ path: '/m.bin', bytes }], options), /Cancelled/);
    assert.equal(await filesIn(repl, '/'), "['m.bin']\n");
    assert(Buffer.from(content.slice(0, 700)).equals(await readBack(repl, '/m.bin')));
  }),
);

test('of several files none is replaced when one can not be, and no copies are left', patience, (t) =>
  withStorage(t, async ({ repl }) => {
    const names = ['/a', '/b', '/c', '/d'];
    const paths = names.map((name) => pathExpression(name)).join();
    const contents = `[(n,open(n).read())for n in sorted(os.listdir('/'))]`;
    await repl.must(`${hashSource}${writeSource}${placeSource}`, 'preparing');
    const write = (path: string, text: string) => `with open('${path}','w')as f:f.write('${text}')\n`;
    await repl.must(names.map((name) => write(`${name}.part`, 'new')).join(''), 'writing');
    // The third has no old file, and the last can't be renamed.
    await repl.must(['/a', '/b', '/d'].map((name) => write(name, 'old')).join(''), 'writing');
    const failing = `_os=os
class _Failing:
 def __getattr__(s,k):return getattr(_os,k)
 def rename(s,a,b):
  if a=='/d.part':raise OSError(5)
  _os.rename(a,b)
os=_Failing()
`;
    const { stderr } = await repl.execute(`${failing}_np([${paths}])`);
    assert.match(stderr, /OSError: (\[Errno 5\] EIO|5)\n$/);
    await repl.must('os=_os', 'mending');
    const left = await repl.must(`print([(n,open(n).read())for n in('a','b','d')],sorted(os.listdir('/')))`, 'reading');
    assert.equal(left, "[('a', 'old'), ('b', 'old'), ('d', 'old')] ['a', 'b', 'd', 'd.part']\n");
    // With nothing in the way all are replaced.
    await repl.must(['/a', '/b', '/c'].map((name) => write(`${name}.part`, 'new')).join(''), 'writing');
    await repl.must(`_np([${paths}])`, 'placing');
    assert.equal(
      await repl.must(`print(${contents})`, 'reading'),
      "[('a', 'new'), ('b', 'new'), ('c', 'new'), ('d', 'new')]\n",
    );
  }),
);

const top = resolve(import.meta.dirname, '../..');

test('natmod deploy builds for the board at a socket, sends, and proves the import', patience, async (t) => {
  if (!need(t, 'arm-none-eabi-gcc', onPath('arm-none-eabi-gcc'))) return;
  const folder = mkdtempSync(join(tmpdir(), 'natmod-deploy-'));
  try {
    await withStorage(t, async ({ port, repl }) => {
      cpSync(join(top, 'examples/factorial'), join(folder, 'factorial'), { recursive: true });
      await repl.leave();
      const server = await serveBoard(port);
      const natmod = (...args: string[]) =>
        childProcesses.run({
          argv: [
            ...[process.execPath, '--import', import.meta.resolve('tsx'), join(top, 'extension/cli-verbs.ts')],
            ...['deploy', join(folder, 'factorial'), '--port', server.address, ...args],
          ],
          env: { MPY_DIR: '' },
        });
      try {
        const first = await natmod();
        assert.equal(first.code, 0, first.stderr);
        assert.equal(first.stdout, '/lib/factorial.mpy: written and verified\n');
        const second = await natmod('--json');
        assert.equal(second.code, 0, second.stderr);
        assert.deepEqual(JSON.parse(second.stdout).transfer.unchanged, ['/lib/factorial.mpy']);
      } finally {
        server.close();
      }
      repl.line.listen();
      await repl.enter();
      assert.equal(await repl.must('import factorial\nprint(factorial.factorial(5))', 'calling'), '120\n');
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
