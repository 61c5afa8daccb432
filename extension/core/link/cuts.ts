// Bytes taken out of an object's sections, and what that moves: symbols, relocations, places that debug information names.

import { sectionFlags } from '../elf/constants.ts';
import type { ObjectFile, ObjectSection, ObjectSymbol } from '../elf/object-file.ts';

/** What goes from one section, in the order of the old places. */
export class Cuts {
  private readonly all: { readonly at: number; readonly end: number; readonly before: number }[] = [];

  /** @param at, end old places, behind those of earlier cuts */
  add(at: number, end: number): void {
    this.all.push({ at, end, before: this.removed });
  }

  /** In bytes. */
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
    for (const { at, end } of [...this.all, { at: data.length, end: data.length }]) {
      left.set(data.subarray(from, at), to);
      to += at - from;
      from = end;
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
      const addend = target && relocation.addend !== undefined ? target.move(relocation.addend) : relocation.addend;
      return { ...relocation, offset: own ? own.move(relocation.offset) : relocation.offset, addend };
    });
  // Those of debug information are read when they are asked for.
  if (!(section.flags & sectionFlags.alloc)) return Object.create(section, { relocations: { get: move } });
  return { ...section, relocations: move() };
}
