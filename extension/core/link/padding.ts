// Part of the first stage: an assembler that expects the linker to shorten instructions (RISC-V without -mno-relax) pads for
// the worst case and leaves it to the linker to take back what alignment does not need. We shorten nothing, so the places of
// padding in their section are final, and the section is trimmed as it is read.

import type { Architecture, RelocationRow } from '../arch/architecture.ts';
import { sectionFlags } from '../elf/constants.ts';
import type { ObjectFile, ObjectRelocation, ObjectSection, ObjectSymbol } from '../elf/object-file.ts';
import { alignUp } from './layout.ts';

type PaddingRow = Extract<RelocationRow, { formula: 'padding' }>;

/** @returns the object without padding in excess; the object itself when it has none. */
export function trimPadding(file: ObjectFile, arch: Architecture): ObjectFile {
  const trims = new Map<number, Trim>();
  const rows = paddingRows(arch);
  if (rows.size === 0) return file;
  for (const section of file.sections) {
    if (!(section.flags & sectionFlags.alloc)) continue;
    const paddings = section.relocations.filter((relocation) => rows.has(relocation.type));
    if (paddings.length === 0) continue;
    const trim = new Trim(section, paddings, rows);
    if (trim.align > section.align || trim.removed > 0) trims.set(section.index, trim);
  }
  if (trims.size === 0) return file;
  return {
    ...file,
    sections: file.sections.map((section) => trimSection(section, file, trims)),
    symbols: file.symbols.map((symbol) => trimSymbol(symbol, trims)),
  };
}

const known = new WeakMap<Architecture, ReadonlyMap<number, PaddingRow>>();

function paddingRows(arch: Architecture): ReadonlyMap<number, PaddingRow> {
  let rows = known.get(arch);
  if (!rows) {
    const all = Object.entries(arch.relocations).map(([type, row]) => [Number(type), row] as const);
    rows = new Map(all.filter((entry): entry is [number, PaddingRow] => 'nops' in entry[1]));
    known.set(arch, rows);
  }
  return rows;
}

/** What goes from one section. */
class Trim {
  readonly data: Uint8Array;
  /** The largest alignment that a padding serves. */
  readonly align: number;
  private readonly cuts: { readonly at: number; readonly end: number; readonly before: number }[] = [];

  constructor(section: ObjectSection, paddings: readonly ObjectRelocation[], rows: ReadonlyMap<number, PaddingRow>) {
    let align = 1;
    let removed = 0;
    let copied = 0;
    // A copy even where the bytes are a Node Buffer, whose slice() is none.
    const data = new Uint8Array(section.data);
    for (const { offset, addend, type } of [...paddings].sort((a, b) => a.offset - b.offset)) {
      const padding = addend ?? 0;
      // Overlapping or outside: not what an assembler makes.
      if (padding <= 0 || offset < copied || offset + padding > data.length) continue;
      const wanted = 2 ** Math.ceil(Math.log2(padding + 1));
      const start = offset - removed;
      const kept = alignUp(start, wanted) - start;
      align = Math.max(align, wanted);
      if (kept >= padding) continue;
      data.copyWithin(copied - removed, copied, offset);
      data.set((rows.get(type) as PaddingRow).nops(kept), start);
      this.cuts.push({ at: offset + kept, end: offset + padding, before: removed });
      removed += padding - kept;
      copied = offset + padding;
    }
    data.copyWithin(copied - removed, copied);
    this.data = data.subarray(0, data.length - removed);
    this.align = align;
  }

  get removed(): number {
    const last = this.cuts.at(-1);
    return last ? last.before + last.end - last.at : 0;
  }

  /** Where a place of the section is now. */
  move(offset: number): number {
    let low = 0;
    let high = this.cuts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.cuts[middle].at < offset) low = middle + 1;
      else high = middle;
    }
    const cut = this.cuts[low - 1];
    return cut ? offset - cut.before - (Math.min(offset, cut.end) - cut.at) : offset;
  }
}

function trimSection(section: ObjectSection, file: ObjectFile, trims: ReadonlyMap<number, Trim>): ObjectSection {
  const trim = trims.get(section.index);
  const move = () =>
    section.relocations.map((relocation) => {
      const symbol = file.symbols[relocation.symbol];
      const target = symbol?.type === 'section' ? trims.get(symbol.section) : undefined;
      if (!trim && !target) return relocation;
      const addend = target && relocation.addend !== undefined ? target.move(relocation.addend) : relocation.addend;
      return { ...relocation, offset: trim ? trim.move(relocation.offset) : relocation.offset, addend };
    });
  // Those of debug information are read when they are asked for.
  if (!(section.flags & sectionFlags.alloc)) return Object.create(section, { relocations: { get: move } });
  const relocations = move();
  if (!trim) return { ...section, relocations };
  const { data, align } = trim;
  return { ...section, data, size: data.length, align: Math.max(align, section.align), relocations };
}

function trimSymbol(symbol: ObjectSymbol, trims: ReadonlyMap<number, Trim>): ObjectSymbol {
  const trim = symbol.place === 'section' ? trims.get(symbol.section) : undefined;
  if (!trim) return symbol;
  const value = trim.move(symbol.value);
  return { ...symbol, value, size: trim.move(symbol.value + symbol.size) - value };
}
