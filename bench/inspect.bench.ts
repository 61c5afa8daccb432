// Reading and describing modules as large as they get, beside MicroPython's own tools/mpy-tool.py.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from '../extension/core/inspect/describe.ts';
import type { MpyModule, Relocation } from '../extension/core/mpy/module.ts';
import { writeModule } from '../extension/core/mpy/write.ts';
import { micropythonSource } from '../test/micropython/source.ts';
import { nativeModule, pythonModule } from '../test/modules.ts';
import { median, medianTime } from './measure.ts';
import type { Benchmark } from './run.ts';

const size = 300_000;

/** `parseMs300k`: the slower of a native and a Python module. Ratios: mpy-tool.py's time over that of our command line, both as a process. */
export const run: Benchmark = async () => {
  const tree = await micropythonSource();
  const native = writeModule(bigNative());
  const python = writeModule(bigPython());
  const nativeMs = medianTime(15, () => describe(native, 'native.mpy'));
  const pythonMs = medianTime(15, () => describe(python, 'python.mpy'));
  const hostile = new Uint8Array(10_000_000).fill(1);
  hostile.set([0x4d, 6, 5 << 2, 31, 0, 0x87, 0xff, 0x7f]);
  const hostileMs = medianTime(3, () => describe(hostile, 'hostile.mpy'));
  const folder = mkdtempSync(join(tmpdir(), 'natmod-bench-'));
  try {
    const file = join(folder, 'python.mpy');
    writeFileSync(file, python);
    const mpyTool = processTime(['python3', join(tree.path, 'tools/mpy-tool.py'), '-d', file]);
    const ours = processTime([process.execPath, 'dist/cli.js', 'inspect', '--disassemble', file]);
    return {
      parseMs300k: Math.max(nativeMs, pythonMs),
      nativeMs,
      pythonMs,
      hostileMs10M: hostileMs,
      mpyToolMs: mpyTool,
      oursMs: ours,
      ratioMpyTool: mpyTool / ours,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** A word in thirty is relocated, as in real modules. */
function bigNative(): MpyModule {
  const small = nativeModule('armv7m');
  const code = new Uint8Array(size);
  const relocations: Relocation[] = [];
  for (let offset = 0; offset < size; offset += 120)
    relocations.push({ base: 'text', offset, target: { kind: 'entry', index: offset % 80 } });
  return { ...small, code: { ...small.code, code, relocations } as typeof small.code };
}

function bigPython(): MpyModule {
  const small = pythonModule();
  const [child] = small.code.children;
  // Some 60 bytes of code in a function.
  const prelude = child.code.subarray(0, 6);
  const body = child.code.subarray(6, 9);
  const code = new Uint8Array(prelude.length + 18 * body.length + 1);
  code.set(prelude);
  for (let at = prelude.length; at < code.length - 1; at += body.length) code.set(body, at);
  code[code.length - 1] = 0x63;
  const one = { ...child, code };
  const children = Array.from({ length: Math.floor(size / (code.length + 2)) }, () => ({ ...one }));
  return { ...small, code: { ...small.code, children } as typeof small.code };
}

function processTime([program, ...args]: readonly string[]): number {
  const times: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const start = performance.now();
    const { status, stderr } = spawnSync(program, args, { cwd: join(import.meta.dirname, '..'), maxBuffer: 1 << 28 });
    if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
    times.push(performance.now() - start);
  }
  return median(times);
}
