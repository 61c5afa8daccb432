// Small modules made by hand, one for every architecture and kind of code: what the inspector's tests look at. The machine
// code is written out, so that no compiler's version changes a golden.

import { staticQstrs } from '../extension/core/abi/static-qstrs.ts';
import { type ArchName, archNumbers } from '../extension/core/arch/names.ts';
import type { MpyModule, Relocation } from '../extension/core/mpy/module.ts';
import { writeModule } from '../extension/core/mpy/write.ts';

const bytesOf = (text: string) => Uint8Array.from(text.trim().split(/\s+/), (byte) => Number.parseInt(byte, 16));
const qstr = (text: string) => ({ text, staticIndex: staticQstrs.indexOf(text) + 1 });
const utf8 = new TextEncoder();

/** Calls an entry of the function table through a word that the loader fills in, and branches once. */
const codes: Readonly<Record<ArchName, { readonly code: string; readonly word: number }>> = {
  x86: { code: 'e8 0f 00 00 00 81 c3 13 00 00 00 8b 03 ff 50 10 74 01 90 c3 8b 1c 24 c3 00 00 00 00', word: 24 },
  x64: { code: '48 8b 05 09 00 00 00 ff 50 20 75 f4 c3 90 90 90 00 00 00 00 00 00 00 00', word: 16 },
  armv6: { code: '04 00 9f e5 00 00 90 e5 1e ff 2f e1 00 00 00 00', word: 12 },
  armv6m: { code: '10 b5 02 4b 5b 68 98 47 fe d0 10 bd 00 00 00 00', word: 12 },
  armv7m: { code: '10 b5 02 4b d3 f8 04 31 98 47 10 bd 00 00 00 00', word: 12 },
  armv7em: { code: '10 b5 02 4b d3 f8 04 31 98 47 10 bd 00 00 00 00', word: 12 },
  armv7emsp: { code: '10 b5 02 4b d3 f8 04 31 98 47 10 bd 00 00 00 00', word: 12 },
  armv7emdp: { code: '10 b5 02 4b d3 f8 04 31 98 47 10 bd 00 00 00 00', word: 12 },
  xtensa: { code: '86 01 00 00 00 00 00 00 21 ff ff 28 42 c0 02 00 0d f0 00 00', word: 4 },
  xtensawin: { code: '86 01 00 00 00 00 00 00 36 41 00 21 fe ff 28 42 e0 02 00 1d f0 00 00 00', word: 4 },
  rv32imc: { code: '17 05 00 00 03 25 05 01 1c 45 82 97 11 c1 82 80 00 00 00 00', word: 16 },
  rv64imc: { code: '17 05 00 00 03 35 05 01 08 69 02 95 11 c1 82 80 00 00 00 00 00 00 00 00', word: 16 },
};

export const nativeArchs = Object.keys(archNumbers) as readonly ArchName[];

/** As a linked C module looks. */
export function nativeModule(arch: ArchName, more: readonly Relocation[] = []): MpyModule {
  const { code, word } = codes[arch];
  return {
    header: { flavour: 'micropython', version: 6, subVersion: 3, arch, archFlags: undefined, smallIntBits: 31 },
    qstrs: [{ text: `${arch}.mpy` }, qstr('append'), { text: 'greet' }],
    objects: [],
    code: {
      kind: 'viper',
      code: bytesOf(code),
      scopeFlags: 0,
      rodata: utf8.encode('Hello from rodata\0\0\0'),
      bssSize: 8,
      relocations: [{ base: 'text', offset: word, target: { kind: 'table' } }, ...more],
      children: [],
    },
  };
}

/** As mpy-cross makes it of Python: `def add(a, b): return a + b` inside a module, constants, an inline function. */
export function pythonModule(): MpyModule {
  return {
    header: {
      flavour: 'micropython',
      version: 6,
      subVersion: 0,
      arch: undefined,
      archFlags: undefined,
      smallIntBits: 31,
    },
    qstrs: [{ text: 'sample.py' }, qstr('<module>'), { text: 'add' }, { text: 'a' }, { text: 'b' }, qstr('print')],
    objects: [
      { kind: 'int', bytes: utf8.encode('123456789012345678901') },
      { kind: 'str', bytes: utf8.encode('h\u00e9llo "you"') },
      { kind: 'bytes', bytes: Uint8Array.of(0, 65, 255) },
      { kind: 'float', bytes: utf8.encode('1.5') },
      { kind: 'tuple', items: [{ kind: 'none' }, { kind: 'ellipsis' }, { kind: 'tuple', items: [] }] },
    ],
    code: {
      kind: 'bytecode',
      // signature, size of names and lines, <module>, a line, then make and store add, print(object 1), return None
      code: bytesOf('10 06 01 64 20 32 00 16 02 11 05 23 01 34 01 59 51 63'),
      children: [{ kind: 'bytecode', code: bytesOf('1a 08 02 03 04 60 b0 b1 f2 44 43 42 3e 63'), children: [] }],
    },
  };
}

/** Files that are wrong, each in its own way, by a name that says how. */
export function brokenFiles(): Readonly<Record<string, Uint8Array>> {
  const good = writeModule(nativeModule('armv7m'));
  return {
    empty: new Uint8Array(),
    'not-a-module': utf8.encode('#!/bin/sh\necho hello\n'),
    'version-5': Uint8Array.of(0x4d, 5, 0x1f, 31, 32, 1, 2, 3),
    'version-2': Uint8Array.of(0x4d, 2, 3, 31, 9, 8, 7),
    'version-9': Uint8Array.of(0x4d, 9, 0, 31, 0),
    'cut-in-text': good.subarray(0, good.length - 40),
    'cut-in-relocations': good.subarray(0, good.length - 1),
    'wrong-count': Uint8Array.of(0x4d, 6, 0, 31, 0xff, 0x7f, 0, 1),
    'vuint-overflow': Uint8Array.of(0x4d, 6, 0, 31, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0),
    'relocation-outside': writeModule(
      nativeModule('armv7m', [{ base: 'text', offset: 4096, target: { kind: 'bss' } }]),
    ),
    trailing: Uint8Array.from([...good, 1, 2, 3]),
  };
}
