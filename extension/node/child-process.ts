// Programs run as children of ours, each the head of a process group: what it starts ends with it.

import { type ChildProcess, execFile, type SpawnOptions, spawn } from 'node:child_process';
import { delimiter, extname, join, resolve } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { Processes, ProcessRequest, ProcessResult } from '../core/ports.ts';
import { isProgram } from './file-store.ts';

/** What is kept of each of standard output and standard error, in bytes; the rest is counted. */
export const keptOutput = 16 * 1024 * 1024;

/** Between asking a group to end and ending it. */
const graceMs = 300;

const windows = process.platform === 'win32';

export const childProcesses: Processes = { run: (request) => run(request, process.env), find };

/** @param environment what the process inherits */
export function run(request: ProcessRequest, environment: NodeJS.ProcessEnv): Promise<ProcessResult> {
  if (request.cancel?.aborted) return Promise.resolve({ end: 'cancelled', code: -1, stdout: '', stderr: '' });
  if (request.interactive) return converse(request);
  const { argv, cwd } = request;
  const env = { ...environment, ...request.env };
  return new Promise<ProcessResult>((done) => {
    const child = spawn(argv[0], argv.slice(1), {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: !windows,
      windowsHide: true,
    });
    const stdout = collectOutput(request.onOutput);
    const stderr = collectOutput(request.onOutput);
    child.stdout.on('data', stdout.take);
    child.stderr.on('data', stderr.take);

    let ended: 'timeout' | 'cancelled' | undefined;
    const stop = (why: 'timeout' | 'cancelled') => {
      if (ended) return;
      ended = why;
      void endGroup(child).then(() => finish(ended!, -1));
    };
    const onCancel = () => stop('cancelled');
    request.cancel?.addEventListener('abort', onCancel, { once: true });
    const timer = request.timeoutMs === undefined ? undefined : setTimeout(stop, request.timeoutMs, 'timeout');

    let finished = false;
    const finish = (end: ProcessResult['end'], code: number, said = '') => {
      if (finished) return;
      finished = true;
      clearTimeout(timer);
      request.cancel?.removeEventListener('abort', onCancel);
      running.delete(child);
      // Something that outlived the group might hold the pipes open, and us alive.
      child.stdout.destroy();
      child.stderr.destroy();
      stdout.flush();
      stderr.flush();
      done({ end, code, stdout: stdout.text(), stderr: stderr.text() + said });
    };
    child.once('error', (fault) => finish('missing', -1, fault.message));
    child.once('close', (code, signal) => {
      if (ended) return;
      finish(code === null ? 'signal' : 'exited', code ?? -1, code === null ? `ended by ${signal}` : '');
    });
    if (child.pid !== undefined) endWithUs(child);
  }).catch((fault: NodeJS.ErrnoException) => {
    if (fault.code !== 'E2BIG' && fault.code !== 'ENAMETOOLONG') throw fault;
    return { end: 'too-long', code: -1, stdout: '', stderr: sizeOfCommand(argv, env) };
  });
}

/**
 * Beside what the system takes: Windows so many characters (https://learn.microsoft.com/windows/win32/api/processthreadsapi/nf-processthreadsapi-createprocessw),
 * Linux so many bytes a word, and of all words and the environment a share of the stack (https://man7.org/linux/man-pages/man2/execve.2.html).
 */
function sizeOfCommand(argv: readonly string[], env: NodeJS.ProcessEnv): string {
  const number = (size: number) => size.toLocaleString('en-US');
  if (windows) return `it has ${number(argv.join(' ').length)} characters, and Windows takes 32,767`;
  const words = [...argv, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)];
  const sizes = words.map((word) => Buffer.byteLength(word) + 1);
  const longest = Math.max(...sizes);
  if (process.platform === 'linux' && longest > longestLinuxWord)
    return `one of its words has ${number(longest)} bytes, and Linux takes ${number(longestLinuxWord)}`;
  const takes = process.platform === 'linux' ? 'a quarter of the stack (ulimit -s)' : '1,048,576';
  return `with its environment it has ${number(sizes.reduce((all, size) => all + size))} bytes, and the system takes ${takes}`;
}

const longestLinuxWord = 131_072;

/** Within our own process group: only that one may read from the terminal. Ctrl-C there reaches the program without us. */
function converse({ argv, cwd, env, cancel }: ProcessRequest): Promise<ProcessResult> {
  return new Promise((done) => {
    const child = spawn(argv[0], argv.slice(1), { cwd, env: { ...process.env, ...env }, stdio: 'inherit' });
    const stop = () => void child.kill();
    const finish = (end: ProcessResult['end'], code: number, stderr = '') => {
      cancel?.removeEventListener('abort', stop);
      done({ end: cancel?.aborted ? 'cancelled' : end, code, stdout: '', stderr });
    };
    cancel?.addEventListener('abort', stop, { once: true });
    child.once('error', (fault) => finish('missing', -1, fault.message));
    child.once('exit', (code) => finish(code === null ? 'signal' : 'exited', code ?? -1));
  });
}

/** A program that runs beside us: an emulator, a debugger. */
export interface Started {
  readonly child: ChildProcess;
  /** Its exit code, -1 when a signal ended it; rejects when it could not be started. */
  readonly ended: Promise<number>;
  /** Ends it with all that it started; resolves when it is gone. */
  end(): Promise<void>;
}

/** Starts a program without a shell; it ends with us at the latest. */
export function start(argv: readonly string[], options: SpawnOptions = {}): Started {
  const child = spawn(argv[0], argv.slice(1), { ...options, detached: !windows, windowsHide: true });
  if (child.pid !== undefined) endWithUs(child);
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  }).finally(() => running.delete(child));
  ended.catch(() => undefined);
  return {
    child,
    ended,
    end: async () => {
      if (running.has(child)) await endGroup(child);
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
      await ended.catch(() => undefined);
    },
  };
}

function collectOutput(onOutput: ((text: string) => void) | undefined) {
  const decoder = new StringDecoder('utf8');
  const pieces: string[] = [];
  let begun = '';
  let kept = 0;
  let dropped = 0;
  // Several programs share a channel: a line must not be torn apart by another's.
  const flush = () => {
    const text = begun;
    begun = '';
    if (text !== '') onOutput?.(text);
  };
  return {
    take: (bytes: Buffer) => {
      const room = Math.max(0, Math.min(bytes.length, keptOutput - kept));
      kept += room;
      dropped += bytes.length - room;
      if (room === 0) return;
      const text = decoder.write(bytes.subarray(0, room));
      pieces.push(text);
      const end = text.lastIndexOf('\n') + 1;
      begun += text.slice(0, end);
      if (end > 0) flush();
      begun += text.slice(end);
    },
    flush,
    text: () =>
      pieces.join('') + decoder.end() + (dropped > 0 ? `\n[${dropped} more bytes of output were dropped]\n` : ''),
  };
}

/** Ends a child with all that it started; resolves when no more can be done. */
async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined) return;
  if (windows) {
    await new Promise<void>((done) => execFile('taskkill', ['/pid', String(child.pid), '/T', '/F'], () => done()));
    return;
  }
  // First politely: compilers remove their temporary files. Then all the same: a grandchild may not listen.
  signalGroup(child, 'SIGTERM');
  const deadline = Date.now() + graceMs;
  while (signalGroup(child, 0) && Date.now() < deadline) await new Promise((done) => setTimeout(done, 10));
  signalGroup(child, 'SIGKILL');
}

/** @returns whether anything was there to get the signal. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-child.pid!, signal);
  } catch {
    return false;
  }
}

const running = new Set<ChildProcess>();

/** Own process groups don't get the terminal's Ctrl-C, and would go on after us. */
function endWithUs(child: ChildProcess): void {
  if (running.size === 0 && !process.listeners('exit').includes(endAll)) process.on('exit', endAll);
  running.add(child);
}

function endAll(): void {
  for (const child of running) {
    if (windows) child.kill();
    else signalGroup(child, 'SIGKILL');
  }
}

async function find(program: string): Promise<string | undefined> {
  const hasFolder = program.includes('/') || (windows && program.includes('\\'));
  const folders = hasFolder ? [''] : (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const endings = windows ? ['', ...(process.env.PATHEXT ?? '.EXE;.CMD;.BAT').split(';')] : [''];
  for (const folder of folders) {
    for (const ending of endings) {
      // On Windows a name without an ending is not a program.
      if (windows && ending === '' && extname(program) === '') continue;
      const path = resolve(join(folder, program + ending));
      if (await isProgram(path)) return path;
    }
  }
  return undefined;
}
