// Part of the first stage: an assembler that expects the linker to shorten instructions (RISC-V without -mno-relax) pads for
// the worst case and leaves it to the linker to take back what alignment does not need. The section is trimmed as it is read; what
// has such padding is not shortened later, so that its alignment holds.

import type { Architecture, RelocationRow } from '../arch/architecture.ts';
import { sectionFlags } from '../elf/constants.ts';
import type { ObjectFile, ObjectRelocation, ObjectSection } from '../elf/object-file.ts';
import { Cuts, cutRelocations, cutSymbol } from './cuts.ts';
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
    if (trim.align > section.align || trim.cuts.removed > 0) trims.set(section.index, trim);
  }
  if (trims.size === 0) return file;
  const cuts = new Map([...trims].map(([index, trim]) => [index, trim.cuts]));
  return {
    ...file,
    sections: file.sections.map((section) => trimSection(section, file, trims, cuts)),
    symbols: file.symbols.map((symbol) => cutSymbol(symbol, cuts)),
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
  readonly cuts = new Cuts();
  readonly data: Uint8Array;
  /** The largest alignment that a padding serves. */
  readonly align: number;

  constructor(section: ObjectSection, paddings: readonly ObjectRelocation[], rows: ReadonlyMap<number, PaddingRow>) {
    let align = 1;
    let end = 0;
    // A copy even where the bytes are a Node Buffer, whose slice() is none.
    const data = new Uint8Array(section.data);
    for (const { offset, addend, type } of [...paddings].sort((a, b) => a.offset - b.offset)) {
      const padding = addend ?? 0;
      // Overlapping or outside: not what an assembler makes.
      if (padding <= 0 || offset < end || offset + padding > data.length) continue;
      const wanted = 2 ** Math.ceil(Math.log2(padding + 1));
      const start = offset - this.cuts.removed;
      const kept = alignUp(start, wanted) - start;
      align = Math.max(align, wanted);
      if (kept >= padding) continue;
      data.set((rows.get(type) as PaddingRow).nops(kept), offset);
      end = offset + padding;
      this.cuts.add(offset + kept, end);
    }
    this.data = this.cuts.apply(data);
    this.align = align;
  }
}

function trimSection(
  section: ObjectSection,
  file: ObjectFile,
  trims: ReadonlyMap<number, Trim>,
  cuts: ReadonlyMap<number, Cuts>,
): ObjectSection {
  const trim = trims.get(section.index);
  const cut = cutRelocations(section, file, cuts);
  if (!trim) return cut;
  const { data, align } = trim;
  return { ...cut, data, size: data.length, align: Math.max(align, section.align) };
}
