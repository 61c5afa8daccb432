import assert from 'node:assert/strict';
import { test } from 'node:test';
import { micropython } from '../../../extension/core/abi/micropython.ts';
import { link } from '../../../extension/core/link/link.ts';
import type { LinkRequest } from '../../../extension/core/link/request.ts';
import { writeMap } from '../../../extension/core/link/write-map.ts';
import { type MadeObject, makeObject } from '../elf/make-object.ts';
import { linked } from './link-made.ts';

/** An archive in GNU's form. `index`: symbols and the number of the member that defines each. */
function makeArchive(
  members: readonly (readonly [name: string, object: MadeObject])[],
  index?: readonly (readonly [symbol: string, member: number])[],
): Uint8Array {
  const header = (name: string, size: number) =>
    Buffer.from(
      `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'644'.padEnd(8)}${String(size).padEnd(10)}\`\n`,
    );
  const even = (body: Buffer) => (body.length % 2 ? Buffer.concat([body, Buffer.from('\n')]) : body);
  const bodies = members.map(([name, object]) => {
    const body = Buffer.from(makeObject(object));
    return even(Buffer.concat([header(`${name}/`, body.length), body]));
  });
  const names = Buffer.from((index ?? []).map(([symbol]) => `${symbol}\0`).join(''));
  const indexSize = 4 + 4 * (index?.length ?? 0) + names.length;
  let at = 8 + (index ? 60 + indexSize + (indexSize % 2) : 0);
  const offsets = bodies.map((body) => {
    const start = at;
    at += body.length;
    return start;
  });
  const pieces: Buffer[] = [Buffer.from('!<arch>\n')];
  if (index) {
    const table = Buffer.alloc(4 + 4 * index.length);
    table.writeUInt32BE(index.length, 0);
    index.forEach(([, member], entry) => {
      table.writeUInt32BE(offsets[member], 4 + 4 * entry);
    });
    pieces.push(even(Buffer.concat([header('/', indexSize), table, names])));
  }
  return Buffer.concat([...pieces, ...bodies]);
}

/** A member that defines functions; its size tells it apart. */
const defining = (size: number, ...names: readonly string[]): MadeObject => ({
  machine: 'arm',
  sections: [{ name: '.text', data: new Array(size).fill(0) }],
  symbols: names.map((name) => ({ name, section: '.text', value: 1, type: 'function' as const })),
});

const calling = (...names: readonly string[]): MadeObject => ({
  machine: 'arm',
  sections: [
    {
      name: '.text',
      data: names.flatMap(() => [0xff, 0xf7, 0xfe, 0xff]),
      relocations: names.map((symbol, index) => ({ offset: 4 * index, type: 10, symbol })),
    },
  ],
  symbols: [{ name: 'mpy_init', section: '.text', value: 1, type: 'function' }, ...names.map((name) => ({ name }))],
});

/** @returns the number of bytes of code that came out of the libraries */
function taken(names: readonly string[], libraries: readonly Uint8Array[], more: Partial<LinkRequest> = {}): number {
  const result = link({
    arch: 'armv7m',
    abi: micropython,
    objects: [{ path: 'm.o', bytes: makeObject(calling(...names)) }],
    libraries: libraries.map((bytes, index) => ({ path: `lib${index}.a`, bytes })),
    qstrs: [],
    sourceName: 'm.mpy',
    ...more,
  });
  assert.deepEqual(result.diagnostics, []);
  assert.ok(result.sizes);
  return result.sizes.text - 4 * names.length;
}

const both = (index?: readonly (readonly [string, number])[]) =>
  makeArchive(
    [
      ['mul.o', defining(8, 'multiply')],
      ['muldiv.o', defining(64, 'multiply', 'divide')],
      ['other.o', defining(256, 'unrelated')],
    ],
    index,
  );
const index = [
  ['multiply', 0],
  ['multiply', 1],
  ['divide', 1],
  ['unrelated', 2],
] as const;

test('takes only members that are asked for, with an index and without', () => {
  assert.equal(taken(['unrelated'], [both(index)]), 256);
  assert.equal(taken(['divide'], [both(index)]), 64);
  assert.equal(taken(['divide'], [both()]), 64);
});

test('the map says which symbol a member of a library is in for, and who wanted it', () => {
  const { map } = link({
    arch: 'armv7m',
    abi: micropython,
    objects: [{ path: 'm.o', bytes: makeObject(calling('divide')) }],
    libraries: [{ path: 'math.a', bytes: both(index) }],
    qstrs: [],
    sourceName: 'm.mpy',
    map: true,
  });
  assert.ok(map);
  assert.match(
    writeMap(map, (path) => path),
    /^text +[0-9a-f]{8} +64 {2}\.text of math\.a\(muldiv\.o\) {2}\[divide is wanted by m\.o\]$/m,
  );
});

test('what is no object in an archive without an index hides no object', () => {
  const even = Buffer.from('read me \n\n');
  const stray = Buffer.from(
    `${'readme.txt/'.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'644'.padEnd(8)}${String(even.length).padEnd(10)}\`\n`,
  );
  const archive = Buffer.from(makeArchive([['list.o', defining(32, 'list')]]));
  assert.equal(taken(['list'], [Buffer.concat([archive.subarray(0, 8), stray, even, archive.subarray(8)])]), 32);
});

test('of versions among which a loader would choose, that for all processors is linked, from wherever it is', () => {
  const nop = [0x90, 0x90, 0x90, 0xc3];
  const resolver = (name: string): MadeObject => ({
    machine: 'x64',
    sections: [
      {
        name: '.text',
        data: [...nop, ...nop],
        relocations: [{ offset: 0, type: 2, symbol: '_dl_x86_cpu_features', addend: -4 }],
      },
    ],
    symbols: [
      { name: `__${name}_ifunc`, section: '.text', binding: 'local', type: 'function' },
      { name: '_dl_x86_cpu_features' },
      { name: `__${name}_sse41` },
      { name: `__${name}_c` },
      { name: `__${name}`, section: '.text', type: 'ifunc' },
      { name, section: '.text', type: 'ifunc' },
    ],
  });
  const version = (name: string, mark: number): MadeObject => ({
    machine: 'x64',
    sections: [{ name: '.text', data: [mark, ...nop] }],
    symbols: [{ name, section: '.text', type: 'function' }],
  });
  const { code } = linked(
    'x64',
    [
      {
        machine: 'x64',
        sections: [
          {
            name: '.text',
            data: [0xe8, 0, 0, 0, 0, 0xc3],
            relocations: [{ offset: 1, type: 4, symbol: 'floor', addend: -4 }],
          },
        ],
        symbols: [{ name: 'mpy_init', section: '.text', type: 'function', size: 6 }, { name: 'floor' }],
      },
    ],
    {
      asIs: false,
      libraries: [
        {
          path: 'libm.a',
          bytes: makeArchive([
            ['s_floor.o', resolver('floor')],
            ['s_floor-sse4.o', version('__floor_sse41', 0x41)],
            ['s_floor-c.o', version('__floor_c', 0xcc)],
          ]),
        },
      ],
    },
  );
  const at = 5 + new DataView(code.code.buffer, code.code.byteOffset).getInt32(1, true);
  assert.deepEqual([...code.code.subarray(at, at + 5)], [0xcc, ...nop]);
});

test("a library's own function comes before a table entry whose plain name it has", () => {
  assert.equal(taken(['new_list'], [makeArchive([['list.o', defining(32, 'new_list')]], [['new_list', 0]])]), 32);
});

test('of several definitions in a library takes the first; the reference linker takes the last', () => {
  for (const library of [both(index), both()]) {
    assert.equal(taken(['multiply'], [library]), 8);
    // The reference's jump over nothing to an odd address, and its table's alignment.
    const jump = 4;
    assert.equal(taken(['multiply'], [library], { compat: '1.29' }), 64 + jump);
  }
});

test('a fallback serves only what neither the module, a library nor a fixed address has, whatever else it defines', () => {
  const weak = (name: string, size: number) => ({
    section: { name: `.text.${name}`, data: new Array(size).fill(0) },
    symbol: { name, section: `.text.${name}`, value: 1, type: 'function' as const, binding: 'weak' as const },
  });
  const functions = [weak('alone', 1024), weak('multiply', 2048), weak('fixed', 4096)];
  const object: MadeObject = {
    machine: 'arm',
    sections: functions.map(({ section }) => section),
    symbols: functions.map(({ symbol }) => symbol),
  };
  const fallback = { path: 'own.o', bytes: makeObject(object) };
  // The library's is asked for after the fallback's.
  assert.equal(taken(['alone', 'multiply'], [both(index)], { fallbacks: [fallback] }), 1024 + 8);
  assert.equal(taken(['alone', 'multiply'], [], { fallbacks: [fallback] }), 1024 + 2048);
  const pointer: MadeObject = {
    machine: 'arm',
    sections: [{ name: '.text', data: [0, 0, 0, 0], relocations: [{ offset: 0, type: 2, symbol: 'fixed' }] }],
    symbols: [{ name: 'mpy_init', section: '.text', value: 1, type: 'function' }, { name: 'fixed' }],
  };
  const externs = new Map([['fixed', 0x4000_0001]]);
  assert.equal(linked('armv7m', [pointer], { fallbacks: [fallback], externs, asIs: false }).sizes?.text, 4);
});

test('of several libraries takes the first that has the symbol', () => {
  const first = makeArchive([['small.o', defining(16, 'divide')]], [['divide', 0]]);
  assert.equal(taken(['divide'], [first, both(index)]), 16);
  assert.equal(taken(['divide', 'unrelated'], [first, both(index)]), 16 + 256);
});

test('leaves in the library what the firmware or a fixed address offers; the reference linker takes it', () => {
  const library = makeArchive(
    [['memset.o', defining(128, 'memset', 'rom')]],
    [
      ['memset', 0],
      ['rom', 0],
    ],
  );
  const stub = 8;
  assert.equal(taken(['memset'], [library]), stub);
  const jump = 4;
  assert.equal(taken(['memset'], [library], { compat: '1.29' }), 128 + jump);
});

test('an object among the libraries is linked like any other, whether something asks for it or not', () => {
  const weak: MadeObject = {
    ...calling('helper'),
    symbols: [
      { name: 'mpy_init', section: '.text', value: 1, type: 'function' },
      { name: 'helper', section: '.text', value: 1, type: 'function', binding: 'weak' },
    ],
  };
  const helper = { path: 'helper.o', bytes: makeObject(defining(10, 'helper')) };
  const { code } = linked('armv7m', [weak], { libraries: [helper] });
  assert.ok(code.code.length >= 14);
  const wrong = { path: 'other.o', bytes: makeObject({ ...defining(10, 'helper'), machine: 'x64' }) };
  const { bytes, diagnostics } = link({
    arch: 'armv7m',
    abi: micropython,
    objects: [{ path: 'a.o', bytes: makeObject(weak) }],
    libraries: [wrong],
    qstrs: [],
    sourceName: 'm.mpy',
  });
  assert.equal(bytes, undefined);
  assert.deepEqual(
    diagnostics.map(({ code, where }) => [code, where?.file]),
    [['link/wrong-arch', 'other.o']],
  );
});
