import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from './lock.ts';

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'natmod-lock-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('lets one work at a time', () =>
  inFolder(async (folder) => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await sleep(20);
      inside--;
    };
    await Promise.all([1, 2, 3, 4].map(() => withLock(join(folder, 'lock'), work)));
    assert.equal(most, 1);
  }));

test('takes over a lock whose owner was killed, one waiter at a time', () =>
  inFolder(async (folder) => {
    const lock = join(folder, 'lock');
    await mkdir(lock);
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lock, longAgo, longAgo);
    let inside = 0;
    const work = async () => {
      assert.equal(++inside, 1);
      await sleep(20);
      inside--;
    };
    await Promise.all([1, 2, 3].map(() => withLock(lock, work)));
  }));

test('is free again after work that failed', () =>
  inFolder(async (folder) => {
    const lock = join(folder, 'lock');
    await assert.rejects(
      withLock(lock, () => Promise.reject(new Error('broken'))),
      /broken/,
    );
    assert.equal(await withLock(lock, async () => 'done'), 'done');
  }));
