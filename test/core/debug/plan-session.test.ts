import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { test } from 'node:test';
import { findScript, planSession } from '../../../extension/core/debug/plan-session.ts';
import type { Files } from '../../../extension/core/ports.ts';

const onX64 = (arch: string) => arch === 'x64' || arch === 'x86';

test('the first of the module’s architectures that runs here or in QEMU is debugged', () => {
  assert.deepEqual(planSession({}, ['x64', 'armv7m'], onX64), { target: 'unix', arch: 'x64' });
  assert.deepEqual(planSession({}, ['xtensawin', 'armv6m', 'x64'], onX64), { target: 'qemu', arch: 'armv6m' });
  assert.deepEqual(
    planSession({}, ['x64', 'rv32imc'], () => false),
    { target: 'qemu', arch: 'rv32imc' },
  );
});

test('a target or a board of launch.json brings its architecture, where the module names no other that fits', () => {
  assert.deepEqual(planSession({ target: 'unix' }, ['armv7m'], onX64), { target: 'unix', arch: 'x64' });
  assert.deepEqual(planSession({ target: 'qemu' }, ['x64'], onX64), { target: 'qemu', arch: 'armv7m' });
  assert.deepEqual(planSession({ board: 'VIRT_RV32' }, ['x64'], onX64), { target: 'qemu', arch: 'rv32imc' });
  assert.deepEqual(planSession({ board: 'MPS2_AN385' }, ['armv6m'], onX64), { target: 'qemu', arch: 'armv6m' });
  assert.deepEqual(planSession({ target: 'openocd', board: 'pico2' }, ['x64', 'armv6m'], onX64), {
    target: 'openocd',
    arch: 'armv7emsp',
  });
  assert.deepEqual(planSession({ target: 'gdbserver', arch: 'xtensawin' }, ['x64'], onX64), {
    target: 'gdbserver',
    arch: 'xtensawin',
  });
});

test('architectures that run nowhere here are named, with what to do', () => {
  assert.throws(() => planSession({}, ['xtensawin', 'xtensa'], onX64), /xtensawin, xtensa/);
  assert.throws(() => planSession({ arch: 'xtensawin' }, ['x64'], onX64), /\(xtensawin\)/);
});

test('the module’s test script is found by the names that people give it', async () => {
  const there = new Set(['/m/main.py', '/m/tests/test_m.py', '/n/test_n.py', '/n/main.py']);
  const files: Pick<Files, 'exists' | 'resolve'> = {
    exists: async (path) => there.has(path),
    resolve: (...parts) => posix.resolve('/', ...parts),
  };
  assert.equal(await findScript('/m', 'm', files), '/m/tests/test_m.py');
  assert.equal(await findScript('/n', 'n', files), '/n/test_n.py');
  assert.equal(await findScript('/o', 'o', files), undefined);
});
