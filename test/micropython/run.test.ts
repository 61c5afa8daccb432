// `natmod run`: a script with a native module on real MicroPython, on emulated boards and as a process.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { mountModules } from '../../extension/core/board/memory-modules.ts';
import { childProcesses } from '../../extension/node/child-process.ts';
import { top } from '../projects.ts';
import { need, needed } from '../setup/need.ts';
import { onPath } from '../setup/packages.mjs';
import { type FirmwareName, firmware } from './firmware.ts';
import { withStorage } from './storage.ts';

const patience = { timeout: 300_000 };
const command = [process.execPath, '--import', import.meta.resolve('tsx'), join(top, 'extension/cli-verbs.ts'), 'run'];

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const boards = [
  ['qemu:MPS2_AN385', 'qemu-MPS2_AN385', ['qemu-system-arm', 'arm-none-eabi-gcc']],
  ['qemu:VIRT_RV32', 'qemu-VIRT_RV32', ['qemu-system-riscv32', 'riscv64-unknown-elf-gcc']],
  ['unix', 'unix-x64', ['gcc']],
] as const;

/** Runs scripts at one place, with the module `faulty` beside them. */
async function setUp(t: TestContext, place: string, name: FirmwareName, programs: readonly string[]) {
  for (const program of programs) if (!need(t, program, onPath(program))) return undefined;
  const image = await needed(t, name, () => firmware(name));
  if (image === undefined) return undefined;
  const dir = mkdtempSync(join(tmpdir(), 'natmod-run-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  cpSync(join(import.meta.dirname, 'faulty'), join(dir, 'project'), { recursive: true });
  const where = place === 'unix' ? ['--on', `unix:${image}`] : ['--on', place, '--firmware', image];
  const argvOf = (script: string) => {
    writeFileSync(join(dir, 'script.py'), script);
    return [...command, join(dir, 'script.py'), ...where, '--module', join(dir, 'project')];
  };
  return {
    dir,
    argvOf,
    run: (script: string): Promise<Run> => childProcesses.run({ argv: argvOf(script), cwd: dir, env: { MPY_DIR: '' } }),
  };
}

for (const [place, name, programs] of boards) {
  test(
    `${place}: what a script prints comes out, and an exception is told at the C line that raised it`,
    patience,
    async (t) => {
      const at = await setUp(t, place, name, programs);
      if (!at) return;
      const fine = await at.run('import faulty\nprint(faulty.check(2), "größe")\n');
      assert.deepEqual([fine.code, fine.stdout, fine.stderr], [0, '2 größe\n', '']);

      const raising = await at.run('import faulty\nprint("before")\ndef f(x):\n    faulty.check(x)\nf(4)\n');
      assert.equal(raising.code, 1, raising.stderr);
      assert.match(raising.stdout, /^before\n/);
      assert.match(`${raising.stdout}${raising.stderr}`, /^Traceback/m);
      const place6 = 'project/faulty.c:6: error: ValueError: more than three [run/raised]';
      assert.deepEqual(raising.stderr.split('\n').slice(-4), [
        ...[place6, 'script.py:4: note: called in f', 'script.py:5: note: called here', ''],
      ]);
    },
  );

  test(`${place}: a crash in C is told, where the board tells where at its line`, patience, async (t) => {
    const at = await setUp(t, place, name, programs);
    if (!at) return;
    const { code, stderr } = await at.run('import faulty\nfaulty.poke(0xF0000000)\n');
    assert.equal(code, 1);
    if (place === 'unix') assert.match(stderr, /error: The board crashed\. SIGSEGV: .* \[run\/crash\]\n/);
    else
      assert.match(
        stderr,
        /^project\/faulty\.c:1[456]: error: The board crashed\. .* at 0x\w+ poke\+0x\w+ at faulty\.c:1[456] /m,
      );
  });
}

for (const [place, name, programs] of boards)
  test(
    `${place}: sys.exit ends a script without a fault, with the code or the text that it was given`,
    patience,
    async (t) => {
      const at = await setUp(t, place, name, programs);
      if (!at) return;
      const run = async (script: string) => {
        const { code, stdout, stderr } = await at.run(`import sys\n${script}\n`);
        return [code, stdout, stderr];
      };
      assert.deepEqual(await run('print("bye")\nsys.exit()'), [0, 'bye\n', '']);
      assert.deepEqual(await run('def f(): sys.exit(7)\nprint("größe"); f()'), [7, 'größe\n', '']);
      assert.deepEqual((await run('raise SystemExit("no sensor")'))[0], 1);
      const [hidden, , why] = await run('getattr(sys, "ex" "it")(3)');
      if (place === 'unix') assert.equal(hidden, 3);
      else assert.match(`${hidden} ${why}`, /^1 .*whether it has succeeded is not known\. \[run\/exit\]/);
      assert.deepEqual(await run('try: sys.exit(2)\nexcept SystemExit: print("stays", __name__)'), [
        0,
        'stays __main__\n',
        '',
      ]);
      const [code, , told] = await run('def g(x):\n    if not x: sys.exit(1)\n    x.none\ng(5)');
      assert.equal(code, 1);
      assert.deepEqual(String(told).split('\n').slice(-3), [
        "script.py:4: error: AttributeError: 'int' object has no attribute 'none' [run/raised]",
        'script.py:5: note: called here',
        '',
      ]);
    },
  );

test(
  'Ctrl-C ends a script that does not heed it, too, with the exit code of an interrupted program',
  patience,
  async (t) => {
    const at = await setUp(t, ...boards[0]);
    if (!at) return;
    // The emulated board's firmware does not look for Ctrl-C while a program runs.
    const argv = at.argvOf('print("ready")\nwhile True: pass\n');
    const child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (piece) => {
      stdout += piece;
      if (stdout === 'ready\n') child.kill('SIGINT');
    });
    const [code] = await once(child, 'close');
    assert.deepEqual([code, stdout], [130, 'ready\n']);
  },
);

test(
  'what was built for the place is imported, not what lies beside the script under the same name',
  patience,
  async (t) => {
    const at = await setUp(t, ...boards[2]);
    if (!at) return;
    writeFileSync(join(at.dir, 'faulty.py'), 'def check(x): return "the one beside"\n');
    writeFileSync(join(at.dir, 'other.py'), 'name = "other"\n');
    const fine = await at.run(
      'import faulty, other, sys\nprint(faulty.check(2), other.name, __name__, len(sys.argv))\n',
    );
    assert.deepEqual([fine.code, fine.stdout, fine.stderr], [0, '2 other __main__ 1\n', '']);
    const raising = await at.run('import faulty\n\nfaulty.check(4)\n');
    assert.deepEqual(raising.stderr.split('\n').slice(-3), [
      ...['project/faulty.c:6: error: ValueError: more than three [run/raised]', 'script.py:3: note: called here', ''],
    ]);
  },
);

test('modules are imported from memory where the firmware has no ROMFS, too', patience, (t) =>
  withStorage(t, async ({ repl, facts }) => {
    if (!(await needed(t, 'mpy-cross', () => firmware('mpy-cross')))) return;
    const older = { ...facts, features: { ...facts.features, romfs: false } };
    const deflate = (bytes: Uint8Array, windowBits: number) => deflateRawSync(bytes, { windowBits });
    const files = [
      { path: 'plain.py', bytes: Buffer.from('def f(): return "plain"\n'.padEnd(3000, '#\n')) },
      { path: 'package/__init__.py', bytes: Buffer.from('from .inner import g\n') },
      { path: 'package/inner.py', bytes: Buffer.from('def g(): return "inner"\n') },
    ];
    for (const each of [older, facts]) {
      await mountModules(repl, files, { facts: each, deflate });
      const script = 'import sys, plain, package\nprint(plain.f(), package.g(), sys.path[0])\nsys.modules.clear()\n';
      assert.equal(await repl.must(script, 'importing'), 'plain inner /natmod\n');
    }
  }),
);

test('what can not be started is refused with the mend', patience, async (t) => {
  const at = await setUp(t, ...boards[0]);
  if (!at) return;
  const script = join(at.dir, 'script.py');
  writeFileSync(script, '');
  const refused = async (...args: string[]) => {
    const { code, stderr } = await childProcesses.run({
      argv: [...command, ...args],
      cwd: at.dir,
      env: { MPY_DIR: '' },
    });
    return `${code} ${stderr}`;
  };
  assert.match(
    await refused(script, '--on', 'qemu:MPS2_AN385'),
    /^1 .*--firmware FILE[\s\S]*$|^1 [\s\S]*run\/no-firmware/,
  );
  assert.match(await refused(script, '--on', '/dev/ttyX', '--baud', 'fast'), /^2 .*a number of bits a second/);
  assert.match(await refused(script, '--on', 'qemu:NONE'), /^2 .*QEMU's boards are MPS2_AN385/);
  assert.match(await refused(script, '--on', `unix:${join(at.dir, 'none')}`), /^1 .*run\/no-unix/);
  assert.match(await refused(join(at.dir, 'none.py'), '--on', 'unix'), /^1 none\.py: error: .*run\/missing/);
  assert.match(await refused(script, '--on', join(at.dir, 'tty')), /^1 .*There is no port .*board\/port-missing/);
});
