// What a build may remember of files that somebody is at work on: a fake file system tells when each answer comes.

import assert from 'node:assert/strict';
import test from 'node:test';
import { openInputs } from '../../../extension/core/compile/input-files.ts';
import { error, Failure } from '../../../extension/core/diagnostic.ts';
import type { Files, Stamp } from '../../../extension/core/ports.ts';
import { fileStore } from '../../../extension/node/file-store.ts';

class FakeFiles {
  readonly contents = new Map<string, { text: string; changed: number }>();
  /** What a look at these comes to. */
  readonly broken = new Set<string>();
  /** The next look waits for it. */
  held: Promise<void> | undefined;

  save(name: string, text: string, changed: number): void {
    this.contents.set(`/${name}`, { text, changed });
  }

  get port(): Files {
    return {
      ...fileStore,
      read: async (path) => {
        const file = this.contents.get(path);
        return file && new TextEncoder().encode(file.text);
      },
      stamp: async (path): Promise<Stamp | undefined> => {
        const held = this.held;
        this.held = undefined;
        await held;
        if (this.broken.has(path)) throw new Failure(error('files/read', `Can't read ${path}: ELOOP.`));
        const file = this.contents.get(path);
        if (!file) return undefined;
        const { text, changed } = file;
        return { size: text.length, modified: changed, changed, isFolder: false, isFile: true };
      },
    };
  }
}

/** By the file system's clock. */
const buildStart = 50;

test('headers that nobody touched held still, those that were saved or went did not', async () => {
  const files = new FakeFiles();
  for (const name of ['same.h', 'saved.h', 'gone.h']) files.save(name, name, 1);
  const inputs = openInputs(files.port);
  for (const path of files.contents.keys()) await inputs.digest(path);
  const start = inputs.now();
  files.save('saved.h', 'other', 60);
  files.contents.delete('/gone.h');
  const ended = inputs.now();
  const held = (name: string) => inputs.heldStill(['/same.h', `/${name}`], start, ended, buildStart);
  assert.deepEqual(await Promise.all(['same.h', 'saved.h', 'gone.h'].map(held)), [true, false, false]);
});

test('a header that is found only after its compiler began counts when it is older than the build', async () => {
  const files = new FakeFiles();
  files.save('old.h', 'old', buildStart - 1);
  files.save('new.h', 'new', buildStart);
  const inputs = openInputs(files.port);
  const start = inputs.now();
  for (const path of files.contents.keys()) await inputs.digest(path);
  const held = (name: string) => inputs.heldStill([`/${name}`], start, inputs.now(), buildStart);
  assert.deepEqual(await Promise.all(['old.h', 'new.h'].map(held)), [true, false]);
});

test('a header that is being read when a compiler begins was not read before it', async () => {
  const files = new FakeFiles();
  files.save('a.h', 'old', 1);
  const inputs = openInputs(files.port);
  let letGo = () => {};
  files.held = new Promise((done) => {
    letGo = done;
  });
  const reading = inputs.digest('/a.h');
  const start = inputs.now();
  // The compiler reads the old one, we the new one.
  files.save('a.h', 'new', 60);
  letGo();
  await reading;
  assert.equal(await inputs.heldStill(['/a.h'], start, inputs.now(), buildStart), false);
});

test('a header that can not be looked at any more is no fault behind one that changed', async (t) => {
  const unhandled: unknown[] = [];
  const note = (thrown: unknown) => unhandled.push(thrown);
  process.on('unhandledRejection', note);
  t.after(() => process.off('unhandledRejection', note));
  const files = new FakeFiles();
  for (const name of ['a.h', 'b.h']) files.save(name, name, 1);
  const inputs = openInputs(files.port);
  for (const path of files.contents.keys()) await inputs.digest(path);
  const start = inputs.now();
  files.save('a.h', 'other', 60);
  files.broken.add('/b.h');
  assert.equal(await inputs.heldStill(['/a.h', '/b.h'], start, inputs.now(), buildStart), false);
  assert.equal(await inputs.heldStill(['/b.h'], start, inputs.now(), buildStart), false);
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(unhandled, []);
});
