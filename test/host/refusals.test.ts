import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readFacts } from '../../extension/core/board/probe.ts';
import { error, warning } from '../../extension/core/diagnostic.ts';
import { buttonsFor, firmwarePage, refusalText } from '../../extension/host/refusals.ts';

/** Of a Cortex-M4F with MicroPython 1.26: arch armv7emsp, ABI 6.3. */
const facts = readFacts(`name=micropython\nversion=1.26.1\nmpy=${6 | (3 << 8) | (7 << 10)}\n`);
const labels = (...args: Parameters<typeof buttonsFor>) => buttonsFor(...args).map(({ label }) => label);

test('a file for another board comes with the button that builds the right one', () => {
  const faults = [error('deploy/arch', 'The file holds x64 code, the board runs armv7emsp.')];
  assert.deepEqual(labels(faults, facts, true), ['Build for armv7emsp (ABI 6.3)', 'Show Output']);
  assert.deepEqual(labels(faults, facts, false), ['Show Output']);
  assert.deepEqual(labels(faults, undefined, true), ['Show Output']);
});

test('firmware without a loader leads to the firmware of its maker', () => {
  const faults = [error('deploy/no-loader', 'The firmware loads no native modules.')];
  assert.deepEqual(labels(faults, facts, true), ['Get Firmware', 'Show Output']);
  assert.equal(firmwarePage(facts), 'https://micropython.org/download/');
  assert.match(firmwarePage({ ...facts!, flavour: 'circuitpython' }), /circuitpython/);
});

test('a module that is on the board can be tried, and a warning comes with what mends it', () => {
  assert.deepEqual(labels([], facts, true), ['Open REPL']);
  const small = warning('deploy/esp8266-memory', 'On the ESP8266 native code needs a place of its own.');
  assert.deepEqual(labels([small], facts, true), ['Open REPL']);
});

test('a module that the firmware may not treat well is refused with the mend, and can be deployed anyway', () => {
  const old = error('deploy/esp32-memory', 'It may free native code.', undefined, 'Update it; --force deploys.');
  assert.deepEqual(labels([old], facts, true), ['Get Firmware', 'Deploy Anyway', 'Show Output']);
  assert.equal(refusalText('m', [old]), 'm: not deployed: It may free native code.');
  const pico2 = readFacts(
    `name=micropython\nversion=1.26.1\nmpy=${6 | (3 << 8) | (7 << 10)}\nmachine=Pico 2 with RP2350\n`,
  );
  const floats = error('deploy/float-abi', 'Floats would arrive as wrong numbers.');
  const buttons = ['Build for armv7m (ABI 6.3)', 'Deploy Anyway', 'Show Output'];
  assert.deepEqual(labels([floats], pico2, true), buttons);
});

test('a silent board can be tried again or another chosen; a fault with a line leads to Problems', () => {
  assert.deepEqual(labels([error('board/silent', 'x')], undefined, true), ['Try Again', 'Select Board', 'Show Output']);
  assert.deepEqual(labels([error('compile/error', 'x', { file: '/p/a.c', line: 3 })], facts, true), [
    'Show Problems',
    'Show Output',
  ]);
  assert.deepEqual(labels([error('deploy/import', 'x')], facts, true), ['Show Problems', 'Show Output']);
});

test('the notification tells the first reason, its place, what to do, and how many more there are', () => {
  const first = error('compile/error', 'no such thing', { file: '/p/src/a.c', line: 3 });
  assert.equal(refusalText('m', [first, error('x', 'y')]), 'm: not deployed: a.c:3: no such thing (and 1 more)');
  const busy = error('board/port-busy', 'COM3 is in use.', undefined, 'Close the terminal.');
  assert.equal(refusalText('m', [busy]), 'm: not deployed: COM3 is in use. Close the terminal.');
  const other = error('deploy/arch', 'It holds x64 code.', undefined, 'Build it with --arch armv7m.');
  assert.equal(refusalText('m.mpy', [other]), 'm.mpy: not deployed: It holds x64 code.');
  const raised = error('deploy/import', 'import m fails: ValueError', undefined, 'Traceback\n  File\nValueError');
  assert.equal(refusalText('m', [raised]), 'm: import m fails: ValueError');
});
