// Reads an ELF file of either class, little-endian: a relocatable object, with REL or RELA relocations, or a linked image.
// Specification: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html

import { Failure } from '../diagnostic.ts';
import { type ElfClass, fileTypes, sectionFlags, sectionIndices, sectionTypes } from './constants.ts';
import { malformed, notElf, notLinked, notObject, truncated, unsupported } from './errors.ts';
import { NameBudget } from './name-budget.ts';
import type { ObjectFile, ObjectRelocation, ObjectSection, ObjectSymbol } from './object-file.ts';

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

const elfTypes = { relocatable: 1, executable: 2 } as const;

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
  return { path, isLinked, elfClass: file.elfClass, machine: file.machine, flags: file.flags, sections, symbols };
}

/** Each byte of an object belongs to one section: what is made of the file then grows with the file only. */
function checkOverlap(file: OpenFile, sections: readonly ObjectSection[]): void {
  const total = sections.reduce((sum, section) => sum + section.data.length, 0);
  if (total > file.bytes.length)
    throw malformed(file.path, `the sections overlap: they hold ${total} bytes, the file ${file.bytes.length}`);
}

interface OpenFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly elfClass: ElfClass;
  readonly machine: number;
  readonly flags: number;
  readonly names: NameBudget;
  readonly sectionTable: {
    readonly offset: number;
    readonly entrySize: number;
    readonly count: number;
    readonly nameSection: number;
  };
}

interface SectionHeader {
  name: string;
  readonly nameOffset: number;
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly align: number;
  readonly entrySize: number;
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

function openFile(bytes: Uint8Array, path: string, wantedType: number): OpenFile {
  const magic = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  if (magic !== '7f 45 4c 46') throw notElf(path, magic === '' ? 'nothing (it is empty)' : magic);
  if (bytes.length < 52) throw truncated(path, 'the ELF header', 52, bytes.length);
  const elfClass = bytes[4] === 1 ? 32 : bytes[4] === 2 ? 64 : undefined;
  if (!elfClass) throw unsupported(path, `ELF class ${bytes[4]} is neither 1 (32 bit) nor 2 (64 bit)`);
  if (bytes[5] !== 1)
    throw unsupported(path, 'big-endian object: all native architectures of MicroPython are little-endian');
  if (elfClass === 64 && bytes.length < 64) throw truncated(path, 'the ELF header', 64, bytes.length);

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = view.getUint16(16, true);
  if (type !== wantedType) {
    const found = fileTypes[type] ?? `file of type ${type}`;
    throw wantedType === elfTypes.relocatable ? notObject(path, found) : notLinked(path, found);
  }
  const wide = elfClass === 64;
  const offset = wide ? wideNumber(view, 40, path, 'section header table offset') : view.getUint32(32, true);
  const entrySize = view.getUint16(wide ? 58 : 46, true);
  let count = view.getUint16(wide ? 60 : 48, true);
  let nameSection = view.getUint16(wide ? 62 : 50, true);
  if (offset !== 0) {
    const wanted = wide ? 64 : 40;
    if (entrySize !== wanted)
      throw malformed(path, `section headers have ${entrySize} bytes each; ELF${elfClass} has ${wanted}`);
    if (offset + entrySize > bytes.length)
      throw truncated(path, 'the section header table', offset + entrySize, bytes.length);
    // Over 65,279 sections the counts move into the null section's header.
    if (count === 0)
      count = wide ? wideNumber(view, offset + 32, path, 'number of sections') : view.getUint32(offset + 20, true);
    if (nameSection === sectionIndices.extended) nameSection = view.getUint32(offset + (wide ? 40 : 24), true);
    if (offset + count * entrySize > bytes.length)
      throw truncated(path, 'the section header table', offset + count * entrySize, bytes.length);
  } else if (count !== 0) {
    throw malformed(path, `${count} sections are announced, but there is no section header table`);
  }
  return {
    path,
    bytes,
    view,
    elfClass,
    machine: view.getUint16(18, true),
    flags: view.getUint32(wide ? 48 : 36, true),
    names: new NameBudget(bytes.length),
    sectionTable: { offset, entrySize, count, nameSection },
  };
}

function readSectionHeaders(file: OpenFile): SectionHeader[] {
  const { view, path, sectionTable } = file;
  const wide = file.elfClass === 64;
  const headers: SectionHeader[] = [];
  for (let index = 0; index < sectionTable.count; index++) {
    const at = sectionTable.offset + index * sectionTable.entrySize;
    headers.push({
      name: '',
      nameOffset: view.getUint32(at, true),
      type: view.getUint32(at + 4, true),
      flags: view.getUint32(at + 8, true),
      address: wide ? wideNumber(view, at + 16, path, `address of section ${index}`) : view.getUint32(at + 12, true),
      offset: wide ? wideNumber(view, at + 24, path, `offset of section ${index}`) : view.getUint32(at + 16, true),
      size: wide ? wideNumber(view, at + 32, path, `size of section ${index}`) : view.getUint32(at + 20, true),
      link: view.getUint32(at + (wide ? 40 : 24), true),
      info: view.getUint32(at + (wide ? 44 : 28), true),
      align: wide ? wideNumber(view, at + 48, path, `alignment of section ${index}`) : view.getUint32(at + 32, true),
      entrySize: wide
        ? wideNumber(view, at + 56, path, `entry size of section ${index}`)
        : view.getUint32(at + 36, true),
    });
  }
  if (headers.length === 0) return headers;
  const names = headers[sectionTable.nameSection];
  if (!names)
    throw malformed(
      path,
      `section names are in section ${sectionTable.nameSection}, but there are ${headers.length} sections`,
    );
  const text = stringTable(file, names, 'the section name table');
  for (const header of headers) header.name = text(header.nameOffset);
  return headers;
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

const bindings: Readonly<Record<number, ObjectSymbol['binding']>> = {
  0: 'local',
  1: 'global',
  2: 'weak',
  10: 'global',
};
const types: Readonly<Record<number, ObjectSymbol['type']>> = {
  0: 'none',
  1: 'object',
  2: 'function',
  3: 'section',
  4: 'file',
  5: 'object',
  6: 'tls',
};

function readSymbols(
  file: OpenFile,
  headers: readonly SectionHeader[],
  sections: readonly ObjectSection[],
): ObjectSymbol[] {
  const table = headers.find((header) => header.type === sectionTypes.symtab);
  if (!table) return [nullSymbol];
  const { view, path } = file;
  const wide = file.elfClass === 64;
  const entrySize = wide ? 24 : 16;
  sectionBytes(file, table);
  if (table.size % entrySize !== 0)
    throw malformed(path, `symbol table of ${table.size} bytes is not a multiple of ${entrySize}`, table.name);
  const names = headers[table.link];
  if (!names)
    throw malformed(
      path,
      `symbol names are in section ${table.link}, but there are ${headers.length} sections`,
      table.name,
    );
  const text = stringTable(file, names, 'the symbol name table');
  const extended = headers.find((header) => header.type === sectionTypes.symtabShndx);
  if (extended) sectionBytes(file, extended);

  const symbols: ObjectSymbol[] = [];
  for (let index = 0, at = table.offset; index < table.size / entrySize; index++, at += entrySize) {
    const info = view.getUint8(at + (wide ? 4 : 12));
    const type = types[info & 15] ?? 'other';
    let section = view.getUint16(at + (wide ? 6 : 14), true);
    const isExtended = section === sectionIndices.extended;
    if (isExtended) {
      if (!extended || (index + 1) * 4 > extended.size)
        throw malformed(
          path,
          `symbol ${index} has an extended section index, but there is no table of them`,
          table.name,
        );
      section = view.getUint32(extended.offset + index * 4, true);
    }
    const place =
      isExtended || section < sectionIndices.reserved
        ? section === 0
          ? 'undefined'
          : 'section'
        : section === sectionIndices.common
          ? 'common'
          : 'absolute';
    if (place === 'section' && section >= sections.length)
      throw malformed(path, `symbol ${index} is in section ${section}, but there are ${sections.length}`, table.name);
    const name = text(view.getUint32(at, true));
    symbols.push({
      index,
      name: type === 'section' && name === '' && place === 'section' ? sections[section].name : name,
      value: wide ? signedNumber(view, at + 8, path, `value of symbol ${index}`) : view.getUint32(at + 4, true),
      size: wide ? wideNumber(view, at + 16, path, `size of symbol ${index}`) : view.getUint32(at + 8, true),
      binding: bindings[info >> 4] ?? 'global',
      type,
      hidden: (view.getUint8(at + (wide ? 5 : 13)) & 3) !== 0,
      place,
      section: place === 'section' ? section : 0,
    });
  }
  return symbols.length > 0 ? symbols : [nullSymbol];
}

const nullSymbol: ObjectSymbol = {
  index: 0,
  name: '',
  value: 0,
  size: 0,
  binding: 'local',
  type: 'none',
  hidden: false,
  place: 'undefined',
  section: 0,
};

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

function sectionBytes(file: OpenFile, header: SectionHeader): Uint8Array {
  const end = header.offset + header.size;
  if (end > file.bytes.length)
    throw truncated(file.path, `section ${header.name || '(name table)'}`, end, file.bytes.length);
  return file.bytes.subarray(header.offset, end);
}

/** @returns a reader of the NUL-terminated string at an offset; a name read twice is decoded once. */
function stringTable(file: OpenFile, header: SectionHeader, what: string): (offset: number) => string {
  const bytes = sectionBytes(file, header);
  const seen = new Map<number, string>();
  return (offset) => {
    let text = seen.get(offset);
    if (text !== undefined) return text;
    if (offset > bytes.length || (offset === bytes.length && offset !== 0))
      throw malformed(file.path, `a name starts at ${offset}, but ${what} has ${bytes.length} bytes`);
    const end = bytes.indexOf(0, offset);
    const stop = end < 0 ? bytes.length : end;
    if (!file.names.spend(stop - offset)) throw malformed(file.path, `the names in ${what} overlap beyond measure`);
    text = latin1OrUtf8(bytes.subarray(offset, stop));
    seen.set(offset, text);
    return text;
  };
}

const utf8 = new TextDecoder();

/** Most names are short ASCII, for which building the string directly is several times faster than TextDecoder. */
function latin1OrUtf8(bytes: Uint8Array): string {
  if (bytes.length > 200) return utf8.decode(bytes);
  for (const byte of bytes) if (byte >= 0x80) return utf8.decode(bytes);
  return String.fromCharCode(...bytes);
}

function wideNumber(view: DataView, at: number, path: string, what: string): number {
  const high = view.getUint32(at + 4, true);
  if (high > 0x1f_ffff)
    throw malformed(path, `${what} is 0x${view.getBigUint64(at, true).toString(16)}, far beyond the file`);
  return high * 0x1_0000_0000 + view.getUint32(at, true);
}

function signedNumber(view: DataView, at: number, path: string, what: string): number {
  const value = view.getBigInt64(at, true);
  if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER)
    throw malformed(path, `${what} is ${value}, beyond 2^53`);
  return Number(value);
}
