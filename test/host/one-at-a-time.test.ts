import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oneAtATime } from '../../extension/host/one-at-a-time.ts';

/** Jobs that end when told to, and a record of when they began and ended. */
function jobs() {
  const record: string[] = [];
  const ends = new Map<string, () => void>();
  const job = (name: string) => async () => {
    record.push(`${name} begins`);
    await new Promise<void>((resolve) => ends.set(name, resolve));
    record.push(`${name} ends`);
    return name;
  };
  const end = (name: string) => ends.get(name)?.();
  return { record, job, end };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('lets the second wait for the first, and the third share the result of the second', async () => {
  const { record, job, end } = jobs();
  const run = oneAtATime<string>();
  const results = [run('dir', job('1')), run('dir', job('2')), run('dir', job('3'))];
  await settle();
  assert.deepEqual(record, ['1 begins']);
  end('1');
  await settle();
  assert.deepEqual(record, ['1 begins', '1 ends', '2 begins']);
  end('2');
  assert.deepEqual(await Promise.all(results), ['1', '2', '2']);
});

test('starts a new one after the last has begun', async () => {
  const { record, job, end } = jobs();
  const run = oneAtATime<string>();
  const results = [run('dir', job('1')), run('dir', job('2'))];
  end('1');
  await settle();
  results.push(run('dir', job('3')));
  end('2');
  await settle();
  end('3');
  assert.deepEqual(await Promise.all(results), ['1', '2', '3']);
  assert.equal(record.length, 6);
});

test('does not hold up another folder', async () => {
  const { record, job } = jobs();
  const run = oneAtATime<string>();
  void run('a', job('1'));
  void run('b', job('2'));
  assert.deepEqual(record, ['1 begins', '2 begins']);
});

test('goes on after one that failed', async () => {
  const run = oneAtATime<string>();
  const failed = run('dir', () => Promise.reject(new Error('no')));
  const next = run('dir', async () => 'yes');
  await assert.rejects(failed, /no/);
  assert.equal(await next, 'yes');
  assert.equal(await run('dir', async () => 'again'), 'again');
});
