import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ArchName, archNumbers } from '../../../extension/core/arch/names.ts';
import { checkModule, chooseBuild } from '../../../extension/core/board/choose-build.ts';
import { preparationsOf, troublesOf } from '../../../extension/core/board/firmware-troubles.ts';
import { gather } from '../../../extension/core/board/gather.ts';
import { readFacts } from '../../../extension/core/board/probe.ts';
import { Failure } from '../../../extension/core/diagnostic.ts';
import { writeModule } from '../../../extension/core/mpy/write.ts';
import type { Files } from '../../../extension/core/ports.ts';
import { nativeModule, pythonModule } from '../../modules.ts';

const boardOf = (arch: ArchName, machine: string, platform: string, version: string) => {
  const mpy = 6 | (3 << 8) | (archNumbers[arch] << 10);
  const told = `name=micropython\nversion=${version}\nmpy=${mpy}\nmachine=${machine}\nplatform=${platform}\ncwd=/\n`;
  const facts = readFacts(told);
  assert.ok(facts);
  return facts;
};
const pico2 = boardOf('armv7emsp', 'Raspberry Pi Pico 2 with RP2350', 'rp2', '1.26.1');
const oldEsp32 = boardOf('xtensawin', 'Generic ESP32 module with ESP32', 'esp32', '1.23.0');
const codesOf = (arch: ArchName, facts: typeof pico2) =>
  troublesOf(writeModule(nativeModule(arch)), 'm.mpy', facts).map(({ code }) => code);

test('native code is not for an ESP32 whose firmware may free it; bytecode is', () => {
  assert.deepEqual(codesOf('xtensawin', oldEsp32), ['deploy/esp32-memory']);
  assert.deepEqual(troublesOf(writeModule(pythonModule()), 'm.mpy', oldEsp32), []);
  assert.deepEqual(codesOf('xtensawin', boardOf('xtensawin', 'ESP32 module', 'esp32', '1.24.0')), []);
});

test('firmware that passes floats in integer registers gets a module that does so, too, and refuses others', () => {
  assert.deepEqual(codesOf('armv7emsp', pico2), ['deploy/float-abi']);
  assert.match(
    troublesOf(writeModule(nativeModule('armv7emsp')), 'm.mpy', pico2)[0].hint ?? '',
    /--arch armv7m --abi 6\.3.* --force/,
  );
  assert.deepEqual(chooseBuild(pico2), { arch: 'armv7m', abi: '6.3' });
  assert.deepEqual(checkModule(writeModule(nativeModule('armv7m')), 'm.mpy', pico2), []);
  assert.deepEqual(codesOf('armv7m', pico2), []);
  const newer = boardOf('armv7emsp', 'Raspberry Pi Pico 2 with RP2350', 'rp2', '1.30.0');
  assert.deepEqual([codesOf('armv7emsp', newer), chooseBuild(newer).arch], [[], 'armv7emsp']);
  const teensy = boardOf('armv7emsp', 'Seeed ARCH MIX with MIMXRT1011', 'mimxrt', '1.26.1');
  assert.equal(chooseBuild(teensy).arch, 'armv7m');
  const stm = boardOf('armv7emsp', 'PYBv1.1 with STM32F405RG', 'pyboard', '1.26.1');
  assert.deepEqual([codesOf('armv7emsp', stm), chooseBuild(stm).arch], [[], 'armv7emsp']);
});

test('who insists gets the module there, with a warning', async () => {
  const bytes = writeModule(nativeModule('xtensawin'));
  const files = { read: async () => bytes } as unknown as Files;
  const build = () => Promise.reject(new Error('nothing is to be built'));
  const gathering = (force: boolean) => gather({ files: ['/p/m.mpy'], force }, oldEsp32, { files, build });
  await assert.rejects(
    gathering(false),
    (thrown) => thrown instanceof Failure && thrown.diagnostics[0].code === 'deploy/esp32-memory',
  );
  const { sources, diagnostics } = await gathering(true);
  assert.deepEqual(
    [sources.length, ...diagnostics.map(({ severity, code }) => `${severity} ${code}`)],
    [1, 'warning deploy/esp32-memory'],
  );
});

test('an ESP8266 wants a place for native code, which is told after the deploy', () => {
  const codes = (facts: typeof pico2) => preparationsOf(facts).map(({ code }) => code);
  assert.deepEqual(codes(boardOf('xtensa', 'ESP module with ESP8266', 'esp8266', '1.26.1')), ['deploy/esp8266-memory']);
  assert.deepEqual(codes(pico2), []);
});
