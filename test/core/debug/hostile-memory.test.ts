import assert from 'node:assert/strict';
import { test } from 'node:test';
import { micropython } from '../../../extension/core/abi/micropython.ts';
import { PythonRuntime } from '../../../extension/core/debug/python-runtime.ts';
import type { PythonValue } from '../../../extension/core/debug/python-value.ts';
import type { FirmwareSymbols, Target } from '../../../extension/core/debug/target.ts';

/** The same bits for the same place, whatever order they are read in. */
function noise(place: number, seed: number): number {
  let x = Math.imul((place % 0x1_0000_0000) ^ seed, 0x9e37_79b1);
  x = Math.imul(x ^ (x >>> 15), 0x85eb_ca6b);
  return (x ^ (x >>> 13)) >>> 0;
}

/** Opens a value as far as somebody would. @returns how many texts were made */
async function open(value: PythonValue, depth: number): Promise<number> {
  assert.ok(value.text.length > 0 && value.text.length < 2000, value.text);
  if (depth === 0) return 1;
  let texts = 1;
  for (const part of await value.parts(0, 20)) texts += await open(part.value, depth - 1);
  return texts;
}

const machines = [
  { wordSize: 4, machine: 'arm' },
  { wordSize: 4, machine: 'x86' },
  { wordSize: 8, machine: 'x64' },
] as const;

/** Reads and texts that any question may cost, far below what would be felt. */
const mostReads = 200_000;

test('memory full of pointers to its own noise neither hangs nor throws', async () => {
  for (const { wordSize, machine } of machines)
    for (let seed = 1; seed <= 12; seed++) {
      let reads = 0;
      // Words of 20 KB at 0x1000: many of them point into it again, some are small counts, some wild.
      const read = async (address: number, length: number) => {
        assert.ok(++reads < mostReads, `seed ${seed}: too many reads`);
        if (address < 0x1000 || address >= 0x6000) return new Uint8Array();
        return Uint8Array.from({ length: Math.min(length, 0x6000 - address) }, (_, index) => {
          const at = address + index;
          const word = at - (at % wordSize);
          const kind = noise(word, seed) % 8;
          const picked = noise(word, seed + 1);
          const value =
            kind < 4
              ? 0x1000 + (picked % 0x5000) - (picked % wordSize)
              : kind < 6
                ? picked % 40
                : kind === 6
                  ? 0x1000
                  : picked;
          return Math.floor(value / 2 ** (8 * (at % wordSize))) % 256;
        });
      };
      const symbols = {
        addressOf: async (name: string) => (seed % 2 ? 0x1000 + (noise(name.length, seed) % 0x4000) : undefined),
        symbolAt: async (address: number) => ({
          name: ['mp_type_list', 'mp_type_dict', 'mp_type_exception', 'mp_type_closure', 'mp_type_int'][address % 5],
          offset: 0,
        }),
      };
      const ram = [{ start: 0x1000, end: 0x6000 }];
      const target: Target = { read, wordSize, machine, abi: micropython, symbols, funTable: 0x2000, ram };
      const runtime = await PythonRuntime.open(target);
      for (let n = 0; n < 10; n++) {
        await open(await runtime.value(BigInt(0x1000 + n * 64)), 2);
        await open(await runtime.valueAt(0x1000 + n * 4), 1);
      }
      for (const frame of await runtime.frames(0x1000, 0x5000)) await frame.locals();
    }
});

/** A small firmware by hand: `type`, `list` and `dict` known by symbols, and objects of them. */
function handMade(words: Readonly<Record<number, number>>): Target {
  const read = async (address: number, length: number) => {
    if (address < 0x100 || address + length > 0x9000) return new Uint8Array();
    return Uint8Array.from({ length }, (_, index) => {
      const at = address + index;
      return ((words[at - (at % 4)] ?? 0) >>> (8 * (at % 4))) & 0xff;
    });
  };
  const names: Readonly<Record<number, string>> = { 512: 'mp_type_type', 576: 'mp_type_list', 640: 'mp_type_dict' };
  return {
    read,
    wordSize: 4,
    machine: 'arm',
    abi: micropython,
    symbols: {
      addressOf: async () => undefined,
      symbolAt: async (address) => (names[address] ? { name: names[address], offset: 0 } : undefined),
    },
  };
}
const types = { 512: 0x200, 576: 0x200, 640: 0x200 };

test('a list inside itself, and one of four thousand million items, are told in a line', async () => {
  const runtime = await PythonRuntime.open(
    handMade({
      ...types,
      ...{ 4096: 0x240, 4100: 4, 4104: 2, 4108: 0x1100, 4352: 0x1000, 4356: 3 },
      ...{ 8192: 0x240, 8196: 4, 8200: 0xffff_ffff, 8204: 0x8ff8 },
      ...{ 12288: 0x240, 12292: 4, 12296: 1, 12300: 0xf000_0000 },
      ...{ 16384: 0x280, 16388: 0xffff_ffff, 16392: 0xffff_ffff, 16396: 0x8f00 },
    }),
  );
  assert.equal((await runtime.value(0x1000n)).text, '[[...], 1]');
  const huge = await runtime.value(0x2000n);
  assert.equal(huge.count, 1_000_000);
  assert.match(huge.text, /^\[<null>, <null>, <unreadable at 0x9000>/);
  assert.ok((await huge.parts(0, 10_000)).length <= 10_000);
  assert.match((await runtime.value(0x3000n)).text, /unreadable at 0xf0000000/);
  assert.match((await runtime.value(0x4000n)).text, /unreadable|\{/);
});

test('a pointer to nowhere says where', async () => {
  const runtime = await PythonRuntime.open(handMade(types));
  assert.equal((await runtime.value(0xfff0_0000n)).text, '<unreadable at 0xfff00000>');
  assert.equal((await runtime.valueAt(0xa000)).text, '<unreadable at 0xa000>');
  assert.equal((await runtime.value(0n)).text, '<null>');
  assert.equal((await runtime.value(0x1000n)).text, '<no object at 0x1000>');
});

test('objects of representation B are read, and its small integers and constants are made', async () => {
  const firmware = handMade({
    ...types,
    // list's methods: one slot, with a dictionary of one key, the string number 60.
    ...{ 592: 1 << 24, 596: 0x300, 768: 0x280, 772: 8, 776: 1, 780: 0x340, 832: (60 << 3) | 3, 836: 7 },
    ...{ 4096: 0x240, 4100: 8, 4104: 7, 4108: 0x1100 },
    ...{ 4352: 5, 4356: -3, 4360: 7, 4364: 15, 4368: 31, 4372: (60 << 3) | 3, 4376: 0x1200 },
    ...{ 4608: 0x240, 4612: 4, 4616: 1, 4620: 0x1300, 4864: 0x7fff_fffd },
  });
  const addressOf = async (name: string) => (name === 'mp_type_list' ? 0x240 : undefined);
  const { symbolAt } = firmware.symbols as FirmwareSymbols;
  const runtime = await PythonRuntime.open({ ...firmware, symbols: { addressOf, symbolAt } });
  assert.equal(runtime.layout.representation, 'B');
  const name = micropython.staticQstrs[59];
  const list = await runtime.value(0x1000n);
  assert.equal(list.text, `[1, -1, None, False, True, '${name}', [${2 ** 29 - 1}]]`);
  const kinds = (await list.parts(0, 6)).map(({ value }) => value.type);
  assert.deepEqual(kinds, ['int', 'int', 'NoneType', 'bool', 'bool', 'str']);
  assert.equal(await runtime.encode('-1'), 0xffff_fffdn);
  assert.equal(await runtime.encode('True'), 31n);
  assert.equal(await runtime.encode(String(2 ** 29)), undefined);
});
