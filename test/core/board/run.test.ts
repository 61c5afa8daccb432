import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findFiles, type RunPorts, runScript } from '../../../extension/core/board/run.ts';
import type { Files } from '../../../extension/core/ports.ts';
import { type BoardIo, FakeBoard, type Program, PythonError } from '../../board/fake-board.ts';
import { FakePython } from '../../board/fake-python.ts';
import { VirtualClock } from '../../board/virtual-clock.ts';

const script = 'the script';

/** A board on which the script does what `act` does. */
function setUp(act: (io: BoardIo) => Promise<void>) {
  const clock = new VirtualClock();
  const python = new FakePython({ binaryInput: true });
  const program: Program = (source, io) =>
    Buffer.from(source).toString() === script ? act(io) : python.program(source, io);
  const board = new FakeBoard(clock, program, { window: 128 });
  const files = { read: async () => Buffer.from(script) } as unknown as Files;
  const build = () => Promise.reject(new Error('nothing is to be built'));
  const ports: RunPorts = { port: board.connect(), clock, files, build };
  let output = '';
  const run = (cancel?: AbortSignal, onOutput: (text: string) => void = () => undefined) =>
    runScript(
      {
        script: '/p/script.py',
        fresh: true,
        cancel,
        onOutput: (text) => {
          output += text;
          onOutput(text);
        },
      },
      ports,
    );
  return { board, clock, run, output: () => output };
}

const isFriendly = async ({ board, clock }: ReturnType<typeof setUp>) => {
  await new Promise<void>((resolve) => clock.after(1000, resolve));
  return board.isInFriendlyRepl;
};

test('a script may be silent for as long as it likes', async () => {
  const at = setUp(async (io) => {
    await io.sleep(3_600_000);
    io.print('done\n');
  });
  const { ok, code } = await at.run();
  assert.deepEqual([ok, code, at.output()], [true, 0, 'done\n']);
  assert(await isFriendly(at));
});

test('Cancel is a Ctrl-C for the script, which may clean up; its traceback is no fault then', async () => {
  const cancel = new AbortController();
  const at = setUp(async (io) => {
    io.print('ready\n');
    try {
      await io.read(1);
    } finally {
      io.print('cleaned up\n');
    }
  });
  const result = await at.run(cancel.signal, (text) => text.includes('ready') && cancel.abort());
  assert.equal(at.output(), 'ready\ncleaned up\n');
  assert.deepEqual([result.cancelled, result.code, result.diagnostics], [true, 1, []]);
  assert.match(result.traceback, /KeyboardInterrupt/);
  assert(await isFriendly(at));
});

test('a script that does not let go is given up five seconds after Cancel', async () => {
  const cancel = new AbortController();
  const at = setUp(async (io) => {
    io.print('ready\n');
    // Not for ever, or the test's process would never end.
    for (let naps = 0; naps < 100; naps++) await io.sleep(1e9).catch(() => undefined);
  });
  let started = 0;
  const result = await at.run(cancel.signal, () => {
    started = at.clock.now();
    cancel.abort();
  });
  assert.deepEqual([result.cancelled, result.ok], [true, false]);
  assert.equal(result.diagnostics[0].code, 'board/cancelled');
  assert.equal(at.clock.now() - started, 5000);
});

test('an exception is told at the line of the script', async () => {
  const at = setUp(async () => {
    throw new PythonError('ValueError: no');
  });
  const { ok, code, diagnostics } = await at.run();
  assert.deepEqual([ok, code], [false, 1]);
  assert.equal(diagnostics[0].message, 'ValueError: no');
  assert.deepEqual(diagnostics[0].where, { file: '/p/script.py', line: 1 });
});

test('a board that starts anew, or is pulled out, ends the run with what happened', async () => {
  const restarted = setUp(async (io) => {
    io.print('\nMPY: soft reboot\nMicroPython v1.26.1 on 2026-01-01; fake\nType "help()" for more information.\n>>> ');
    await io.sleep(1e9);
  });
  assert.equal((await restarted.run()).diagnostics[0].code, 'run/reset');
  const pulled = setUp(async (io) => {
    io.print('ready\n');
    await io.sleep(1e9);
  });
  const { diagnostics } = await pulled.run(undefined, () => pulled.board.vanish());
  assert.equal(diagnostics[0].code, 'board/gone');
});

test("a crash's report is read to its end, and there is no waiting for more", async () => {
  const at = setUp(async (io) => {
    io.print(
      'HardFault exception caught:\nR0:   00000000 R1:   00000001\nR14:  0001C001 R15:  0001C03A\nxPSR: 21000000\n',
    );
    await io.sleep(1e9);
  });
  const { crash, diagnostics } = await at.run();
  assert.equal(crash?.programCounter, 0x1c03a);
  assert.equal(diagnostics[0].code, 'run/crash');
  assert.match(diagnostics[0].message, /The board crashed\. HardFault, at 0x1c03a/);
});

test("a traceback's lines of Python are those of the project's sources, never of its module", async () => {
  const traceback = `Traceback (most recent call last):
  File "<stdin>", line 2, in <module>
  File "lib/more.py", line 5, in fail
  File "both.mpy", line 7, in other
ValueError: 42`;
  const files = { resolve: (...parts: string[]) => parts.join('/'), exists: async () => true } as unknown as Files;
  const find = await findFiles(traceback, ['<stdin>'], { script: '/s.py', dir: '/p' }, { files });
  assert.deepEqual(['<stdin>', 'lib/more.py', 'both.mpy'].map(find), ['/s.py', '/p/lib/more.py', undefined]);
});
