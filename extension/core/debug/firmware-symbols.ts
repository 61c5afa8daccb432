// The firmware's own symbols, by name and by address, out of its ELF file. GDB is of no help here: it gets the firmware without
// the section that the Python heap lies in, where the interpreter's state often lies too.

import { machines, sectionFlags, sectionTypes } from '../elf/constants.ts';
import { type ImageSection, openImage } from './elf-image.ts';
import type { FirmwareSymbols } from './target.ts';
import type { Range } from './target-memory.ts';

/**
 * @param bias what the addresses in memory are above those in the file; asked for once, with a name and its address there
 * @throws Failure `debug/not-elf`
 */
export function readFirmwareSymbols(
  bytes: Uint8Array,
  path: string,
  bias: (name: string, address: number) => Promise<number>,
): FirmwareSymbols {
  const image = openImage(bytes, path);
  const byName = new Map<string, number>();
  const sorted: { readonly name: string; readonly address: number }[] = [];
  for (const { name, value, section, kind } of image.symbols) {
    if (kind === 'other' || section === 0) continue;
    // Bit 0 of an ARM function's address tells the instruction set.
    const address = image.machine === machines.arm && kind === 'function' ? value - (value % 2) : value;
    byName.set(name, address);
    sorted.push({ name, address });
  }
  sorted.sort((a, b) => a.address - b.address);
  let moved: Promise<number> | undefined;
  const offset = () => {
    const [known] = ['mp_fun_table', 'mp_type_list', 'main'].filter((name) => byName.has(name));
    moved ??= known === undefined ? Promise.resolve(0) : bias(known, byName.get(known) ?? 0);
    return moved;
  };
  return {
    addressOf: async (name) => {
      const address = byName.get(name);
      return address === undefined ? undefined : address + (await offset());
    },
    symbolAt: async (address) => {
      const wanted = address - (await offset());
      let [low, high] = [0, sorted.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (sorted[middle].address <= wanted) low = middle + 1;
        else high = middle;
      }
      const found = sorted[low - 1];
      return found && { name: found.name, offset: wanted - found.address };
    },
    zeroed: () =>
      image.sections
        .filter(({ flags, type, size }) => type === sectionTypes.nobits && flags & sectionFlags.alloc && size > 0)
        .map(({ address, size }) => ({ start: address, end: address + size })),
    constant: async () => {
      const moved = await offset();
      return constantRanges(image.sections).map(({ start, end }) => ({ start: start + moved, end: end + moved }));
    },
  };
}

/** A linker may leave every function its own section: those in a row are one range, with the fill between them. */
function constantRanges(sections: readonly ImageSection[]): readonly Range[] {
  const placed = sections.filter(({ flags, size }) => flags & sectionFlags.alloc && size > 0);
  const ranges: { start: number; end: number }[] = [];
  let last: { start: number; end: number } | undefined;
  for (const { flags, address, size } of placed.sort((a, b) => a.address - b.address)) {
    const end = address + size;
    if (flags & sectionFlags.write) last = undefined;
    else if (last && address - last.end < mostFill) last.end = Math.max(last.end, end);
    else ranges.push((last = { start: address, end }));
  }
  return ranges;
}

/** In bytes. */
const mostFill = 64;
