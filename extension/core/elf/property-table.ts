// What Xtensa's assembler tells linkers that move code, section by section: which bytes are instructions, and what must stay
// aligned. Only GNU's writes it.
// Specification: known from binutils alone, https://sourceware.org/git/?p=binutils-gdb.git (include/elf/xtensa.h)

import type { ObjectFile, ObjectSection } from './object-file.ts';

export interface CodeBlock {
  /** In bytes into its section. */
  readonly start: number;
  readonly size: number;
  readonly flags: number;
}

export const propertySection = /^\.xt\.prop(\.|$)/;

/** Of an entry, in bytes: address, size, flags. */
export const propertyEntry = 12;

const literal = 0x1;
const instructions = 0x2;
const loopTarget = 0x10;
const alignedTarget = 0x600;
const aligned = 0x800;

/** @returns by section header index */
export function codeBlocks(object: ObjectFile): ReadonlyMap<number, readonly CodeBlock[]> {
  const blocks = new Map<number, CodeBlock[]>();
  for (const table of object.sections) {
    if (!propertySection.test(table.name)) continue;
    const view = new DataView(table.data.buffer, table.data.byteOffset, table.data.byteLength);
    for (const { offset, symbol, addend } of table.relocations) {
      const { place, section, value } = object.symbols[symbol] ?? {};
      if (place !== 'section' || section === undefined || value === undefined) continue;
      if (offset % propertyEntry !== 0 || offset + propertyEntry > view.byteLength) continue;
      const start = value + (addend ?? 0) + view.getInt32(offset, true);
      const block = { start, size: view.getUint32(offset + 4, true), flags: view.getUint32(offset + 8, true) };
      const known = blocks.get(section);
      if (known) known.push(block);
      else blocks.set(section, [block]);
    }
  }
  return blocks;
}

/** Whether a section holds instructions without a gap, none of which has to be at a multiple of anything but the first. */
export function isPlainCode({ size }: Pick<ObjectSection, 'size'>, blocks: readonly CodeBlock[]): boolean {
  let end = 0;
  for (const { start, size, flags } of [...blocks].sort((a, b) => a.start - b.start || a.size - b.size)) {
    if (flags & aligned && start > 0) return false;
    if (size === 0) continue;
    if (start !== end || !(flags & instructions) || flags & (literal | loopTarget)) return false;
    if ((flags & alignedTarget) === alignedTarget) return false;
    end += size;
  }
  return end === size;
}
