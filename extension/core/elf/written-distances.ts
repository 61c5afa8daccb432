// Distances between places of Xtensa's code that its assembler has written into other sections, with a note for linkers that
// move code: in debug information, and in the table of what is code.
// Specification: known from binutils alone, https://sourceware.org/git/?p=binutils-gdb.git (R_XTENSA_DIFF, bfd/elf32-xtensa.c)

import { machines } from './constants.ts';
import type { ObjectFile, ObjectSection } from './object-file.ts';
import { propertyEntry, propertySection } from './property-table.ts';

export interface WrittenDistance {
  /** Where it is in its section, and its size in bytes. */
  readonly at: number;
  readonly bytes: number;
  /** Section header index and offset of the place it counts from. */
  readonly section: number;
  readonly start: number;
  readonly value: number;
}

/** R_*: sizes in bytes; what a set of bits means. */
const kinds: Readonly<Record<number, readonly [bytes: number, sign: 'signed' | 'positive' | 'negative']>> = {
  17: [1, 'signed'],
  18: [2, 'signed'],
  19: [4, 'signed'],
  57: [1, 'positive'],
  58: [2, 'positive'],
  59: [4, 'positive'],
  60: [1, 'negative'],
  61: [2, 'negative'],
  62: [4, 'negative'],
};
const word = 1;

export function writtenDistances(object: ObjectFile, section: ObjectSection): WrittenDistance[] {
  if (object.machine !== machines.xtensa) return [];
  const view = new DataView(section.data.buffer, section.data.byteOffset, section.data.byteLength);
  const isTable = propertySection.test(section.name);
  return section.relocations.flatMap(({ type, offset, symbol: index, addend }) => {
    const symbol = object.symbols[index];
    if (symbol?.place !== 'section') return [];
    const place = symbol.value + (addend ?? 0);
    const kind = kinds[type];
    const [bytes, sign] = kind ?? [4, 'positive'];
    const at = kind ? offset : offset + 4;
    if ((!kind && !(isTable && type === word && offset % propertyEntry === 0)) || at + bytes > view.byteLength)
      return [];
    const start = kind ? place : place + view.getInt32(offset, true);
    return [{ at, bytes, section: symbol.section, start, value: read(view, at, bytes, sign) }];
  });
}

function read(view: DataView, at: number, bytes: number, sign: 'signed' | 'positive' | 'negative'): number {
  const value = bytes === 1 ? view.getUint8(at) : bytes === 2 ? view.getUint16(at, true) : view.getUint32(at, true);
  const span = 2 ** (8 * bytes);
  return sign === 'negative' || (sign === 'signed' && value >= span / 2) ? value - span : value;
}
