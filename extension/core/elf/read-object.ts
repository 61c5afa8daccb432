// Reads an ELF file of either class, little-endian: a relocatable object, with REL or RELA relocations, or a linked image.
// Specification: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html

import { Failure } from '../diagnostic.ts';
import { sectionFlags, sectionTypes } from './constants.ts';
import { malformed } from './errors.ts';
import type { ObjectFile, ObjectRelocation, ObjectSection, ObjectSymbol, SectionGroup } from './object-file.ts';
import {
  elfTypes,
  type OpenFile,
  openFile,
  readSectionHeaders,
  type SectionHeader,
  sectionBytes,
  signedNumber,
  wideNumber,
} from './open-file.ts';
import { readSymbols } from './read-symbols.ts';

/**
 * @param bytes a whole .o file
 * @param path for diagnostics
 * @throws Failure `elf/not-elf`, `elf/truncated`, `elf/not-relocatable`, `elf/unsupported`, `elf/malformed`
 */
export function readObject(bytes: Uint8Array, path: string): ObjectFile {
  return readFile(bytes, path, elfTypes.relocatable);
}

/**
 * Symbols of a section, and the lines of its code, count from its start as in an object.
 * @param bytes a whole linked file, such as the debug image of a module
 * @param path for diagnostics
 * @throws Failure `elf/not-elf`, `elf/truncated`, `elf/not-linked`, `elf/unsupported`, `elf/malformed`
 */
export function readImage(bytes: Uint8Array, path: string): ObjectFile {
  const file = readFile(bytes, path, elfTypes.executable);
  const symbols = file.symbols.map((symbol) =>
    symbol.place === 'section' ? { ...symbol, value: symbol.value - file.sections[symbol.section].address } : symbol,
  );
  return { ...file, symbols };
}

function readFile(bytes: Uint8Array, path: string, type: number): ObjectFile {
  const file = openFile(bytes, path, type);
  const headers = readSectionHeaders(file);
  const sections = headers.map((header, index) => makeSection(file, header, index));
  checkOverlap(file, sections);
  const symbols = readSymbols(file, headers, sections);
  const later = new Map<GrowingSection, SectionHeader[]>();
  for (const header of headers) {
    if (header.type !== sectionTypes.rel && header.type !== sectionTypes.rela) continue;
    const target = sections[header.info];
    if (!target)
      throw malformed(
        path,
        `relocation section applies to section ${header.info}, but there are ${sections.length}`,
        header.name,
      );
    if (target.flags & sectionFlags.alloc) readRelocations(file, header, target, symbols.length, target.relocations);
    else if (later.has(target)) later.get(target)?.push(header);
    else later.set(target, [header]);
  }
  for (const [target, tables] of later)
    readLater(target, (into) => {
      for (const header of tables) readRelocations(file, header, target, symbols.length, into);
    });
  const isLinked = type === elfTypes.executable;
  const groups = readGroups(file, headers, sections, symbols);
  return {
    path,
    isLinked,
    elfClass: file.elfClass,
    machine: file.machine,
    flags: file.flags,
    sections,
    symbols,
    groups,
  };
}

const comdat = 1;

function readGroups(
  { path }: OpenFile,
  headers: readonly SectionHeader[],
  sections: readonly ObjectSection[],
  symbols: readonly ObjectSymbol[],
): SectionGroup[] {
  return headers.flatMap(({ type, info, name }, index) => {
    const { data } = sections[index];
    if (type !== sectionTypes.group || data.length === 0) return [];
    if (data.length % 4 !== 0) throw malformed(path, `group of ${data.length} bytes is not one of 32-bit words`, name);
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const [flags, ...members] = Array.from({ length: data.length / 4 }, (_, at) => view.getUint32(at * 4, true));
    if ((flags & comdat) === 0) return [];
    const signature = symbols[info]?.name;
    if (signature === undefined)
      throw malformed(path, `group is known by symbol ${info}, but there are ${symbols.length}`, name);
    const outside = members.find((member) => member === 0 || member >= sections.length);
    if (outside !== undefined)
      throw malformed(path, `group has section ${outside}, but there are ${sections.length}`, name);
    return [{ signature, sections: members }];
  });
}

/** Each byte of an object belongs to one section: what is made of the file then grows with the file only. */
function checkOverlap(file: OpenFile, sections: readonly ObjectSection[]): void {
  const total = sections.reduce((sum, section) => sum + section.data.length, 0);
  if (total > file.bytes.length)
    throw malformed(file.path, `the sections overlap: they hold ${total} bytes, the file ${file.bytes.length}`);
}

type GrowingSection = ObjectSection & { readonly relocations: ObjectRelocation[] };

function readOrNone(read: (into: ObjectRelocation[]) => void): ObjectRelocation[] {
  const relocations: ObjectRelocation[] = [];
  try {
    read(relocations);
    return relocations;
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    return [];
  }
}

/** Most of an object's relocations are for debug information, which a link that succeeds never looks at. */
function readLater(section: GrowingSection, read: (into: ObjectRelocation[]) => void): void {
  let relocations: ObjectRelocation[] | undefined;
  Object.defineProperty(section, 'relocations', {
    enumerable: true,
    configurable: true,
    get: () => (relocations ??= readOrNone(read)),
  });
}

function makeSection(file: OpenFile, header: SectionHeader, index: number): GrowingSection {
  const align = header.align || 1;
  // A power of two; above 2^31 it is noise.
  if (align > 0x8000_0000 || (align & (align - 1)) !== 0)
    throw malformed(file.path, `alignment ${align} is not a power of two`, header.name);
  const hasBytes = header.type !== sectionTypes.nobits && header.type !== sectionTypes.null;
  return {
    index,
    name: header.name,
    type: header.type,
    flags: header.flags,
    address: header.address,
    size: header.type === sectionTypes.null ? 0 : header.size,
    align,
    entrySize: header.entrySize,
    data: hasBytes ? sectionBytes(file, header) : new Uint8Array(0),
    relocations: [],
  };
}

function readRelocations(
  file: OpenFile,
  header: SectionHeader,
  target: ObjectSection,
  symbolCount: number,
  into: ObjectRelocation[],
): void {
  const { view, path } = file;
  const wide = file.elfClass === 64;
  const withAddend = header.type === sectionTypes.rela;
  const entrySize = (wide ? 16 : 8) + (withAddend ? (wide ? 8 : 4) : 0);
  sectionBytes(file, header);
  if (header.size % entrySize !== 0)
    throw malformed(path, `relocation table of ${header.size} bytes is not a multiple of ${entrySize}`, header.name);
  for (let at = header.offset, end = header.offset + header.size; at < end; at += entrySize) {
    const offset = wide ? wideNumber(view, at, path, 'relocation offset') : view.getUint32(at, true);
    const info = view.getUint32(at + (wide ? 8 : 4), true);
    const symbol = wide ? view.getUint32(at + 12, true) : info >>> 8;
    if (offset >= target.size)
      throw malformed(
        path,
        `relocation ${into.length} is at 0x${offset.toString(16)}, past the section's ${target.size} bytes`,
        target.name,
      );
    if (symbol >= symbolCount && symbol !== 0)
      throw malformed(
        path,
        `relocation at 0x${offset.toString(16)} names symbol ${symbol}, but there are ${symbolCount}`,
        target.name,
      );
    into.push({
      offset,
      type: wide ? info : info & 0xff,
      symbol,
      addend: withAddend
        ? wide
          ? signedNumber(view, at + 16, path, 'addend')
          : view.getInt32(at + 8, true)
        : undefined,
    });
  }
}
