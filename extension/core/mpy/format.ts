// Numbers of the .mpy format, version 6.
// Source: https://docs.micropython.org/en/latest/reference/mpyfiles.html, py/persistentcode.[ch], py/runtime0.h.

import type { MpyHeader, MpyObject, RawCode } from './module.ts';

type Flavour = MpyHeader['flavour'];

/** First byte of a file: `M` or CircuitPython's `C`. */
export const magics: Readonly<Record<Flavour, number>> = { micropython: 0x4d, circuitpython: 0x43 };

export const currentVersion = 6;

/** Bits of the feature byte (third of the header). */
export const feature = { subVersionMask: 0x03, archShift: 2, archMask: 0x0f, archFlags: 0x40, reserved: 0x80 } as const;

/** Index is the number in the low two bits of a raw code's kind and length. */
export const codeKinds: readonly RawCode['kind'][] = ['bytecode', 'native', 'viper', 'asm'];

/** Index is the type byte of a constant object. */
export const objectKinds: readonly MpyObject['kind'][] = [
  'fun_table',
  'none',
  'false',
  'true',
  'ellipsis',
  'str',
  'bytes',
  'int',
  'float',
  'complex',
  'tuple',
];

/** Scope flags of viper and assembler code that announce what follows. CircuitPython's are one bit higher. */
export const scopeFlags: Readonly<Record<Flavour, { relocations: number; rodata: number; bss: number }>> = {
  micropython: { relocations: 0x10, rodata: 0x20, bss: 0x40 },
  circuitpython: { relocations: 0x20, rodata: 0x40, bss: 0x80 },
};

/** Operation of a relocation record, before it is shifted left for the need-offset bit. Text, rodata and bss are even; the odd number after each takes a count. */
export const relocationOps = {
  text: 0,
  rodata: 2,
  bss: 4,
  'qstr-table': 6,
  'obj-table': 7,
  table: 8,
  firstEntry: 9,
} as const;

export const relocationsEnd = 0xff;

/** Entries above this don't fit the one byte of a record. */
export const lastEntry = 126 - relocationOps.firstEntry;
