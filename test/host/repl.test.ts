// The terminal and the jobs beside it, at a board that speaks the protocol, in time of its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portBusy } from '../../extension/core/board/errors.ts';
import { Line } from '../../extension/core/board/line.ts';
import type { Port } from '../../extension/core/board/port.ts';
import { RawRepl } from '../../extension/core/board/raw-repl.ts';
import { Failure } from '../../extension/core/diagnostic.ts';
import { Repl, type Script } from '../../extension/host/repl.ts';
import { SharedPort } from '../../extension/host/shared-port.ts';
import { FakeBoard, type Program, PythonError } from '../board/fake-board.ts';
import { VirtualClock } from '../board/virtual-clock.ts';

/** Answers the raw REPL's question; `loop` runs until Ctrl-C, `fail` raises, anything else is printed. */
const program: Program = async (source, io) => {
  const said = Buffer.from(source).toString('latin1');
  const [, first, second] = /^print\('(\w+)'\+'(\w+)'\)$/.exec(said) ?? [];
  if (first !== undefined) return io.print(`${first}${second}\n`);
  io.print(`ran ${said}\n`);
  if (said === 'fail') throw new PythonError('ValueError: no');
  while (said === 'loop') await io.sleep(100);
};

function setUp(address = 'fake', isBack?: () => Promise<boolean>) {
  const clock = new VirtualClock();
  const board = new FakeBoard(clock, program, { window: 32 });
  const state = { opens: 0, open: 0, busy: false };
  const port = new SharedPort(address, async (name) => {
    if (state.busy) throw new Failure(portBusy(name));
    state.opens++;
    state.open++;
    const opened = board.connect(name);
    let isOpen = true;
    const close = async () => {
      if (isOpen) state.open--;
      isOpen = false;
      await opened.close();
    };
    return { ...opened, close };
  });
  let screen = '';
  const repl = new Repl({ port, clock, print: (text) => (screen += text), isBack });
  const shown = async (text: string) => {
    for (let turn = 0; turn < 3000 && !screen.includes(text); turn++)
      await new Promise((resolve) => setImmediate(resolve));
    assert(screen.includes(text), `'${text}' is not in ${JSON.stringify(screen)}`);
    screen = screen.slice(screen.indexOf(text) + text.length);
  };
  return { clock, board, port, repl, state, shown };
}

const ask = (clock: VirtualClock) => async (port: Port) => {
  const raw = new RawRepl(new Line(port, clock));
  await raw.enter();
  const said = await raw.must('question', 'asking');
  await raw.leave();
  return said;
};

test('keys go to the board and its words to the screen', async () => {
  const { repl, shown } = setUp();
  await repl.start();
  await shown('>>> ');
  repl.input('1+1');
  await shown('1+1');
});

test('a job takes the port from the terminal, which goes on afterwards over the same port', async () => {
  const { repl, port, clock, state, shown } = setUp();
  await repl.start();
  await shown('>>> ');
  const jobs = [port.use(ask(clock)), port.use(ask(clock))];
  await shown('Natmod is using the board');
  repl.input('lost');
  assert.deepEqual(await Promise.all(jobs), ['ran question\n', 'ran question\n']);
  await shown('>>> ');
  repl.input('back');
  await shown('back');
  assert.deepEqual(state, { opens: 1, open: 1, busy: false });
  await repl.close();
  assert.equal(state.open, 0);
});

test('a job without a terminal leaves no port open, also when it fails; an emulated board lives on', async () => {
  const { port, clock, state } = setUp();
  await port.use(ask(clock));
  await assert.rejects(
    port.use(() => Promise.reject(new Error('job'))),
    /job/,
  );
  assert.deepEqual([state.opens, state.open], [2, 0]);
  const emulated = setUp('qemu:MPS2_AN385');
  await emulated.port.use(ask(emulated.clock));
  await emulated.port.use(ask(emulated.clock));
  assert.deepEqual([emulated.state.opens, emulated.state.open], [1, 1]);
  await emulated.port.release();
  assert.equal(emulated.state.open, 0);
});

/** What a run on a board comes down to. */
const script =
  (clock: VirtualClock, source: string): Script<{ traceback: string }> =>
  async (port, { cancel, onOutput, onRunning }) => {
    const raw = new RawRepl(new Line(port, clock));
    await raw.enter();
    await raw.submit(source);
    cancel.addEventListener('abort', () => void port.write(Uint8Array.of(3)), { once: true });
    onRunning();
    const { stderr } = await raw.collect({ silenceMs: Number.POSITIVE_INFINITY, onOutput });
    await raw.leave();
    return { traceback: stderr };
  };

test('a script runs in the terminal: its output, its traceback, Ctrl-C', async () => {
  const { repl, clock, shown } = setUp();
  await repl.start();
  assert.equal((await repl.run('a.py', script(clock, 'quick'))).traceback, '');
  await shown('a.py; Ctrl-C ends it');
  await shown('ran quick\r\n');
  assert.match((await repl.run('a.py', script(clock, 'fail'))).traceback, /ValueError: no/);
  await shown('ValueError: no\r\n');
  const running = repl.run('a.py', script(clock, 'loop'));
  await shown('ran loop');
  repl.input('\x03');
  assert.match((await running).traceback, /KeyboardInterrupt/);
  await shown('>>> ');
});

test('a script takes the place of the one that runs', async () => {
  const { repl, clock, shown } = setUp();
  const first = repl.run('a.py', script(clock, 'loop'));
  await shown('ran loop');
  const second = repl.run('b.py', script(clock, 'quick'));
  assert.match((await first).traceback, /KeyboardInterrupt/);
  assert.equal((await second).traceback, '');
  await shown('b.py; Ctrl-C ends it');
  await shown('ran quick\r\n');
});

test('a script runs where the terminal had no port before, and leaves it at the prompt', async () => {
  const { repl, clock, state, shown } = setUp();
  await repl.run('a.py', script(clock, 'quick'));
  await shown('ran quick');
  await shown('>>> ');
  assert.equal(state.open, 1);
});

test('the port is given to other programs on request, and taken back with Enter', async () => {
  const { repl, port, clock, state, shown } = setUp();
  await repl.start();
  await port.release();
  await shown('free for other programs');
  assert.equal(state.open, 0);
  // A job uses it for its own time.
  await port.use(ask(clock));
  assert.equal(state.open, 0);
  state.busy = true;
  repl.input('\r');
  await shown('in use by another program');
  state.busy = false;
  repl.input('x');
  repl.input('\r');
  await shown('>>> ');
  assert.equal(state.open, 1);
});

test('a board that was unplugged is taken back when it is there again', async () => {
  const back = { is: false };
  const { repl, board, state, shown } = setUp('/dev/ttyACM0', async () => back.is);
  await repl.start();
  await shown('>>> ');
  board.vanish();
  await shown('Waiting for it');
  assert.equal(state.open, 0);
  back.is = true;
  await shown('>>> ');
  repl.input('here');
  await shown('here');
});

test('a terminal that is closed waits for no board any more', async () => {
  const { repl, board, clock, state, shown } = setUp('/dev/ttyACM0', async () => false);
  await repl.start();
  board.vanish();
  await shown('Waiting for it');
  await repl.close();
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([state.open, clock.pending], [0, 0]);
});
