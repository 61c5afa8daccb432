import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs, { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { Failure } from '../../extension/core/diagnostic.ts';
import { fileStore } from '../../extension/node/file-store.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

async function failureOf(task: Promise<unknown>) {
  const thrown = await task.then(
    () => undefined,
    (fault: unknown) => fault,
  );
  assert.ok(thrown instanceof Failure, `${thrown}`);
  assert.equal(thrown.diagnostics.length, 1);
  return thrown.diagnostics[0];
}

test('writes a new file into folders that are not there yet, and leaves nothing else', async (t) => {
  const folder = temporaryFolder(t);
  await fileStore.writeAtomic(join(folder, 'a/b/x.mpy'), bytes('one'));
  assert.equal(readFileSync(join(folder, 'a/b/x.mpy'), 'utf8'), 'one');
  assert.deepEqual(readdirSync(join(folder, 'a/b')), ['x.mpy']);
});

test('a reader sees the old bytes or the new, never a part', async (t) => {
  const path = join(temporaryFolder(t), 'x');
  const contents = ['a'.repeat(3_000_000), 'b'.repeat(3_000_000)];
  writeFileSync(path, contents[0]);
  let writing = true;
  const writer = (async () => {
    for (let n = 1; n <= 10; n++) await fileStore.writeAtomic(path, bytes(contents[n % 2]));
    writing = false;
  })();
  while (writing) {
    const text = new TextDecoder().decode(await fileStore.read(path));
    assert.ok(contents.includes(text), `${text.length} bytes`);
  }
  await writer;
});

test('when writing fails, the old file and the folder stay as they were', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, 'x.mpy'));
  writeFileSync(join(folder, 'x.mpy', 'inside'), 'kept');
  const fault = await failureOf(fileStore.writeAtomic(join(folder, 'x.mpy'), bytes('new')));
  assert.match(fault.code, /^files\/(is-folder|not-folder)$/);
  assert.match(fault.message, /x\.mpy/);
  assert.ok(fault.hint);
  assert.deepEqual(readdirSync(folder), ['x.mpy']);
  assert.equal(readFileSync(join(folder, 'x.mpy', 'inside'), 'utf8'), 'kept');
});

test('a file where a folder should be is told as such', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'file'), '');
  const fault = await failureOf(fileStore.writeAtomic(join(folder, 'file', 'x'), bytes('')));
  assert.equal(fault.code, 'files/not-folder');
});

test('where no folder can be made is told at once', { skip: process.platform !== 'linux' }, async () => {
  const fault = await failureOf(fileStore.writeAtomic('/proc/natmod/a/x.mpy', bytes('')));
  assert.match(fault.message, /^Can't write \/proc\/natmod\/a\/x\.mpy: /);
});

test('two that make the same folders at once both write', async (t) => {
  const folder = join(temporaryFolder(t), 'a/b/c');
  await Promise.all(['x', 'y', 'z'].map((name) => fileStore.writeAtomic(join(folder, name), bytes(name))));
  assert.deepEqual(readdirSync(folder).sort(), ['x', 'y', 'z']);
});

test('folders and files are removed, with all that is in them, and what is not there is no fault', async (t) => {
  const folder = temporaryFolder(t);
  for (const name of ['a/b/x', 'y']) await fileStore.writeAtomic(join(folder, name), bytes(''));
  for (const name of ['a', 'y', 'no', 'no/no']) await fileStore.remove(join(folder, name));
  assert.deepEqual(readdirSync(folder), []);
});

test('a folder without permission to write is told as such', async (t) => {
  if (process.getuid?.() === 0 || process.platform === 'win32') return t.skip('root may write everywhere');
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o555);
  const fault = await failureOf(fileStore.writeAtomic(join(folder, 'x'), bytes('')));
  assert.equal(fault.code, 'files/access');
  chmodSync(folder, 0o755);
});

test('a link stays a link, and permissions stay', async (t) => {
  if (process.platform === 'win32') return t.skip('needs POSIX');
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'real'), 'old');
  chmodSync(join(folder, 'real'), 0o750);
  symlinkSync('real', join(folder, 'link'));
  await fileStore.writeAtomic(join(folder, 'link'), bytes('new'));
  assert.deepEqual(readdirSync(folder).sort(), ['link', 'real']);
  assert.equal(readFileSync(join(folder, 'real'), 'utf8'), 'new');
  assert.equal(statSync(join(folder, 'real')).mode & 0o777, 0o750);
});

test('what is not there is undefined, what is of the wrong kind is a fault', async (t) => {
  const folder = temporaryFolder(t);
  assert.equal(await fileStore.read(join(folder, 'no')), undefined);
  assert.equal(await fileStore.list(join(folder, 'no')), undefined);
  assert.equal(await fileStore.exists(join(folder, 'no/no')), false);
  assert.equal(await fileStore.exists(folder), true);
  assert.equal((await failureOf(fileStore.read(folder))).code, 'files/is-folder');
  await fileStore.remove(join(folder, 'no'));
});

test('a pipe that has nothing to say holds nobody up', { skip: process.platform === 'win32' }, async (t) => {
  const path = join(temporaryFolder(t), 'pipe');
  assert.equal(spawnSync('mkfifo', [path]).status, 0);
  const reading = fileStore.read(path);
  // A turn of the event loop, which whoever waited for the pipe would not get.
  await new Promise((done) => setTimeout(done, 20));
  // By a thread, too: whoever opens a pipe to write waits for the reader.
  await writeFile(path, 'at last');
  assert.equal(new TextDecoder().decode(await reading), 'at last');
});

test('a file that answers slowly is waited for once; then threads do', async (t) => {
  const path = join(temporaryFolder(t), 'x');
  writeFileSync(path, 'one');
  const real = fs.readFileSync;
  let waited = 0;
  t.mock.method(fs, 'readFileSync', (...asked: Parameters<typeof real>) => {
    waited++;
    // Nothing else can happen meanwhile.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    return real(...asked);
  });
  for (let count = 0; count < 5; count++) {
    assert.equal(new TextDecoder().decode(await fileStore.read(path)), 'one');
    for (let quick = 0; quick < 9; quick++) await fileStore.stamp(path);
  }
  assert.equal(waited, 1);
  // For the tests that follow.
  await new Promise((done) => setTimeout(done, 1100));
});

test('thousands of files in a row leave time for what else there is', async (t) => {
  const path = join(temporaryFolder(t), 'x');
  writeFileSync(path, 'one');
  let isDone = false;
  let turns = 0;
  const reading = (async () => {
    for (let count = 0; count < 20_000; count++) await fileStore.read(path);
    isDone = true;
  })();
  while (!isDone) {
    await new Promise((done) => setImmediate(done));
    turns++;
  }
  await reading;
  assert.ok(turns > 3, `${turns} turns of the event loop`);
});
