// The whole way onto a real MicroPython with a file system: over a serial line as a socket, by the core and by the command line.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { Line } from '../../extension/core/board/line.ts';
import type { Port } from '../../extension/core/board/port.ts';
import { type BoardFacts, probe } from '../../extension/core/board/probe.ts';
import { RawRepl } from '../../extension/core/board/raw-repl.ts';
import { sendFiles } from '../../extension/core/board/transfer.ts';
import { Failure } from '../../extension/core/diagnostic.ts';
import { childProcesses } from '../../extension/node/child-process.ts';
import { clock } from '../../extension/node/clock.ts';
import { need, needed } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { bootBoard } from './qemu.ts';

const patience = { timeout: 300_000 };

/** Makes a file system in the board's memory and mounts it where a board's flash is. */
const mountStorage = (blocks: number) => `
import sys, vfs
class Storage:
    def __init__(self, blocks):
        self.data = bytearray(512 * blocks)
    def readblocks(self, block, into, offset=0):
        at = 512 * block + offset
        into[:] = self.data[at:at + len(into)]
    def writeblocks(self, block, data, offset=0):
        at = 512 * block + offset
        self.data[at:at + len(data)] = data
    def ioctl(self, what, block):
        return {4: len(self.data) // 512, 5: 512}.get(what, 0)
storage = Storage(${blocks})
vfs.VfsLfs2.mkfs(storage)
vfs.mount(vfs.VfsLfs2(storage), '/')
sys.path.append('/lib')
del storage
`;

interface Board {
  readonly port: Port;
  readonly repl: RawRepl;
  readonly facts: BoardFacts;
}

async function withStorage(t: TestContext, act: (board: Board) => Promise<void>, blocks = 200): Promise<void> {
  const port = await needed(t, 'a board in QEMU', () => bootBoard('qemu-MPS2_AN385-storage'));
  if (!port) return;
  try {
    const repl = new RawRepl(new Line(port, clock));
    await repl.enter();
    await repl.must(mountStorage(blocks), 'mounting');
    await act({ port, repl, facts: await probe(repl) });
  } finally {
    await port.close();
  }
}

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

const top = resolve(import.meta.dirname, '../..');

test('natmod deploy builds for the board at a socket, sends, and proves the import', patience, async (t) => {
  if (!need(t, 'arm-none-eabi-gcc', onPath('arm-none-eabi-gcc'))) return;
  const folder = mkdtempSync(join(tmpdir(), 'natmod-deploy-'));
  try {
    await withStorage(t, async ({ port, repl }) => {
      cpSync(join(top, 'examples/factorial'), join(folder, 'factorial'), { recursive: true });
      await repl.leave();
      // What stands between the board and the command line may not make sense of the bytes.
      const server = createServer((socket) => {
        socket.setNoDelay(true);
        // The command line leaves with the board's last words unread.
        socket.on('error', () => undefined);
        socket.on('data', (bytes) => void port.write(bytes));
        port.listen({ data: (bytes) => socket.write(bytes), ended: () => socket.destroy() });
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = `socket://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const natmod = (...args: string[]) =>
        childProcesses.run({
          argv: [
            ...[process.execPath, '--import', import.meta.resolve('tsx'), join(top, 'extension/cli-verbs.ts')],
            ...['deploy', join(folder, 'factorial'), '--port', address, ...args],
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
