// What a test does about a tool, a package or a network that isn't there: on a user's machine it is skipped, and the
// skip is counted; on the build server (`CI=true`), which has everything, it fails.

import type { TestContext } from 'node:test';

/** Thrown by what a test builds on when this machine can't provide it; a fault of the thing itself is any other Error. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/**
 * @param what completes the sentence "needs ...", e.g. `qemu-system-arm (Debian package qemu-system-arm)`
 * @returns whether the test can go on; when not, the test is marked as skipped and should return at once
 * @throws Error on the build server when it can't
 */
export function need(t: Pick<TestContext, 'skip'>, what: string, available: boolean): boolean {
  if (available) return true;
  if (process.env.CI === 'true') throw new Error(`needs ${what}; the build server must have it`);
  t.skip(`needs ${what}`);
  return false;
}

/**
 * The same for things that must be made first, such as a firmware.
 * @returns what `get` gives, or undefined when it threw Unavailable and the test was skipped
 */
export async function needed<T>(
  t: Pick<TestContext, 'skip'>,
  what: string,
  get: () => T | Promise<T>,
): Promise<T | undefined> {
  try {
    return await get();
  } catch (fault) {
    if (!(fault instanceof Unavailable)) throw fault;
    need(t, `${what}: ${fault.message}`, false);
    return undefined;
  }
}
