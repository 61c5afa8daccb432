import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkModule, verdictOf } from '../../../extension/core/board/choose-build.ts';
import { readFacts } from '../../../extension/core/board/probe.ts';
import { writeModule } from '../../../extension/core/mpy/write.ts';
import { nativeModule } from '../../modules.ts';

/** A Pico with MicroPython 1.26: format 6.3, armv6m. */
const pico = readFacts(
  'name=micropython\nversion=1.26.1\nmpy=4870\nmachine=Raspberry Pi Pico with RP2040\nplatform=rp2\ncwd=/\n',
);

test('the inspector tells whether the board that was asked loads the module, and else what to build', () => {
  assert.ok(pico);
  assert.deepEqual(verdictOf(writeModule(nativeModule('armv6m')), 'm.mpy', pico), {
    group: 'connected',
    on: 'Raspberry Pi Pico with RP2040, MicroPython 1.26.1',
    loads: true,
    because: 'it says that it loads armv6m of version 6.3',
  });
  const other = verdictOf(writeModule(nativeModule('armv7m')), 'm.mpy', pico);
  assert.equal(other.loads, false);
  assert.match(other.because, /holds armv7m code, the board runs armv6m.*--arch armv6m --abi 6\.3/);
  const cut = verdictOf(writeModule(nativeModule('armv6m')).subarray(0, 9), 'm.mpy', pico);
  assert.equal(cut.loads, false);
  assert.match(cut.because, /^the file is broken: /);
});

test('a file whose name and header disagree is refused, whatever the board is', () => {
  assert.ok(pico);
  const bytes = writeModule(nativeModule('armv6m'));
  const codes = (path: string) => checkModule(bytes, path, pico).map(({ code }) => code);
  for (const path of [
    'm.armv6m.mpy',
    'dist/armv6m_6.3/m.mpy',
    'mpy6.3-v1.2.0-armv6m/m.mpy',
    'x64/src/m.mpy',
    'v6.1.2/m.mpy',
  ])
    assert.deepEqual(codes(path), [], path);
  for (const path of ['m.armv7m.mpy', 'dist/x64/m.mpy', 'armv6m_6.2/m.mpy', 'mpy6.1-v1.2.0-armv6m/m.mpy'])
    assert.deepEqual(codes(path), ['deploy/name'], path);
});
