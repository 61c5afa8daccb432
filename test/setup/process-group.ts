// Child processes that never outlive the test that started them: emulators hold ports and compilers hold folders.
// Three ways for a test to end are covered: it ends the group itself, the process exits or gets a signal, the process
// is killed outright (Linux only, by setpriv's parent-death signal: https://man7.org/linux/man-pages/man1/setpriv.1.html).

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { onPath } from './packages.mjs';

const running = new Set<ChildProcess>();
let watching = false;

/** A started program: `ended` gives its exit code, shell-like: 128 + signal number when a signal ended it. */
export interface Group {
  readonly child: ChildProcess;
  readonly ended: Promise<number>;
  /** Kills the program and all that it started. To call it twice does no harm. */
  kill(): void;
}

/** @throws (by `ended`) when the program can't be started */
export function startGroup(argv: readonly string[], options: SpawnOptions = {}): Group {
  watchOwnEnd();
  const guarded =
    onPath('setpriv') && process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'KILL', ...argv] : argv;
  const child = spawn(guarded[0], guarded.slice(1), { ...options, detached: true });
  running.add(child);
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', (fault) => {
      running.delete(child);
      reject(fault);
    });
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve(code ?? 128 + (signal ? (signalNumbers[signal] ?? 0) : 0));
    });
  });
  // Whoever does not wait for the end must not be taken down by it.
  ended.catch(() => undefined);
  return { child, ended, kill: () => killGroup(child) };
}

/** Runs a program to its end. @returns what it wrote to both of its streams */
export async function output(
  argv: readonly string[],
  cwd?: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<{ code: number; text: string }> {
  const env = { ...environment, LC_ALL: 'C' };
  const group = startGroup(argv, { env, stdio: ['ignore', 'pipe', 'pipe'], ...(cwd ? { cwd } : {}) });
  let text = '';
  for (const stream of [group.child.stdout, group.child.stderr]) {
    stream?.setEncoding('utf8').on('data', (piece) => {
      text += piece;
    });
  }
  return { code: await group.ended, text };
}

const signalNumbers: Partial<Record<NodeJS.Signals, number>> = {
  SIGILL: 4,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || !running.has(child)) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}

function watchOwnEnd(): void {
  if (watching) return;
  watching = true;
  const killAll = () => {
    for (const child of running) killGroup(child);
  };
  process.on('exit', killAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      killAll();
      process.kill(process.pid, signal);
    });
  }
}
