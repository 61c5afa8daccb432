import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkModule, knownTroubles, verdictOf } from '../../../extension/core/board/choose-build.ts';
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

test('boards that load a module and then may not keep or run it are warned of', () => {
  const warnings = (mpy: number, machine: string, platform: string, version: string) => {
    const facts = readFacts(
      `name=micropython\nversion=${version}\nmpy=${mpy}\nmachine=${machine}\nplatform=${platform}\ncwd=/\n`,
    );
    assert.ok(facts);
    return knownTroubles(facts).map(({ code }) => code);
  };
  const mpyOf = (arch: number) => 6 | (3 << 8) | (arch << 10);
  assert.deepEqual(warnings(mpyOf(7), 'Raspberry Pi Pico 2 with RP2350', 'rp2', '1.26.1'), ['deploy/float-abi']);
  assert.deepEqual(warnings(mpyOf(11), 'Raspberry Pi Pico 2 with RP2350-RISCV', 'rp2', '1.26.1'), []);
  assert.deepEqual(warnings(mpyOf(10), 'Generic ESP32 module with ESP32', 'esp32', '1.23.0'), ['deploy/esp32-memory']);
  assert.deepEqual(warnings(mpyOf(10), 'Generic ESP32 module with ESP32', 'esp32', '1.24.0'), []);
  assert.deepEqual(warnings(mpyOf(9), 'ESP module with ESP8266', 'esp8266', '1.26.1'), ['deploy/esp8266-memory']);
});
