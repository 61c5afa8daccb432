// Running programs that a test has started, directly or not, told from those of other tests by a variable in their environment.
// https://man7.org/linux/man-pages/man5/proc_pid_environ.5.html

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface MarkedProcess {
  readonly pid: number;
  /** Program and arguments. */
  readonly command: string;
}

/** @returns an environment for what is to be found by the same mark */
export function marked(mark: string): Record<string, string> {
  return { NATMOD_TEST_MARK: mark };
}

export async function markedProcesses(mark: string): Promise<MarkedProcess[]> {
  const found: MarkedProcess[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const read = (file: string) => readFile(join('/proc', pid, file), 'utf8').catch(() => '');
    if (!`${await read('environ')}\0`.includes(`NATMOD_TEST_MARK=${mark}\0`)) continue;
    const command = (await read('cmdline')).replaceAll('\0', ' ').trim();
    // What has ended and waits for its parent to notice has no command line.
    if (command !== '') found.push({ pid: Number(pid), command });
  }
  return found;
}

/** Waits for the end of what still ends. @throws AssertionError that names what does not */
export async function nothingRuns(mark: string): Promise<void> {
  let left = await markedProcesses(mark);
  for (const end = Date.now() + 60_000; left.length > 0 && Date.now() < end; await sleep(20))
    left = await markedProcesses(mark);
  assert.deepEqual(
    left.map(({ command }) => command),
    [],
  );
}
