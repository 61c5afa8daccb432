// Python to bytecode without a MicroPython tree: its compiler as WebAssembly, from the npm package @pybricks/mpy-cross-v6, pinned
// because another release may give other bytes. It makes .mpy files of version 6.0, which all firmware of version 6 loads, and
// it can run once in a process only (a second run hangs): so each file gets a worker of its own.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { CompilePython } from '../core/ports.ts';

const script = `
const { workerData, parentPort } = require('node:worker_threads');
const { join } = require('node:path');
// Else it would take Node for a browser and fetch its file.
globalThis.fetch = undefined;
const program = require(join(workerData.folder, 'mpy-cross-v6.js'));
(program.default ?? program)({
  // Its file system has no folders: the name is for tracebacks.
  arguments: [...workerData.flags, '-s', workerData.name, 'source.py'],
  inputFileContents: workerData.source,
  callback: (status, mpy, out, err) =>
    parentPort.postMessage({ mpy: status === 0 ? mpy : undefined, said: [...out, ...err].join('\\n') }),
  locateFile: () => join(workerData.folder, 'mpy-cross-v6.wasm'),
});
`;

const timeoutMs = 60_000;

/** @param folders where the package's files may be, in order */
export function wasmPython(folders: readonly string[]): CompilePython | undefined {
  const folder = folders.find((candidate) => existsSync(join(candidate, 'mpy-cross-v6.wasm')));
  if (folder === undefined) return undefined;
  return (name, source, flags = [], cancel) =>
    new Promise((done) => {
      const worker = new Worker(script, { eval: true, workerData: { folder, name, source, flags }, execArgv: [] });
      const finish = (result: { mpy?: Uint8Array; said: string }) => {
        clearTimeout(timer);
        cancel?.removeEventListener('abort', stop);
        void worker.terminate();
        done(result);
      };
      const stop = () => finish({ said: 'cancelled' });
      const timer = setTimeout(() => finish({ said: `not done within ${timeoutMs / 1000} s` }), timeoutMs);
      cancel?.addEventListener('abort', stop, { once: true });
      worker.once('message', finish);
      worker.once('error', (fault) => finish({ said: String(fault) }));
      worker.once('exit', (code) => finish({ said: `it ended with code ${code}` }));
    });
}
