import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showProgress } from '../../extension/cli/transfer-progress.ts';

const half = { path: '/lib/m.mpy', done: 3000, total: 6000, rate: 10_400, secondsLeft: 0.29 };

test('a person sees how much is sent, how fast, and how long it will take, on one line that goes away', () => {
  let said = '';
  const progress = showProgress({ live: true, complain: (text) => (said += text) });
  progress.show(half);
  assert.equal(said, '\r/lib/m.mpy: 50 % of 6000 bytes, 10.4 KB/s, 1 s left');
  progress.show({ ...half, done: 6000 });
  assert.match(said, /\r\/lib\/m\.mpy: 100 % of 6000 bytes, 10\.4 KB\/s +$/);
  progress.clear();
  assert.match(said, /\r +\r$/);
});

test('a log gets none of it', () => {
  const progress = showProgress({ live: false, complain: (text) => assert.fail(text) });
  progress.show(half);
  progress.clear();
});
