// Programs that run beside us for a while and must not outlive us: GDB, QEMU, OpenOCD. However we end, they do: by our own
// call, with our process, and on POSIX also when we are killed outright, for then a pipe closes that a watcher reads.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { Duplex, type Readable, type Writable } from 'node:stream';
import type { Port } from '../core/board/port.ts';
import { streamPort } from './stream-port.ts';

export interface Companion {
  readonly child: ChildProcess;
  /** Over the descriptors asked for. */
  readonly port: Port | undefined;
  /** How it ended, in words: `exit code 1`, `SIGKILL`, `not started: ...`. */
  readonly ended: Promise<string>;
  /** Kills it with all that it started; resolves when it is gone. To call it twice does no harm. */
  end(): Promise<void>;
}

export interface CompanionOptions {
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Descriptors, from 4 on, that it or a child of its reads from and writes to beside its standard ones. */
  readonly line?: { readonly input: number; readonly output: number } | undefined;
}

const windows = process.platform === 'win32';

/** Descriptor of the pipe that closes with us. */
const lifeline = 3;

/** Becomes the program, whose arguments are given as such; beside it a watcher ends the process group at our end. */
const watched = `(read -r _ <&${lifeline}; kill -9 0) & exec "$@" ${lifeline}<&-`;

const running = new Set<Companion>();

export function startCompanion(argv: readonly string[], options: CompanionOptions = {}): Companion {
  const { cwd, env, line } = options;
  const descriptors = Math.max(lifeline, line?.input ?? 0, line?.output ?? 0) + 1;
  const [program, ...args] = windows ? argv : ['/bin/sh', '-c', watched, 'natmod', ...argv];
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: Array.from({ length: descriptors }, () => 'pipe' as const),
    detached: !windows,
    windowsHide: true,
  });
  const streams = child.stdio as unknown as (Readable & Writable)[];
  // Whoever writes to what has ended learns it from `ended`.
  for (const stream of streams) stream?.on('error', () => undefined);
  const ended = new Promise<string>((done) => {
    child.once('error', (fault) => done(`not started: ${fault.message}`));
    child.once('exit', (code, signal) => done(signal ?? `exit code ${code}`));
  });
  const companion: Companion = {
    child,
    port: line && portOver(argv[0], streams[line.output], streams[line.input]),
    ended,
    end: async () => {
      await killGroup(child);
      await ended;
    },
  };
  if (running.size === 0 && !process.listeners('exit').includes(killAll)) process.on('exit', killAll);
  running.add(companion);
  void ended.then(() => {
    running.delete(companion);
    // The watcher is still there.
    signalGroup(child);
  });
  return companion;
}

function portOver(name: string, readable: Readable, writable: Writable): Port {
  const stream = Duplex.from({ readable, writable });
  return streamPort(name, stream, { close: async () => void stream.destroy() });
}

async function killGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  if (!windows) return signalGroup(child);
  await new Promise<void>((done) => execFile('taskkill', ['/pid', String(child.pid), '/T', '/F'], () => done()));
}

function signalGroup(child: ChildProcess): void {
  if (windows || child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}

function killAll(): void {
  for (const { child } of running) {
    if (windows) child.kill();
    else signalGroup(child);
  }
}
