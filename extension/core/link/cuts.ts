// Bytes taken out of an object's sections or put in, and what that moves: symbols, relocations, places that debug information names.

import { machines, sectionFlags } from '../elf/constants.ts';
import type { ObjectFile, ObjectRelocation, ObjectSection, ObjectSymbol } from '../elf/object-file.ts';
import { writtenDistances } from '../elf/written-distances.ts';

interface Cut {
  readonly at: number;
  readonly end: number;
  readonly before: number;
  /** Put in, not taken out: `at` lies half a byte before, so that what was there comes behind. */
  readonly added?: Uint8Array;
}

/** What goes from one section, in the order of the old places. */
export class Cuts {
  private readonly all: Cut[] = [];

  /** @param at, end old places, behind those of earlier cuts */
  add(at: number, end: number): void {
    this.all.push({ at, end, before: this.removed });
  }

  /** @param at old place of what comes behind; labels there do, too */
  insert(at: number, added: Uint8Array): void {
    this.all.push({ at: at - 0.5, end: at - 0.5 - added.length, before: this.removed, added });
  }

  /** In bytes; below zero where more was put in. */
  get removed(): number {
    const last = this.all.at(-1);
    return last ? last.before + last.end - last.at : 0;
  }

  /** Where a place of the section is now. */
  move(offset: number): number {
    let low = 0;
    let high = this.all.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.all[middle].at < offset) low = middle + 1;
      else high = middle;
    }
    const cut = this.all[low - 1];
    return cut ? offset - cut.before - (Math.min(offset, cut.end) - cut.at) : offset;
  }

  /** @returns the bytes that are left */
  apply(data: Uint8Array): Uint8Array {
    const left = new Uint8Array(data.length - this.removed);
    let from = 0;
    let to = 0;
    for (const { at, end, added } of [...this.all, { at: data.length, end: data.length, added: undefined }]) {
      const place = Math.ceil(at);
      left.set(data.subarray(from, place), to);
      to += place - from;
      if (added) left.set(added, to);
      to += added?.length ?? 0;
      from = added ? place : end;
    }
    return left;
  }
}

export function cutSymbol(symbol: ObjectSymbol, cuts: ReadonlyMap<number, Cuts>): ObjectSymbol {
  const cut = symbol.place === 'section' ? cuts.get(symbol.section) : undefined;
  if (!cut) return symbol;
  const value = cut.move(symbol.value);
  return { ...symbol, value, size: cut.move(symbol.value + symbol.size) - value };
}

/** Moves the relocations of a section, and what they count from the start of sections that were cut. */
export function cutRelocations(
  section: ObjectSection,
  file: ObjectFile,
  cuts: ReadonlyMap<number, Cuts>,
): ObjectSection {
  const own = cuts.get(section.index);
  const move = () =>
    section.relocations.map((relocation) => {
      const symbol = file.symbols[relocation.symbol];
      const target = symbol?.type === 'section' ? cuts.get(symbol.section) : undefined;
      if (!own && !target) return relocation;
      const held = target ? addendHeld(section, relocation, file) : 0;
      const addend =
        target && relocation.addend !== undefined ? target.move(relocation.addend + held) - held : relocation.addend;
      return { ...relocation, offset: own ? own.move(relocation.offset) : relocation.offset, addend };
    });
  if (section.flags & sectionFlags.alloc) return { ...section, relocations: move() };
  // Those of debug information are read when they are asked for.
  const isXtensa = file.machine === machines.xtensa;
  return Object.create(section, {
    relocations: { get: lazily(move) },
    ...(isXtensa ? { data: { get: lazily(() => cutDistances(section, file, cuts)) } } : {}),
  });
}

/** Once: code is cut many times, and each time asks what the times before left. */
function lazily<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Xtensa keeps a part of the addend in the word. */
function addendHeld({ data }: ObjectSection, { type, offset }: ObjectRelocation, { machine }: ObjectFile): number {
  if (machine !== machines.xtensa || type !== 1 || offset + 4 > data.length) return 0;
  return new DataView(data.buffer, data.byteOffset).getInt32(offset, true);
}

/** The section's bytes with distances as they are between the new places. */
function cutDistances(section: ObjectSection, file: ObjectFile, cuts: ReadonlyMap<number, Cuts>): Uint8Array {
  const data = new Uint8Array(section.data);
  const view = new DataView(data.buffer);
  for (const { at, bytes, section: index, start, value } of writtenDistances(file, section)) {
    const cut = cuts.get(index);
    if (!cut) continue;
    const distance = cut.move(start + value) - cut.move(start);
    if (bytes === 1) view.setInt8(at, distance);
    else if (bytes === 2) view.setInt16(at, distance, true);
    else view.setInt32(at, distance, true);
  }
  return data;
}
