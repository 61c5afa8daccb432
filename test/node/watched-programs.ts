// Programs that a test starts and watches: whether they live, and what they come to.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** @returns the command that runs a script in Node */
export const node = (script: string, ...args: string[]) => [process.execPath, '-e', script, ...args];

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie without a parent of its own to reap it counts as dead.
    return !/\) Z /.test(existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '');
  } catch {
    return false;
  }
}

export async function waitFor(what: string, holds: () => boolean): Promise<void> {
  for (const start = Date.now(); !holds(); await wait(10))
    assert.ok(Date.now() - start < 60_000, `waited 60 s for ${what}`);
}
