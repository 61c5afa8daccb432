// The bytes of an object's debug sections, relocated: to be read before the object is linked, or for the linked image.

import { machines, sectionFlags } from './constants.ts';
import type { ObjectFile, ObjectSection, ObjectSymbol } from './object-file.ts';

export interface DebugSection {
  readonly view: DataView;
  /** @returns what the word at this offset points to */
  pointerAt(offset: number, bytes: number): Pointer | undefined;
}

export interface Pointer {
  /** Section header index. */
  readonly section: number;
  readonly offset: number;
}

/**
 * Sections of an object that is not linked yet are taken to start at 0, so that a relocated word holds an offset into the
 * section it points to; which one that is, is noted beside it.
 * @returns undefined when there is no such section, or nothing to be read in it
 */
export function debugSection(object: ObjectFile, name: string): DebugSection | undefined {
  const section = object.sections.find((candidate) => candidate.name === name);
  if (!section || section.data.length === 0 || section.flags & sectionFlags.compressed) return undefined;
  // A copy even where the bytes are a Node Buffer, whose slice() is none.
  const data = new Uint8Array(section.data);
  const view = new DataView(data.buffer);
  if (object.isLinked) return { view, pointerAt: (offset, bytes) => pointerTo(object, getWord(view, offset, bytes)) };
  const pointers = new Map<number, Pointer>();
  relocateDebugSection(object, section, view, {
    address: 0,
    addressOf: (symbol) => symbol.value,
    onWord(at, symbol, value) {
      if (symbol.place === 'section') pointers.set(at, { section: symbol.section, offset: value });
    },
  });
  return { view, pointerAt: (offset) => pointers.get(offset) };
}

function pointerTo(object: ObjectFile, address: number | undefined): Pointer | undefined {
  if (address === undefined) return undefined;
  const section = object.sections.find(
    ({ flags, address: start, size }) => flags & sectionFlags.alloc && address >= start && address < start + size,
  );
  return section && { section: section.index, offset: address - section.address };
}

function getWord(view: DataView, offset: number, bytes: number): number | undefined {
  if ((bytes !== 4 && bytes !== 8) || offset + bytes > view.byteLength) return undefined;
  return get(view, offset, bytes);
}

/** Where things are to be for `relocateDebugSection`. */
export interface DebugPlaces {
  /** Of the section's first byte. */
  readonly address: number;
  /** @returns undefined for a symbol in what was left out */
  addressOf(symbol: ObjectSymbol): number | undefined;
  /** What is written for the address of such a symbol; absent: 0. */
  readonly nowhere?: number;
  readonly onWord?: (at: number, symbol: ObjectSymbol, value: number) => void;
}

type Operation = 'word' | 'distance' | 'set' | 'add' | 'sub' | 'set-uleb' | 'sub-uleb' | 'set-low6' | 'sub-low6';

interface DebugRelocation {
  readonly operation: Operation;
  readonly bytes: 1 | 2 | 4 | 8;
}

const word4: DebugRelocation = { operation: 'word', bytes: 4 };
const word8: DebugRelocation = { operation: 'word', bytes: 8 };
/** From the word itself to the symbol: in unwind tables. */
const distance4: DebugRelocation = { operation: 'distance', bytes: 4 };
const distance8: DebugRelocation = { operation: 'distance', bytes: 8 };

/** By machine and R_* number: what assemblers emit for debug sections. */
const relocations: Readonly<Record<number, Readonly<Record<number, DebugRelocation>>>> = {
  [machines.arm]: { 2: word4, 3: distance4 },
  [machines.x86]: { 1: word4, 2: distance4 },
  [machines.x64]: { 1: word8, 2: distance4, 10: word4, 11: word4, 24: distance8 },
  [machines.xtensa]: { 1: word4 },
  // Distances are pairs, because the linker may still shorten what lies between.
  [machines.riscv]: {
    1: word4,
    2: word8,
    33: { operation: 'add', bytes: 1 },
    34: { operation: 'add', bytes: 2 },
    35: { operation: 'add', bytes: 4 },
    36: { operation: 'add', bytes: 8 },
    37: { operation: 'sub', bytes: 1 },
    38: { operation: 'sub', bytes: 2 },
    39: { operation: 'sub', bytes: 4 },
    40: { operation: 'sub', bytes: 8 },
    52: { operation: 'sub-low6', bytes: 1 },
    53: { operation: 'set-low6', bytes: 1 },
    54: { operation: 'set', bytes: 1 },
    55: { operation: 'set', bytes: 2 },
    56: { operation: 'set', bytes: 4 },
    57: distance4,
    60: { operation: 'set-uleb', bytes: 1 },
    61: { operation: 'sub-uleb', bytes: 1 },
  },
};

/** Applies the relocations of `section` to the bytes in `view`, a copy of its data. Unknown ones are passed over. */
export function relocateDebugSection(
  object: ObjectFile,
  section: ObjectSection,
  view: DataView,
  { address, addressOf, nowhere = 0, onWord }: DebugPlaces,
): void {
  const known = relocations[object.machine] ?? {};
  for (const relocation of section.relocations) {
    const row = known[relocation.type];
    const symbol = object.symbols[relocation.symbol];
    const at = relocation.offset;
    if (!row || !symbol || at + row.bytes > view.byteLength) continue;
    const s = addressOf(symbol);
    // Distances within what was left out stay right.
    const value = (s ?? symbol.value) + (relocation.addend ?? 0);
    // Xtensa keeps a part of the addend in the word, too.
    const inPlace = relocation.addend === undefined || object.machine === machines.xtensa;
    switch (row.operation) {
      case 'word': {
        const whole =
          s === undefined ? nowhere : evenIfThumb(object, symbol, value + (inPlace ? get(view, at, row.bytes) : 0));
        put(view, at, row.bytes, whole);
        onWord?.(at, symbol, whole);
        break;
      }
      case 'distance':
        put(view, at, row.bytes, value + (inPlace ? get(view, at, row.bytes) : 0) - address - at);
        break;
      case 'set':
        put(view, at, row.bytes, value);
        break;
      case 'add':
        put(view, at, row.bytes, get(view, at, row.bytes) + value);
        break;
      case 'sub':
        put(view, at, row.bytes, get(view, at, row.bytes) - value);
        break;
      case 'set-low6':
        view.setUint8(at, (view.getUint8(at) & 0xc0) | (value & 0x3f));
        break;
      case 'sub-low6':
        view.setUint8(at, (view.getUint8(at) & 0xc0) | ((view.getUint8(at) - value) & 0x3f));
        break;
      case 'set-uleb':
        putUleb(view, at, value);
        break;
      case 'sub-uleb':
        putUleb(view, at, getUleb(view, at) - value);
    }
  }
}

function evenIfThumb(object: ObjectFile, symbol: ObjectSymbol, value: number): number {
  return object.machine === machines.arm && symbol.type === 'function' ? value - Math.abs(value % 2) : value;
}

function get(view: DataView, at: number, bytes: DebugRelocation['bytes']): number {
  switch (bytes) {
    case 1:
      return view.getUint8(at);
    case 2:
      return view.getUint16(at, true);
    case 4:
      return view.getUint32(at, true);
    case 8:
      return view.getInt32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
  }
}

function put(view: DataView, at: number, bytes: DebugRelocation['bytes'], value: number): void {
  if (bytes === 1) view.setUint8(at, value);
  else if (bytes === 2) view.setUint16(at, value, true);
  else if (bytes === 4) view.setUint32(at, value, true);
  else {
    view.setUint32(at, value >>> 0, true);
    view.setInt32(at + 4, Math.floor(value / 0x1_0000_0000), true);
  }
}

function getUleb(view: DataView, at: number): number {
  let value = 0;
  for (let place = 1; at < view.byteLength; at++, place *= 128) {
    value += (view.getUint8(at) & 0x7f) * place;
    if (view.getUint8(at) < 0x80 || place > 2 ** 42) break;
  }
  return value;
}

/** Keeps the number's length, which the assembler has reserved. */
function putUleb(view: DataView, at: number, value: number): void {
  for (let rest = value; at < view.byteLength; at++, rest = Math.floor(rest / 128)) {
    const more = view.getUint8(at) & 0x80;
    view.setUint8(at, more | (rest & 0x7f));
    if (!more) break;
  }
}
