// The bytes of a reference linker that no Debian release has: made objects of all ten architectures, linked by the tools/mpy_ld.py of
// MicroPython 1.29, are recorded here by their digests. A tree of that release (NATMOD_MICROPYTHON) is compared with them.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { micropython } from '../../extension/core/abi/micropython.ts';
import { type BuildableArch, buildableArchs } from '../../extension/core/arch/names.ts';
import { link } from '../../extension/core/link/link.ts';
import { configHeader } from '../../extension/core/mpy/qstr.ts';
import { type MadeObject, type MadeSection, makeObject } from '../core/elf/make-object.ts';
import { micropythonSource } from '../micropython/source.ts';
import { need, needed } from '../setup/need.ts';
import { hasReference, profileOf, runReferences } from './reference-linker.ts';

/** Of the module, SHA-256. */
const recorded: Readonly<Record<BuildableArch, string>> = {
  x86: '385057748ef277354eb922e3cacbcf78ee2d53c11e2d92f9b7ccde0905c7030b',
  x64: '65212674e2a3624b4ab522fd055206642cb6ecd27106efa679fb642a923bb795',
  armv6m: '3dd097527f07ebb99056f0fab1ed5672e56b253a0e01b84527423099233e1515',
  armv7m: 'f6c4425205fca6deb64e978632a9beeea9f12325a549ad82a2b62a7a12c35b86',
  armv7emsp: '2eb4ac28f642a438e6af1645abc325746f0f6e6045a63b3fe353bc10eb948955',
  armv7emdp: '5d0b13487b59b6046d4b005104a59a95f5151af3e983b350f7586dafe09f7776',
  xtensa: 'e77cc8108d63428cba420d507ebd832625501e5e2b72e9944abe559efe624d39',
  xtensawin: '163306e5729657cfb41ed5e0868e77bbafd4efc6f51538480f24b4ef1a4303f5',
  rv32imc: '8f37aa4dc1ce1853a6ee0bf2714bcde708efe791da82160de051a7223dc63de2',
  rv64imc: '0ac455858160c0284d2cfe5ebbc335512733547a76d56632e9e1d642cf38d551',
};

/** A place of eight bytes in code, and what it refers to. */
interface Use {
  readonly bytes: readonly number[];
  readonly at: number;
  readonly type: number;
  readonly symbol: string;
  readonly addend: number;
}

interface Shape {
  readonly machine: MadeObject['machine'];
  readonly wide?: true;
  /** Type of a word that holds an address. */
  readonly word: number;
  readonly uses: readonly Use[];
  readonly literals?: readonly string[];
}

const use = (bytes: readonly number[], at: number, type: number, symbol: string, addend = 0): Use => ({
  bytes: [...bytes, ...new Array(8 - bytes.length).fill(0)],
  at,
  type,
  symbol,
  addend,
});

const thumbCall = [0xff, 0xf7, 0xfe, 0xff];
const arm: Shape = {
  machine: 'arm',
  word: 2,
  uses: [
    use([4], 0, 25, '_GLOBAL_OFFSET_TABLE_'),
    use([0], 0, 26, 'count'),
    use([8], 0, 96, 'mp_fun_table'),
    use(thumbCall, 0, 10, 'memset'),
    use(thumbCall, 0, 10, 'helper'),
    use([0], 0, 3, 'table'),
  ],
};

const auipcAndLoad = [0x97, 0x07, 0, 0, 0x83, 0xa7, 0x07, 0];
const call = [0x97, 0, 0, 0, 0xe7, 0x80, 0, 0];
const riscv = (wide: boolean): Shape => ({
  machine: 'riscv',
  ...(wide ? { wide } : {}),
  word: wide ? 2 : 1,
  uses: [
    use(auipcAndLoad, 0, 20, 'count'),
    use(auipcAndLoad, 0, 20, 'mp_fun_table'),
    use(auipcAndLoad, 0, 23, 'table'),
    use(call, 0, 19, 'memset'),
    use(call, 0, 19, 'helper'),
  ],
});

const xtensa: Shape = {
  machine: 'xtensa',
  word: 1,
  literals: ['helper', 'count', 'mp_fun_table'],
  uses: [
    use([0x21, 0, 0], 0, 20, '.literal'),
    use([0x31, 0, 0], 0, 20, '.literal', 4),
    use([0x41, 0, 0], 0, 20, '.literal', 8),
  ],
};

const shapes: Readonly<Record<BuildableArch, Shape>> = {
  x86: {
    machine: 'x86',
    word: 1,
    uses: [
      use([0x81, 0xc3, 2], 2, 10, '_GLOBAL_OFFSET_TABLE_'),
      use([0x8b, 0x83], 2, 43, 'count'),
      use([0x8b, 0x8b], 2, 3, 'mp_fun_table'),
      use([0xe8, 0xfc, 0xff, 0xff, 0xff], 1, 4, 'memset'),
      use([0xe8, 0xfc, 0xff, 0xff, 0xff], 1, 4, 'helper'),
      use([0x8d, 0x83, 4], 2, 9, 'own'),
    ],
  },
  x64: {
    machine: 'x64',
    word: 1,
    uses: [
      use([0x48, 0x8b, 0x05], 3, 42, 'count', -4),
      use([0x48, 0x8b, 0x0d], 3, 9, 'mp_fun_table', -4),
      use([0xe8], 1, 4, 'memset', -4),
      use([0xe8], 1, 4, 'helper', -4),
      use([0x48, 0x8d, 0x05], 3, 2, 'table', -4),
    ],
  },
  armv6m: arm,
  armv7m: arm,
  armv7emsp: arm,
  armv7emdp: arm,
  xtensa,
  xtensawin: xtensa,
  rv32imc: riscv(false),
  rv64imc: riscv(true),
};

/** Without `append`, which every firmware has. */
const header = configHeader(['first', 'append', 'second'], micropython);
const sourceName = 'recorded.py';

/**
 * mpy_init in the first, at the end of more than 128 bytes of code, so that Intel's jump is no short one; what it refers to in the
 * second. This linker mislinks mpy_init in any other section than the first, and where it starts that.
 */
function objectsFor(arch: BuildableArch): Uint8Array[] {
  const { machine, wide, word, uses, literals } = shapes[arch];
  const odd = machine === 'arm' ? 1 : 0;
  const elfClass = wide ? ({ elfClass: 64 } as const) : {};
  const filler = Array.from({ length: 132 }, (_, index) => index);
  const second = makeObject({
    machine,
    ...elfClass,
    sections: [
      { name: '.text', data: filler, align: 4 },
      { name: '.rodata', data: filler.slice(0, 24), align: 8, flags: 2 },
      { name: '.bss', data: 40, align: 8 },
    ],
    symbols: [
      { name: 'helper', section: '.text', value: 8 + odd, size: 20, type: 'function' },
      { name: 'table', section: '.rodata', value: 8, size: 16, type: 'object' },
      { name: 'count', section: '.bss', value: 16, size: 8, type: 'object' },
    ],
  });
  const wordSize = machine === 'x64' || wide ? 8 : 4;
  const pointees = ['helper', 'table', 'count', 'mp_type_str'];
  const labels = machine === 'riscv' ? uses.flatMap(({ type }, index) => (type === 19 ? [] : [index])) : [];
  const sections: MadeSection[] = [
    ...(literals
      ? [
          {
            name: '.literal',
            data: new Array(4 * literals.length).fill(0),
            align: 4,
            relocations: literals.map((symbol, index) => ({ offset: 4 * index, type: 1, symbol, addend: 0 })),
          },
        ]
      : []),
    {
      name: '.text',
      data: [...uses.flatMap(({ bytes }) => bytes), ...filler],
      // The reference fails an assertion when its jump's size is no multiple of this.
      align: machine === 'x86' || machine === 'x64' ? 1 : 4,
      relocations: uses.flatMap(({ at, type, symbol, addend }, index) => [
        { offset: 8 * index + at, type, symbol, addend },
        ...(labels.includes(index) ? [{ offset: 8 * index + 4, type: 24, symbol: `.L${index}`, addend: 0 }] : []),
      ]),
    },
    { name: '.rodata', data: filler.slice(0, 12), align: 4, flags: 2 },
    {
      name: '.data.rel.ro.local',
      data: new Array(wordSize * pointees.length).fill(0),
      align: wordSize,
      flags: 3,
      relocations: pointees.map((symbol, index) => ({ offset: wordSize * index, type: word, symbol, addend: 0 })),
    },
  ];
  const names = new Set([...uses.map(({ symbol }) => symbol), ...(literals ?? []), ...pointees]);
  const first = makeObject({
    machine,
    ...elfClass,
    sections,
    symbols: [
      ...labels.map((index) => ({ name: `.L${index}`, section: '.text', value: 8 * index, binding: 'local' }) as const),
      ...(literals ? [{ name: '.literal', section: '.literal', binding: 'local', type: 'section' } as const] : []),
      { name: 'own', section: '.rodata', value: 4, size: 8, binding: 'local', type: 'object' },
      { name: 'mpy_init', section: '.text', value: 8 * uses.length + 124 + odd, size: 8, type: 'function' },
      ...[...names].filter((name) => name !== '.literal' && name !== 'own').map((name) => ({ name })),
    ],
  });
  return [first, second];
}

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

for (const arch of buildableArchs)
  test(`${arch}: --compat=1.29 gives the bytes that MicroPython 1.29 gave`, () => {
    const [first, second] = objectsFor(arch);
    const result = link({
      arch,
      abi: micropython,
      objects: [
        { path: 'a.o', bytes: first },
        { path: 'b.o', bytes: second },
      ],
      qstrs: header.own,
      sourceName,
      archFlags: arch === 'rv32imc' ? 3 : undefined,
      compat: '1.29',
    });
    assert.deepEqual(result.diagnostics, []);
    assert.ok(result.bytes);
    assert.equal(digestOf(result.bytes), recorded[arch]);
  });

test('the linker of a tree of 1.29 gives what is recorded', async (t) => {
  const tree = await needed(t, "MicroPython's source", micropythonSource);
  if (!tree || !need(t, 'pyelftools for the reference linker', hasReference())) return;
  if (profileOf(tree) !== '1.29') {
    t.diagnostic(`not compared: the tree is of ${tree.version}`);
    return;
  }
  const dir = mkdtempSync(join(tmpdir(), 'natmod-recorded-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'config.h'), header.text);
  const requests = buildableArchs.map((arch) => {
    const objects = objectsFor(arch).map((bytes, index) => {
      const path = join(dir, `${arch}-${index}.o`);
      writeFileSync(path, bytes);
      return path;
    });
    const flags = arch === 'rv32imc' ? ['--arch-flags', 'zba,zcmp'] : [];
    const named = ['--source-name', sourceName, '--qstrs', 'config.h'];
    return { dir, args: ['--arch', arch, ...flags, ...named, '-o', `${arch}.mpy`, ...objects] };
  });
  const complaints = runReferences(tree, requests);
  const refused = complaints.flatMap((complaint, index) =>
    complaint ? [`${buildableArchs[index]}: ${complaint}`] : [],
  );
  assert.deepEqual(refused, []);
  const given = buildableArchs.map((arch) => [arch, digestOf(readFileSync(join(dir, `${arch}.mpy`)))]);
  assert.deepEqual(Object.fromEntries(given), recorded);
});
