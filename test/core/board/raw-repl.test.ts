import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Line } from '../../../extension/core/board/line.ts';
import type { Port } from '../../../extension/core/board/port.ts';
import { RawRepl } from '../../../extension/core/board/raw-repl.ts';
import { Failure } from '../../../extension/core/diagnostic.ts';
import { FakeBoard, type FakeBoardOptions, type Program, PythonError } from '../../board/fake-board.ts';
import { VirtualClock } from '../../board/virtual-clock.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

/** Prints what it was given to run, and nothing else. */
const shows: Program = async (source, io) => {
  const said = text(source);
  const [, first, second] = /^print\('(\w+)'\+'(\w+)'\)$/.exec(said) ?? [];
  io.print(first === undefined ? `${said}\n` : `${first}${second}\n`);
};

function setUp(program: Program = shows, options: FakeBoardOptions = { window: 32 }) {
  const clock = new VirtualClock();
  const board = new FakeBoard(clock, program, options);
  const repl = new RawRepl(new Line(board.connect(), clock));
  return { clock, board, repl };
}

/** Answers the question by which `enter` finds its place; anything else goes to the program. */
const after =
  (program: Program): Program =>
  (source, io) =>
    text(source).startsWith("print('natmod") ? shows(source, io) : program(source, io);

const failsWith = (code: string, message: RegExp) => (thrown: unknown) => {
  assert(thrown instanceof Failure, String(thrown));
  assert.equal(thrown.diagnostics[0].code, code);
  assert.match(thrown.diagnostics[0].message, message);
  return true;
};

for (const [what, options] of [
  ['by raw paste', { window: 32 }],
  ['plainly when the board declines raw paste', { window: 0 }],
  ['plainly when the board has never heard of raw paste', {}],
] as const) {
  test(`runs a source ${what}`, async () => {
    const { repl } = setUp(shows, options);
    await repl.enter();
    const source = `# ${'x'.repeat(1000)}`;
    assert.deepEqual(await repl.execute(source), { stdout: `${source}\n`, stderr: '' });
    assert.deepEqual(await repl.execute('second'), { stdout: 'second\n', stderr: '' });
  });
}

test('never has more than two windows on the way', async () => {
  const { repl, board } = setUp(shows, { window: 32, msPerByte: 1 });
  await repl.enter();
  const before = board.sent.length;
  await repl.execute('x'.repeat(500));
  for (const piece of board.sent.slice(before)) assert(piece.length <= 64, `${piece.length} bytes at once`);
});

test('gives a board without raw paste 256 bytes at a time, and 10 ms for each', async () => {
  const { repl, board, clock } = setUp(shows, { window: 0 });
  await repl.enter();
  const before = board.sent.length;
  const started = clock.now();
  await repl.execute('y'.repeat(600));
  assert.deepEqual(
    board.sent.slice(before + 1, -1).map((piece) => piece.length),
    [256, 256, 88],
  );
  assert.equal(clock.now() - started, 30);
});

test('tells output and traceback apart', async () => {
  const { repl } = setUp(
    after(async (_, io) => {
      io.print('before\n');
      throw new PythonError('ValueError: é');
    }),
  );
  await repl.enter();
  const { stdout, stderr } = await repl.execute('whatever');
  assert.equal(stdout, 'before\n');
  assert.match(stderr, /^Traceback[\s\S]*ValueError: é\n$/);
});

test('hands output on as it comes, with newlines and characters whole', async () => {
  const { repl } = setUp(
    after(async (_, io) => {
      for (const byte of Buffer.from('größe\r\n2\r\n')) {
        io.send(Uint8Array.of(byte));
        await io.sleep(1);
      }
    }),
  );
  await repl.enter();
  const pieces: string[] = [];
  const { stdout } = await repl.execute('whatever', { onOutput: (piece) => pieces.push(piece) });
  assert.equal(stdout, 'größe\n2\n');
  assert.equal(pieces.join(''), stdout);
  assert(pieces.length > 5);
  assert(!pieces.some((piece) => /\r|\ufffd/.test(piece)));
});

test('reaches a board that is still booting, which loses what it is sent until then', async () => {
  const { repl, clock } = setUp(shows, { window: 32, bootMs: 3200 });
  await repl.enter();
  assert(clock.now() >= 3200);
  assert.deepEqual(await repl.execute('hello'), { stdout: 'hello\n', stderr: '' });
});

test('stops a program that runs, also one that takes Ctrl-C for data', async () => {
  for (const interruptible of [true, false]) {
    const receiver = after(async (_, io) => {
      const unit = await io.read(200);
      if (unit.includes(3)) throw new PythonError('KeyboardInterrupt: ');
    });
    const { repl, board, clock } = setUp(receiver, { window: 32, interruptible });
    await repl.enter();
    await repl.submit('receive');
    // Another session, as after a cable was pulled and plugged in again.
    const other = new RawRepl(new Line(board.connect(), clock));
    await other.enter();
    assert.equal((await other.execute("print('natmod'+'lives')")).stdout, 'natmodlives\n');
  }
});

test('says that there is no prompt, and what came instead', async () => {
  const { repl, clock } = setUp(shows, { bootMs: 1e9 });
  await assert.rejects(repl.enter(), failsWith('board/no-repl', /no MicroPython prompt at fake.*10 s/));
  assert(clock.now() < 20_000);
});

test('tells an echo from a board', async () => {
  const clock = new VirtualClock();
  let listener: Parameters<Port['listen']>[0] | undefined;
  const loop: Port = {
    name: 'loop',
    write: async (bytes) => listener?.data(bytes),
    listen: (next) => {
      listener = next;
    },
    close: async () => undefined,
  };
  await assert.rejects(new RawRepl(new Line(loop, clock)).enter(), failsWith('board/no-repl', /comes back as an echo/));
});

test('a silent board is given up at its time, with the number', async () => {
  const { repl, clock } = setUp(after((_, io) => io.sleep(1e9)));
  await repl.enter();
  const started = clock.now();
  await assert.rejects(repl.execute('whatever'), failsWith('board/silent', /waited 10 s for the end of an answer/));
  assert.equal(clock.now() - started, 10_000);
});

test('a board that never stops talking is given up', async () => {
  const { repl } = setUp(
    after(async (_, io) => {
      for (let line = 0; line < 5000; line++) {
        io.print('x'.repeat(1000));
        await io.sleep(1);
      }
    }),
  );
  await repl.enter();
  await assert.rejects(repl.execute('whatever'), failsWith('board/flood', /keeps sending/));
});

test('a pulled cable ends the wait at once', async () => {
  const { repl, board, clock } = setUp(after((_, io) => io.sleep(1e9)));
  await repl.enter();
  const started = clock.now();
  clock.after(50, () => board.vanish());
  await assert.rejects(repl.execute('whatever'), failsWith('board/gone', /unplugged/));
  assert.equal(clock.now() - started, 50);
  await assert.rejects(repl.execute('whatever'), failsWith('board/gone', /unplugged/));
});

test('Cancel ends the wait at once, and the board can be used again', async () => {
  const { repl, clock } = setUp(after((source, io) => (text(source) === 'wait' ? io.sleep(5000) : shows(source, io))));
  await repl.enter();
  const cancel = new AbortController();
  repl.line.obey(cancel.signal);
  clock.after(50, () => cancel.abort());
  await assert.rejects(repl.execute('wait'), failsWith('board/cancelled', /as they were/));
  repl.line.obey(undefined);
  await repl.enter();
  assert.equal((await repl.execute('again')).stdout, 'again\n');
});

test('leaves the board in its friendly REPL', async () => {
  const { repl, board, clock } = setUp();
  await repl.enter();
  await repl.leave();
  await new Promise<void>((resolve) => clock.after(10, resolve));
  assert(board.isInFriendlyRepl);
});
