import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteQueue } from './byte-queue.ts';
import { execute, type Line } from './raw-repl.ts';

const soon = () => Date.now() + 2000;

/** A board that answers each write by a rule; what it was sent is kept. */
function fakeBoard(answer: (sent: string) => string): Line & { sent: string[] } {
  const received = new ByteQueue();
  const sent: string[] = [];
  return {
    received,
    sent,
    write(bytes) {
      const piece = Buffer.from(bytes).toString('latin1');
      sent.push(piece);
      const reply = answer(piece);
      if (reply) setImmediate(() => received.push(Buffer.from(reply, 'latin1')));
    },
  };
}

test('never sends more than the windows that the board has granted', async () => {
  const window = 32;
  let granted = 0;
  let got = 0;
  const board = fakeBoard((piece) => {
    if (piece === '\x05A\x01') {
      granted = 2 * window;
      return `R\x01${String.fromCharCode(window)}\x00\x01`;
    }
    if (piece === '\x04') return '\x04done\r\n\x04\x04>';
    const before = Math.floor(got / window);
    got += piece.length;
    assert.ok(got <= granted, `sent ${got} of ${granted}`);
    const grants = Math.floor(got / window) - before;
    granted += grants * window;
    return '\x01'.repeat(grants);
  });
  const source = 'x'.repeat(1000);
  assert.deepEqual(await execute(board, source, soon()), { stdout: 'done\n', stderr: '' });
  assert.equal(board.sent.slice(1, -1).join(''), source);
});

test('falls back to small pieces when the board declines raw-paste', async () => {
  const board = fakeBoard((piece) => (piece === '\x05A\x01' ? 'R\x00' : piece === '\x04' ? 'OK1\r\n\x04\x04>' : ''));
  assert.deepEqual(await execute(board, 'y'.repeat(600), soon()), { stdout: '1\n', stderr: '' });
  assert.deepEqual(
    board.sent.slice(1, -1).map((piece) => piece.length),
    [256, 256, 88],
  );
});

test('falls back as well when the board has never heard of raw-paste', async () => {
  const banner = 'raw REPL; CTRL-B to exit\r\n>';
  const board = fakeBoard((piece) => (piece === '\x05A\x01' ? banner : piece === '\x04' ? 'OK\x04no\r\n\x04>' : ''));
  assert.deepEqual(await execute(board, 'z', soon()), { stdout: '', stderr: 'no\n' });
});

test('fails at the deadline when the board is silent', async () => {
  await assert.rejects(
    execute(
      fakeBoard(() => ''),
      'z',
      Date.now() + 50,
    ),
    /in time/,
  );
});

test('fails at once when the line is closed', async () => {
  const board = fakeBoard(() => '');
  setTimeout(() => board.received.close('unplugged'), 20);
  await assert.rejects(execute(board, 'z', Date.now() + 60_000), /unplugged/);
});
