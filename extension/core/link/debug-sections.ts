// Debug information for the debug image: the sections of all objects that are not part of the module, those of one name joined,
// with the addresses that the link gave.
// Specification: https://dwarfstd.org and each architecture's ABI for relocations

import { sectionFlags, sectionTypes } from '../elf/constants.ts';
import { type DebugPlaces, relocateDebugSection } from '../elf/debug-section.ts';
import type { ObjectSection, ObjectSymbol } from '../elf/object-file.ts';
import type { ElfSection } from '../elf/write-elf.ts';
import { alignUp } from './layout.ts';
import type { LinkedObject, Program } from './program.ts';

/** What a debugger executes (.debug_gdb_scripts) stays behind. */
const joined = /^\.(debug_(?!gdb_scripts)|comment$|xt\.prop(\.|$))/;
/** Xtensa's, of which bytes are code: one for each section of an object. */
const propertyTable = '.xt.prop';
/** For GDB, which unwinds by these where compilers give no .debug_frame. */
const unwindTable = '.eh_frame';
/** What the code was compiled for; the linker has checked that the objects agree. */
const attributes = /^\.(ARM\.attributes|riscv\.attributes|xtensa\.info)$/;

/** Index of addresses of code. LLVM lists variables too, and GDB warns of those that lie in the block of code. */
const codeIndex = '.debug_aranges';

/** In these a pair of zeros ends a list. */
const listsOfRanges = /^\.debug_(ranges|loc)$/;

/**
 * @param addressOf address of a symbol in the module; undefined for one in what was left out
 * @param unwindAddress where unwind tables, which count distances from themselves, are
 */
export function joinDebugSections(
  program: Program,
  addressOf: (object: LinkedObject, symbol: ObjectSymbol) => number | undefined,
  unwindAddress: number,
): ElfSection[] {
  const sections = new Map<string, Joined>();
  const places = new Map<LinkedObject, readonly (Part | undefined)[]>();
  for (const object of program.objects) {
    const parts: (Part | undefined)[] = [];
    places.set(object, parts);
    const isInflated = !isCompressed(object);
    for (const section of object.file.sections) {
      if (!isTaken(section, isInflated, sections)) continue;
      const name = section.name.startsWith(propertyTable) ? propertyTable : section.name;
      const whole = sections.get(name) ?? { parts: [], size: 0, align: 1 };
      const offset = alignUp(whole.size, section.align);
      const part = { object, section, offset };
      whole.parts.push(part);
      whole.size = offset + section.data.length;
      whole.align = Math.max(whole.align, section.align);
      sections.set(name, whole);
      parts[section.index] = part;
    }
  }
  const placesOf = (object: LinkedObject) => {
    const parts = places.get(object)!;
    return (symbol: ObjectSymbol) => {
      const part = symbol.place === 'section' ? parts[symbol.section] : undefined;
      return part ? part.offset + symbol.value : addressOf(object, symbol);
    };
  };
  const placesOfCode = (object: LinkedObject) => {
    const placeOf = placesOf(object);
    return (symbol: ObjectSymbol) => {
      const piece = symbol.place === 'section' ? object.pieces[symbol.section] : undefined;
      return piece && piece.content !== 'text' ? undefined : placeOf(symbol);
    };
  };
  return [...sections].map(([name, whole]) =>
    join(name, whole, name === codeIndex ? placesOfCode : placesOf, name === unwindTable ? unwindAddress : 0),
  );
}

interface Part {
  readonly object: LinkedObject;
  readonly section: ObjectSection;
  readonly offset: number;
}

interface Joined {
  readonly parts: Part[];
  size: number;
  align: number;
}

/** @param isInflated whether none of the object's debug information is compressed */
function isTaken(section: ObjectSection, isInflated: boolean, taken: ReadonlyMap<string, Joined>): boolean {
  const { name, data, type, flags } = section;
  if (data.length === 0 || type === sectionTypes.rel || type === sectionTypes.rela) return false;
  if (attributes.test(name)) return !taken.has(name);
  if (name === unwindTable) return true;
  // Without inflating there is nothing to relocate; and what refers to the one would be lost without it.
  return isInflated && !(flags & sectionFlags.alloc) && joined.test(name);
}

function isCompressed({ file }: LinkedObject): boolean {
  return file.sections.some(({ name, flags }) => flags & sectionFlags.compressed && joined.test(name));
}

function join(
  name: string,
  { parts, size, align }: Joined,
  placesOf: (object: LinkedObject) => DebugPlaces['addressOf'],
  address: number,
): ElfSection {
  const data = new Uint8Array(size);
  for (const { object, section, offset } of parts) {
    data.set(section.data, offset);
    const view = new DataView(data.buffer, offset, section.data.length);
    relocateDebugSection(object.file, section, view, {
      address: address + offset,
      addressOf: placesOf(object),
      nowhere: listsOfRanges.test(name) ? 1 : 0,
    });
  }
  const { type, flags, entrySize } = parts[0].section;
  const kept = flags & (sectionFlags.merge | sectionFlags.strings);
  return { name, type, flags: kept, address, size, data, align, entrySize };
}
