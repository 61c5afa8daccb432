import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { needed } from '../setup/need.ts';
import { firmware } from './firmware.ts';
import { type QemuRequest, runQemu } from './qemu.ts';

const machine = 'qemu-MPS2_AN385';
const patience = { timeout: 300_000 };

before(async () => {
  // So that a first run's building is not counted as a test's time. What is missing is for the tests to report.
  await firmware(machine).catch(() => undefined);
}, patience);

const run = (request: Omit<QemuRequest, 'machine'>) => runQemu({ machine, ...request });

test('tells output and traceback apart', async (t) => {
  const result = await needed(t, machine, () => run({ script: "print('before')\nraise ValueError('é')" }));
  if (!result) return;
  assert.equal(result.code, 1);
  assert.equal(result.stdout, 'before\n');
  assert.match(result.stderr, /^Traceback[\s\S]*ValueError: é\n$/);
});

test('gives up on an endless script, with what it has printed', async (t) => {
  const script = "print('before')\nwhile True: pass";
  const result = await needed(t, machine, () => run({ script, timeoutMs: 2000 }));
  if (result) assert.deepEqual(result, { code: 124, stdout: 'before\n', stderr: 'not done in time' });
});

test('reports a crash at once, with the registers', async (t) => {
  const result = await needed(t, machine, () => run({ script: 'import machine\nmachine.mem32[0xfffffff0]' }));
  if (!result) return;
  assert.equal(result.code, 125);
  assert.match(result.stdout, /HardFault[\s\S]*xPSR/);
  assert.equal(result.stderr, 'the board crashed');
});

test('notices a board that switches itself off', async (t) => {
  const result = await needed(t, machine, () => run({ script: 'import machine\nmachine.reset()' }));
  if (result) assert.deepEqual(result, { code: 125, stdout: '', stderr: 'the emulator ended' });
});

test('sends a script longer than any buffer, and takes as long an answer', async (t) => {
  const script = `# ${'x'.repeat(10_000)}\nfor i in range(2000): print('line', i)`;
  const result = await needed(t, machine, () => run({ script }));
  if (result) assert.equal(result.stdout, Array.from({ length: 2000 }, (_, i) => `line ${i}\n`).join(''));
});

test('reports a syntax error in a long script, which the board stops reading', async (t) => {
  const result = await needed(t, machine, () => run({ script: `def f(:\n# ${'x'.repeat(3000)}` }));
  if (result) assert.match(result.stderr, /SyntaxError/);
});
