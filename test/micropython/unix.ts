// Runs a Python script on MicroPython's unix port, with modules that it can import.
// https://docs.micropython.org/en/latest/unix/quickref.html

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startGroup } from '../setup/process-group.ts';

export interface UnixRequest {
  readonly script: string;
  /** Modules by the name that the script imports: `name` gives the file `<name>.mpy`; `a/b` lies in the package a. */
  readonly modules?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** 10 seconds by default. */
  readonly timeoutMs?: number;
}

export interface UnixResult {
  /** As a shell gives it: 128 + signal number when a signal ended it (139: segmentation fault), 124 at the timeout. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param firmwarePath a unix MicroPython, such as `await firmware('unix-x64')` */
export async function runUnix(firmwarePath: string, request: UnixRequest): Promise<UnixResult> {
  const folder = await mkdtemp(join(tmpdir(), 'natmod-unix-'));
  try {
    await writeFile(join(folder, 'script.py'), request.script);
    const modules = join(folder, 'modules');
    await mkdir(modules);
    for (const { name, bytes } of request.modules ?? []) {
      const path = join(modules, `${name}.mpy`);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, bytes);
    }
    return await run([firmwarePath, join(folder, 'script.py')], modules, request.timeoutMs ?? 10_000);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function run(argv: readonly string[], modules: string, timeoutMs: number): Promise<UnixResult> {
  const env = { ...process.env, MICROPYPATH: modules };
  const group = startGroup(argv, { env, cwd: modules, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  group.child.stdout?.setEncoding('utf8').on('data', (piece) => {
    stdout += piece;
  });
  group.child.stderr?.setEncoding('utf8').on('data', (piece) => {
    stderr += piece;
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    group.kill();
  }, timeoutMs);
  const code = await group.ended.finally(() => clearTimeout(timer));
  return late ? { code: 124, stdout, stderr: `${stderr}not done after ${timeoutMs} ms\n` } : { code, stdout, stderr };
}
