// What the fuzzer damages: small objects of every architecture, made and, where compilers are installed, compiled; archives
// of them; modules.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { micropython } from '../../../extension/core/abi/micropython.ts';
import type { BuildableArch } from '../../../extension/core/arch/names.ts';
import { findArchitecture } from '../../../extension/core/arch/registry.ts';
import { machines, sectionTypes } from '../../../extension/core/elf/constants.ts';
import { link } from '../../../extension/core/link/link.ts';
import type { MpyModule } from '../../../extension/core/mpy/module.ts';
import { writeModule } from '../../../extension/core/mpy/write.ts';
import { onPath } from '../../setup/packages.mjs';
import { type MadeSection, type MadeSymbol, makeObject } from '../elf/make-object.ts';
import type { Hot } from './mutate.ts';

export interface Fixture {
  readonly kind: 'object' | 'archive' | 'module' | 'script';
  readonly name: string;
  readonly arch: BuildableArch;
  readonly bytes: Uint8Array;
  readonly hot: Hot;
}

/** @param folder holds what `compileFixtures` made */
export function fixtures(folder: string | undefined): Fixture[] {
  const objects = [...madeObjects(), ...(folder === undefined ? [] : compiledObjects(folder))];
  return [...objects, ...archives(objects), ...modules(objects), ...scripts()];
}

const madeFor = ['x64', 'x86', 'armv6m', 'armv7m', 'rv32imc', 'xtensa', 'xtensawin'] as const;

function madeObjects(): Fixture[] {
  return madeFor.flatMap((arch) => [
    object(`${arch}: every relocation`, arch, everyRelocation(arch)),
    object(`${arch}: links`, arch, simple(arch)),
    object(`${arch}: links with a library`, arch, simple(arch, 'sinf')),
  ]);
}

const machineOf = (arch: BuildableArch) => {
  const row = findArchitecture(arch);
  if (!row) throw new Error(`no row for ${arch}`);
  const [machine] = Object.entries(machines).find(([, number]) => number === row.machine) ?? [];
  return { row, machine: machine as keyof typeof machines };
};

/** Each type of the architecture once, against one sort of symbol after the other. */
function everyRelocation(arch: BuildableArch): Uint8Array {
  const { row, machine } = machineOf(arch);
  const symbols: MadeSymbol[] = [
    { name: 'a.c', section: '*abs*', binding: 'local', type: 'file' },
    { name: '.bss', section: '.bss', binding: 'local', type: 'section' },
    { name: '.text', section: '.text', binding: 'local', type: 'section' },
    { name: 'static_count', section: '.bss', value: 4, size: 4, binding: 'local', type: 'object' },
    { name: 'mpy_init', section: '.text', value: 1, size: 16, type: 'function' },
    { name: 'table', section: '.rodata', value: 4, size: 8, type: 'object' },
    { name: 'shared', section: '*common*', value: 4, size: 8, type: 'object' },
    { name: 'fixed', section: '*abs*', value: 0x1234 },
    { name: 'perhaps', binding: 'weak' },
    { name: 'mp_fun_table' },
    { name: 'memset' },
    { name: '_GLOBAL_OFFSET_TABLE_' },
    { name: 'sinf' },
  ];
  const types = Object.keys(row.relocations).map(Number);
  const relocations = types.map((type, index) => ({
    offset: index * 8,
    type,
    symbol: symbols[(index * 7) % symbols.length].name,
    addend: (index % 5) - 4,
  }));
  const code = types.flatMap((type) => [type, 0x4b, 0x48, 0xf0, 0x00, 0xf8, 0x21, 0]);
  const sections: MadeSection[] = [
    { name: '.text', data: code, relocations },
    {
      name: '.rodata',
      data: new Array(16).fill(7),
      relocations: [{ offset: 4, type: types[1], symbol: 'table', addend: 4 }],
    },
    { name: '.bss', data: 32 },
    {
      name: '.literal',
      data: new Array(16).fill(0),
      relocations: [{ offset: 4, type: 1, symbol: 'table', addend: 0 }],
    },
    { name: '.data', data: [1, 2, 3, 4] },
    { name: '.debug_line', data: lineTable, flags: 0, relocations: [{ offset: 42, type: 1, symbol: '.text' }] },
    { name: machine === 'riscv' ? '.riscv.attributes' : '.ARM.attributes', data: attributes, flags: 0 },
  ];
  return makeObject({ machine, sections, symbols });
}

/** DWARF 2: one file, four rows. */
const lineTable = [
  55, 0, 0, 0, 2, 0, 25, 0, 0, 0, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0x61, 0x2e, 0x63, 0, 0, 0,
  0, 0, 0, 0, 0, 5, 2, 0, 0, 0, 0, 0x14, 0x4b, 0x59, 2, 8, 9, 4, 0, 3, 1, 0, 1, 1, 1,
];
const attributes = [0x41, 22, 0, 0, 0, 0x61, 0x65, 0x61, 0x62, 0x69, 0, 1, 12, 0, 0, 0, 6, 13, 7, 0x4d, 9, 2, 10];

/** Links without a fault; the word holds the address of `wanted`. */
function simple(arch: BuildableArch, wanted = 'mp_type_str'): Uint8Array {
  const { row, machine } = machineOf(arch);
  const word = Object.entries(row.relocations).find(
    ([, one]) => 'field' in one && one.formula === 'S + A' && 'bytes' in one.field && one.field.bytes === row.wordSize,
  );
  return makeObject({
    machine,
    sections: [
      { name: '.text', data: new Array(16).fill(0x90) },
      {
        name: '.data.rel.ro',
        data: new Array(16).fill(0),
        align: 8,
        relocations: [{ offset: 8, type: Number(word?.[0]), symbol: wanted }],
      },
      { name: '.bss', data: 8 },
    ],
    symbols: [{ name: 'mpy_init', section: '.text', size: 16, type: 'function' }, { name: wanted }],
  });
}

const source = `static const char text[] = "fuzz";
int shown;
int elsewhere(int x) { return x > 3 ? 1 : x * x; }
const void *const pointers[] = { text, &shown, elsewhere };
extern const void *const mp_type_str;
void *mpy_init(void *self) {
    shown += elsewhere(shown);
    if (shown == 7) return (void *)&mp_type_str;
    switch (shown) { case 1: return (void *)text; case 2: return (void *)pointers; case 3: return self; case 4: return 0; }
    return (void *)&shown;
}
`;

const compilers: readonly (readonly [BuildableArch, string, string])[] = [
  ['x64', 'gcc', '-fpic -g'],
  ['x64', 'gcc', '-fno-pic -gdwarf-4 -ffunction-sections -fdata-sections'],
  ['armv6m', 'arm-none-eabi-gcc', '-mthumb -mcpu=cortex-m0 -fpic -g'],
  ['armv7emsp', 'arm-none-eabi-gcc', '-mthumb -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard -fpic -gdwarf-5'],
  ['rv32imc', 'riscv64-unknown-elf-gcc', '-march=rv32imac -mabi=ilp32 -fpic -g'],
  ['rv64imc', 'riscv64-unknown-elf-gcc', '-march=rv64imac -mabi=lp64 -fpic -mno-relax -g'],
  ['xtensa', 'xtensa-lx106-elf-gcc', '-g'],
];

/** Once for all workers. */
export function compileFixtures(): string {
  const folder = mkdtempSync(join(tmpdir(), 'natmod-fuzz-'));
  writeFileSync(join(folder, 'fuzz.c'), source);
  compilers.forEach(([, compiler, flags], index) => {
    if (!onPath(compiler)) return;
    const args = [...flags.split(' '), '-Os', '-c', 'fuzz.c', '-o', `${index}.o`];
    spawnSync(compiler, args, { cwd: folder });
  });
  return folder;
}

export function removeFixtures(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

function compiledObjects(folder: string): Fixture[] {
  return compilers.flatMap(([arch, compiler, flags], index) => {
    try {
      return [object(`${compiler} ${flags}`, arch, new Uint8Array(readFileSync(join(folder, `${index}.o`))))];
    } catch {
      return [];
    }
  });
}

function object(name: string, arch: BuildableArch, bytes: Uint8Array): Fixture {
  return { kind: 'object', name, arch, bytes, hot: hotOf(bytes) };
}

/** Headers, and the sections that are tables. */
function hotOf(bytes: Uint8Array): Hot {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bytes[4] === 2;
  const table = wide ? Number(view.getBigUint64(40, true)) : view.getUint32(32, true);
  const entry = wide ? 64 : 40;
  const count = view.getUint16(wide ? 60 : 48, true);
  const hot: [number, number][] = [[16, wide ? 64 : 52]];
  for (let at = table; at < table + count * entry; at += entry) {
    hot.push([at, at + entry], [at, at + entry]);
    const type = view.getUint32(at + 4, true);
    const offset = wide ? Number(view.getBigUint64(at + 24, true)) : view.getUint32(at + 16, true);
    const size = wide ? Number(view.getBigUint64(at + 32, true)) : view.getUint32(at + 20, true);
    if (type !== sectionTypes.null && type !== sectionTypes.nobits && size > 0) hot.push([offset, offset + size]);
  }
  return hot;
}

/** GNU's form with its index and long names, BSD's, and one without an index. */
function archives(objects: readonly Fixture[]): Fixture[] {
  const own = objects.filter(({ name }) => name.endsWith(': links') || name.startsWith('gcc'));
  return own.flatMap(({ arch, bytes, name }) => {
    const members: readonly (readonly [string, Uint8Array])[] = [
      ['short.o', bytes],
      ['a-rather-long-name.o', library(arch)],
    ];
    return [
      archive(`GNU archive of ${name}`, arch, gnuArchive(members)),
      archive(`BSD archive of ${name}`, arch, bsdArchive(members)),
      archive(`bare archive of ${name}`, arch, join8(magic, ...members.map(([, body]) => member('m.o/', body)))),
    ];
  });
}

/** Defines what the other objects want. */
function library(arch: BuildableArch): Uint8Array {
  return makeObject({
    machine: machineOf(arch).machine,
    sections: [{ name: '.text', data: new Array(8).fill(0x90) }],
    symbols: [
      { name: 'sinf', section: '.text', type: 'function' },
      { name: 'somewhere', section: '.text', value: 4 },
    ],
  });
}

function archive(name: string, arch: BuildableArch, bytes: Uint8Array): Fixture {
  const hot: [number, number][] = [[0, Math.min(bytes.length, 400)]];
  for (let at = 8; at + 60 <= bytes.length; ) {
    hot.push([at, at + 60]);
    const size = Number(new TextDecoder().decode(bytes.subarray(at + 48, at + 58)));
    at += 60 + size + (size % 2);
  }
  return { kind: 'archive', name, arch, bytes, hot };
}

const ascii = (text: string) => new TextEncoder().encode(text);
const magic = ascii('!<arch>\n');

function member(name: string, body: Uint8Array): Uint8Array {
  const header = `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(12)}${'644'.padEnd(8)}${String(body.length).padEnd(10)}\`\n`;
  return join8(ascii(header), body, new Uint8Array(body.length % 2).fill(0x0a));
}

const indexed = ['sinf', 'somewhere'];

function gnuArchive(members: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const strings = ascii(`${indexed.join('\0')}\0`);
  const indexSize = 4 + 4 * indexed.length + strings.length;
  const names = ascii(`${members[1][0]}/\n`);
  const first = member('short.o/', members[0][1]);
  const target = 8 + 60 + indexSize + (indexSize % 2) + 60 + names.length + (names.length % 2) + first.length;
  const index = new Uint8Array(indexSize);
  const view = new DataView(index.buffer);
  view.setUint32(0, indexed.length);
  indexed.forEach((_, at) => {
    view.setUint32(4 + at * 4, target);
  });
  index.set(strings, 4 + 4 * indexed.length);
  return join8(magic, member('/', index), member('//', names), first, member('/0', members[1][1]));
}

function bsdArchive(members: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const strings = ascii(`${indexed.join('\0')}\0`);
  const index = new Uint8Array(4 + 8 * indexed.length + 4 + strings.length);
  const view = new DataView(index.buffer);
  const second = member(`#1/${members[1][0].length}`, join8(ascii(members[1][0]), members[1][1]));
  const target = 8 + 60 + index.length + (index.length % 2);
  view.setUint32(0, 8 * indexed.length, true);
  indexed.forEach((_, at) => {
    view.setUint32(4 + at * 8, at * 5, true);
    view.setUint32(8 + at * 8, target, true);
  });
  view.setUint32(4 + 8 * indexed.length, strings.length, true);
  index.set(strings, 8 + 8 * indexed.length);
  return join8(magic, member('__.SYMDEF', index), second, member(members[0][0], members[0][1]));
}

function join8(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Native modules of the objects that link, and one with everything that the format has. */
function modules(objects: readonly Fixture[]): Fixture[] {
  const native = objects.flatMap(({ arch, bytes, name }) => {
    const linked = link({
      arch,
      abi: micropython,
      objects: [{ path: 'a.o', bytes }],
      qstrs: ['one', 'two', 'value'],
      sourceName: 'fuzz.mpy',
    });
    return linked.bytes ? [moduleFixture(`module of ${name}`, arch, linked.bytes)] : [];
  });
  return [...native, moduleFixture('module with all of the format', 'x64', writeModule(everything))];
}

function moduleFixture(name: string, arch: BuildableArch, bytes: Uint8Array): Fixture {
  return { kind: 'module', name, arch, bytes, hot: [[0, Math.min(bytes.length, 64)]] };
}

const everything: MpyModule = {
  header: { flavour: 'micropython', version: 6, subVersion: 3, arch: 'rv32imc', archFlags: 3, smallIntBits: 31 },
  qstrs: [{ text: 'fuzz.py' }, { text: 'append', staticIndex: 20 }, { text: 'ä€😀' }],
  objects: [
    { kind: 'str', bytes: ascii('text') },
    { kind: 'bytes', bytes: ascii('bytes') },
    { kind: 'int', bytes: ascii('12345678901234567890') },
    { kind: 'float', bytes: ascii('1.5') },
    { kind: 'complex', bytes: ascii('2j') },
    { kind: 'ellipsis' },
    { kind: 'tuple', items: [{ kind: 'none' }, { kind: 'tuple', items: [{ kind: 'true' }, { kind: 'fun_table' }] }] },
  ],
  code: {
    kind: 'bytecode',
    code: ascii('bytecode of the module'),
    children: [
      { kind: 'native', code: ascii('native code'), preludeOffset: 4, children: [] },
      {
        kind: 'viper',
        code: new Uint8Array(32),
        scopeFlags: 1,
        rodata: new Uint8Array(16),
        bssSize: 64,
        relocations: [
          { base: 'text', offset: 8, target: { kind: 'rodata' } },
          { base: 'text', offset: 12, target: { kind: 'rodata' } },
          { base: 'rodata', offset: 4, target: { kind: 'entry', index: 50 } },
          { base: 'rodata', offset: 8, target: { kind: 'qstr-table' } },
        ],
        children: [{ kind: 'bytecode', code: ascii('inner'), children: [] }],
      },
      {
        kind: 'asm',
        code: new Uint8Array(8),
        scopeFlags: 0,
        positionalArguments: 2,
        typeSignature: 0x55,
        relocations: undefined,
        children: [],
      },
    ],
  },
};

function scripts(): Fixture[] {
  const text =
    '/* ROM */ PROVIDE ( ets_printf = 0x400024cc );\nstrlen = 0x4000bf4c; // fast\nGROUP ( libm.a AS_NEEDED ( b.a ) )\n';
  return [{ kind: 'script', name: 'linker script', arch: 'xtensa', bytes: ascii(text), hot: [] }];
}
