// The proof must be able to fail: what the host program says of modules that are wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { micropython } from '../../extension/core/abi/micropython.ts';
import type { MpyModule, Relocation } from '../../extension/core/mpy/module.ts';
import { need } from '../setup/need.ts';
import { execute } from './execute.ts';
import { placements } from './image.ts';
import { lacking } from './machines.ts';

const [after, before] = placements;

test('tells a right value from a wrong one', async (t) => {
  if (!canRun(t)) return;
  const faults = await execute('x64', [
    { module: giving(42), placement: after, expected: 42 },
    { module: giving(42), placement: before, expected: 43 },
    { module: giving(42), placement: before, expected: 42 },
  ]);
  assert.deepEqual(faults, [undefined, 'returned 0x2a, not 0x2b', undefined]);
});

test('names the module that crashes, and runs those after it', async (t) => {
  if (!canRun(t)) return;
  const crash = moduleOf([0x31, 0xc0, 0x8b, 0x00, 0xc3]); // xor eax, eax; mov eax, [rax]; ret
  const faults = await execute('x64', [
    { module: giving(1), placement: after, expected: 1 },
    { module: crash, placement: after, expected: 1 },
    { module: crash, placement: before, expected: 1 },
    { module: giving(2), placement: after, expected: 2 },
    { module: giving(2), placement: after, expected: 3 },
    { module: crash, placement: after, expected: 1 },
  ]);
  const crashed = 'ended its process with code 139';
  assert.deepEqual(faults, [undefined, crashed, crashed, undefined, 'returned 0x2, not 0x3', crashed]);
});

test('an address that holds for one placement does not hold for the other', async (t) => {
  if (!canRun(t)) return;
  const runs = (module: MpyModule) => placements.map((placement) => ({ module, placement, expected: 0 }));
  const address = async (kind: 'text' | 'rodata' | 'bss') =>
    (await execute('x64', runs(pointing(kind)))).map((fault) => /returned 0x(\w+)/.exec(fault ?? '')?.[1]);
  const [text, rodata, bss] = await Promise.all([address('text'), address('rodata'), address('bss')]);
  const distances = [0, 1].map((at) => [text[at], rodata[at], bss[at]].map((hex) => Number.parseInt(hex ?? '', 16)));
  const [[t0, r0, b0], [t1, r1, b1]] = distances;
  assert.ok(t0 > 0 && r0 > 0 && b0 > 0);
  assert.notEqual(t0, t1);
  assert.notEqual(r0 - t0, r1 - t1);
  assert.notEqual(b0 - t0, b1 - t1);
  assert.notEqual(b0 - r0, b1 - r1);
});

test("the function table's places are those that the linker knows", () => {
  const places = { store_global: 13, memset_: 50, memmove_: 51, type_type: 73, type_Exception: 82 };
  for (const [field, index] of Object.entries(places))
    assert.equal(micropython.funTable.indexOf(field), index, `${field}: bring host/host.c up to date`);
});

function canRun(t: Parameters<typeof need>[0]): boolean {
  return need(t, lacking('x64') ?? 'nothing', lacking('x64') === undefined);
}

/** mov eax, value; ret */
function giving(value: number): MpyModule {
  return moduleOf([0xb8, value, 0, 0, 0, 0xc3]);
}

/** lea rax, [rip + 1]; mov eax, [rax]; ret; and the word, to which the loader adds an address */
function pointing(kind: 'text' | 'rodata' | 'bss'): MpyModule {
  const code = [0x48, 0x8d, 0x05, 0x09, 0, 0, 0, 0x8b, 0x00, 0xc3, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90];
  return moduleOf([...code, 0, 0, 0, 0, 0, 0, 0, 0], [{ base: 'text', offset: 16, target: { kind } }]);
}

function moduleOf(code: readonly number[], relocations: readonly Relocation[] = []): MpyModule {
  return {
    header: { flavour: 'micropython', version: 6, subVersion: 3, arch: 'x64', archFlags: undefined, smallIntBits: 31 },
    qstrs: [{ text: 'module' }],
    objects: [],
    code: {
      kind: 'viper',
      code: Uint8Array.from(code),
      scopeFlags: 0,
      rodata: Uint8Array.of(1, 2, 3, 4),
      bssSize: 40,
      relocations,
      children: [],
    },
  };
}
