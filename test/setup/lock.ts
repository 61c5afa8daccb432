// A lock between processes: test files run side by side, and two of them may want the same firmware built.
// The lock is a folder, since making a folder either succeeds or fails on every file system.

import { mkdir, rm, stat, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A living owner touches its lock this often, in milliseconds. */
const BEAT_MS = 2_000;
/** A lock untouched for so long belongs to nobody: its owner was killed. */
const STALE_MS = 20_000;

/**
 * Runs `work` while no other process runs work under the same `folder`, waiting as long as the other's takes.
 * `work` must not block the event loop for STALE_MS: others would take its lock for abandoned.
 */
export async function withLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(folder), { recursive: true });
  while (!(await take(folder))) {
    if (await isStale(folder)) await breakLock(folder);
    else await sleep(100);
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(folder, now, now).catch(() => undefined);
  }, BEAT_MS);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    await rm(folder, { recursive: true, force: true });
  }
}

async function take(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw fault;
  }
}

async function isStale(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > STALE_MS;
}

/**
 * Two waiters may see the same stale lock, and the slower must not remove the lock that the faster has just taken. So
 * removal happens under a lock of its own, after looking again.
 */
async function breakLock(folder: string): Promise<void> {
  const breaking = `${folder}.breaking`;
  if (!(await take(breaking))) {
    if (await isStale(breaking)) await rm(breaking, { recursive: true, force: true });
    await sleep(100);
    return;
  }
  try {
    if (await isStale(folder)) await rm(folder, { recursive: true, force: true });
  } finally {
    await rm(breaking, { recursive: true, force: true });
  }
}
