// The whole way onto a real MicroPython with a file system: over a serial line as a socket, by the core and by the command line.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { hashSource, placeSource, writeSource } from '../../extension/core/board/agent.ts';
import { deploy } from '../../extension/core/board/deploy.ts';
import { pathExpression } from '../../extension/core/board/python-literal.ts';
import type { RawRepl } from '../../extension/core/board/raw-repl.ts';
import { sendFiles } from '../../extension/core/board/transfer.ts';
import { Failure } from '../../extension/core/diagnostic.ts';
import { writeModule } from '../../extension/core/mpy/write.ts';
import type { Files } from '../../extension/core/ports.ts';
import { childProcesses } from '../../extension/node/child-process.ts';
import { clock } from '../../extension/node/clock.ts';
import { pythonModule } from '../modules.ts';
import { need, needed } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { serveBoard } from './board-server.ts';
import { firmware } from './firmware.ts';
import { type StorageBoard, withStorage } from './storage.ts';

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

const top = resolve(import.meta.dirname, '../..');

const boards = [
  ['MPS2_AN385', 'armv7em', 'arm-none-eabi-gcc'],
  ['VIRT_RV32', 'rv32imc', 'riscv64-unknown-elf-gcc'],
] as const;

for (const [board, arch, compiler] of boards) {
  const on = (t: TestContext, act: (at: StorageBoard) => Promise<void>, blocks = 200) =>
    withStorage(t, act, blocks, `qemu-${board}-storage`);

  test(`${board}: the probe tells what a board is`, patience, (t) =>
    on(t, async ({ facts }) => {
      assert.equal(facts.flavour, 'micropython');
      assert.equal(facts.mpy?.arch, arch);
      assert.deepEqual(facts.features, { binaryInput: true, deflate: true, sha256: true, romfs: true, mount: true });
      const [storage] = facts.fileSystems;
      assert.equal(storage.path, '/');
      assert.equal(storage.total, 200 * 512);
      assert(storage.free > 90_000 && facts.freeHeap > 100_000);
      assert.deepEqual(facts.paths.slice(-1), ['/lib']);
    }),
  );

  for (const mode of ['binary', 'literal', 'base64'] as const) {
    test(`${board}: every byte arrives by ${mode}, in a folder made for it, and is not sent twice`, patience, (t) =>
      on(t, async ({ repl, facts }) => {
        const files = [
          { path: '/deep/er/random.bin', bytes: content },
          { path: '/deep/text.py', bytes: Buffer.from('x = 1\n'.repeat(2000)) },
          { path: "/it's empty", bytes: new Uint8Array() },
        ];
        const paths = files.map(({ path }) => path);
        assert.deepEqual(await sendFiles(repl, files, { facts, deflate, mode }), {
          written: paths,
          unchanged: [],
          mode,
        });
        for (const { path, bytes } of files.slice(0, 2)) assert(Buffer.from(bytes).equals(await readBack(repl, path)));
        const again = await sendFiles(repl, files, { facts, deflate, mode });
        assert.deepEqual(again, { written: [], unchanged: paths, mode: undefined });
        assert.equal(await filesIn(repl, '/deep/er'), "['random.bin']\n");
      }),
    );
  }

  test(`${board}: storage too small for the new file leaves the old one, and nothing half`, patience, (t) =>
    on(
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
        await repl.must('import vfs\nvfs.umount("/")', 'unmounting');
        const isNowhere = (thrown: unknown) =>
          thrown instanceof Failure && thrown.diagnostics[0].code === 'board/no-storage';
        await assert.rejects(sendFiles(repl, large, { facts: { ...facts, fileSystems: [] } }), isNowhere);
      },
      20,
    ),
  );

  test(`${board}: Cancel in the middle leaves the old file, and nothing half`, patience, (t) =>
    on(t, async ({ repl, facts }) => {
      await sendFiles(repl, [{ path: '/m.bin', bytes: content.slice(0, 700) }], { facts });
      const cancel = new AbortController();
      const bytes = Uint8Array.from({ length: 30_000 }, (_, i) => content[i % 4999] ^ (i >> 7));
      const options = { facts, cancel: cancel.signal, onProgress: () => cancel.abort() };
      await assert.rejects(sendFiles(repl, [{ path: '/m.bin', bytes }], options), /Cancelled/);
      assert.equal(await filesIn(repl, '/'), "['m.bin']\n");
      assert(Buffer.from(content.slice(0, 700)).equals(await readBack(repl, '/m.bin')));
    }),
  );

  test(`${board}: of several files none is replaced when one can not be, and no copies are left`, patience, (t) =>
    on(t, async ({ repl }) => {
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
      const left = await repl.must(
        `print([(n,open(n).read())for n in('a','b','d')],sorted(os.listdir('/')))`,
        'reading',
      );
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

  test(`${board}: modules of packages are imported as proof, and one that another file hides is told`, patience, (t) =>
    on(t, async ({ port, repl }) => {
      await repl.must('import os, sys\nos.mkdir("/first")\nsys.path.insert(0, "/first")', 'making a folder');
      await repl.leave();
      const bytes = writeModule({ ...pythonModule(), header: { ...pythonModule().header, smallIntBits: 31 } });
      const texts: Record<string, Uint8Array> = {
        '/p/package.json': Buffer.from(
          '{"urls": [["tools/__init__.mpy", "m.mpy"], ["tools/inner/deep.mpy", "m.mpy"], ["plain.mpy", "m.mpy"]]}',
        ),
        '/p/m.mpy': bytes,
        '/p/plain.mpy': bytes,
      };
      const files = { read: async (path: string) => texts[path], resolve: posix.resolve } as unknown as Files;
      const build = () => Promise.reject(new Error('nothing is to be built'));
      const deployFile = (file: string, to: string) =>
        deploy({ files: [file], to, check: true, reset: false }, { port, clock, files, deflate, build });
      const printed = await deployFile('/p/package.json', 'lib/');
      assert.deepEqual(printed.diagnostics, []);
      assert.deepEqual(
        printed.transfer.written,
        ['tools/__init__', 'tools/inner/deep', 'plain'].map((each) => `/lib/${each}.mpy`),
      );
      assert.equal((await deployFile('/p/plain.mpy', '/first')).ok, true);
      const { ok, diagnostics } = await deployFile('/p/plain.mpy', '/lib');
      assert.deepEqual([ok, ...diagnostics.map(({ code }) => code)], [false, 'deploy/shadowed']);
      assert.match(diagnostics[0].message, /import plain takes "\/first\/plain\.mpy"/);
      await assert.rejects(deployFile('/p/plain.mpy', '../up'), /no folder to deploy to/);
    }),
  );

  test(
    `${board}: natmod deploy builds for the board at a socket, sends, and proves the import`,
    patience,
    async (t) => {
      if (!need(t, compiler, onPath(compiler))) return;
      const folder = mkdtempSync(join(tmpdir(), 'natmod-deploy-'));
      try {
        await on(t, async ({ port, repl }) => {
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
    },
  );
}

test('natmod deploy to the unix port puts a module where it looks, and proves the import', patience, async (t) => {
  if (!need(t, 'gcc', onPath('gcc'))) return;
  const program = await needed(t, 'the unix port', () => firmware('unix-x64'));
  if (program === undefined) return;
  const folder = mkdtempSync(join(tmpdir(), 'natmod-unix-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(top, 'examples/factorial'), join(folder, 'factorial'), { recursive: true });
  cpSync(join(top, 'test/vscode/fixtures/raises'), join(folder, 'raises'), { recursive: true });
  const natmod = (project: string, ...args: string[]) =>
    childProcesses.run({
      argv: [
        ...[process.execPath, '--import', import.meta.resolve('tsx'), join(top, 'extension/cli-verbs.ts')],
        ...['deploy', project, '--port', `unix:${program}`, ...args],
      ],
      cwd: folder,
      env: { MPY_DIR: '', MICROPYPATH: join(folder, 'lib') },
    });
  const file = join(folder, 'lib/factorial.mpy');
  const first = await natmod('factorial');
  assert.deepEqual([first.code, first.stdout], [0, `${file}: written and verified\n`], first.stderr);
  const second = await natmod('factorial', '--json');
  assert.deepEqual(JSON.parse(second.stdout).transfer.unchanged, [file]);
  const raising = await natmod('raises');
  assert.equal(raising.code, 1);
  assert.match(raising.stderr, /^raises\/raises\.c:4: error: .*import raises fails: ValueError: there is no sensor/m);
  const both = await natmod('factorial', join(folder, 'raises'));
  assert.match(both.stderr, /^natmod: error: One project .* are 2: .*deploy\/several/);
  const used = await childProcesses.run({
    argv: [program, '-c', 'import factorial; print(factorial.factorial(5))'],
    cwd: join(folder, 'lib'),
  });
  assert.equal(used.stdout, '120\n');
});
