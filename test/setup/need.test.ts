import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { need, needed, Unavailable } from './need.ts';

const ci = process.env.CI;
afterEach(() => {
  if (ci === undefined) delete process.env.CI;
  else process.env.CI = ci;
});

function recorder() {
  const skips: string[] = [];
  return { skips, skip: (message?: string) => void skips.push(message ?? '') };
}

test('skips with the reason on a machine that lacks the tool', async () => {
  delete process.env.CI;
  const t = recorder();
  assert.equal(need(t, 'a compiler', false), false);
  const lack = () => Promise.reject(new Unavailable('no compiler'));
  assert.equal(await needed(t, 'a firmware', lack), undefined);
  assert.deepEqual(t.skips, ['needs a compiler', 'needs a firmware: no compiler']);
});

test('fails on the build server instead', async () => {
  process.env.CI = 'true';
  const t = recorder();
  assert.throws(() => need(t, 'a compiler', false), /a compiler/);
  await assert.rejects(
    needed(t, 'a firmware', () => Promise.reject(new Unavailable('no compiler'))),
    /no compiler/,
  );
  assert.deepEqual(t.skips, []);
});

test('goes on when the tool is there, and hides no fault of the thing itself', async () => {
  delete process.env.CI;
  const t = recorder();
  assert.equal(need(t, 'a compiler', true), true);
  assert.equal(await needed(t, 'a firmware', () => 7), 7);
  await assert.rejects(
    needed(t, 'a firmware', () => Promise.reject(new Error('does not build'))),
    /does not build/,
  );
  assert.deepEqual(t.skips, []);
});
