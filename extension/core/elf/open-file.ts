// The frame of an ELF file: its header, the table of its sections with their names, and how its numbers and texts are read.
// Specification: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html

import { type ElfClass, fileTypes, sectionIndices } from './constants.ts';
import { malformed, notElf, notLinked, notObject, truncated, unsupported } from './errors.ts';
import { NameBudget } from './name-budget.ts';

/** A program that may be loaded anywhere is of the same type as a shared library. */
export const elfTypes = { relocatable: 1, executable: 2, movable: 3 } as const;

export interface OpenFile {
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

export interface SectionHeader {
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

/** Whether a file says of itself that it is an ELF file. */
export const startsAsElf = (bytes: Uint8Array): boolean => magicOf(bytes) === elfMagic;

const elfMagic = '7f 45 4c 46';

const magicOf = (bytes: Uint8Array) =>
  [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** @param wantedTypes ET_* that the file may be of */
export function openFile(bytes: Uint8Array, path: string, ...wantedTypes: readonly number[]): OpenFile {
  const magic = magicOf(bytes);
  if (magic !== elfMagic) throw notElf(path, magic === '' ? 'nothing (it is empty)' : magic);
  if (bytes.length < 52) throw truncated(path, 'the ELF header', 52, bytes.length);
  const elfClass = bytes[4] === 1 ? 32 : bytes[4] === 2 ? 64 : undefined;
  if (!elfClass) throw unsupported(path, `ELF class ${bytes[4]} is neither 1 (32 bit) nor 2 (64 bit)`);
  if (bytes[5] !== 1)
    throw unsupported(path, 'big-endian object: all native architectures of MicroPython are little-endian');
  if (elfClass === 64 && bytes.length < 64) throw truncated(path, 'the ELF header', 64, bytes.length);

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = view.getUint16(16, true);
  if (!wantedTypes.includes(type)) {
    const found = fileTypes[type] ?? `file of type ${type}`;
    throw wantedTypes.includes(elfTypes.relocatable) ? notObject(path, found) : notLinked(path, found);
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

export function readSectionHeaders(file: OpenFile): SectionHeader[] {
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

export function sectionBytes(file: OpenFile, header: SectionHeader): Uint8Array {
  const end = header.offset + header.size;
  if (end > file.bytes.length)
    throw truncated(file.path, `section ${header.name || '(name table)'}`, end, file.bytes.length);
  return file.bytes.subarray(header.offset, end);
}

/** @returns a reader of the NUL-terminated string at an offset; a name read twice is decoded once. */
export function stringTable(file: OpenFile, header: SectionHeader, what: string): (offset: number) => string {
  const bytes = sectionBytes(file, header);
  const seen = new Map<number, string>();
  let whole: string | undefined;
  return (offset) => {
    let text = seen.get(offset);
    if (text !== undefined) return text;
    if (offset > bytes.length || (offset === bytes.length && offset !== 0))
      throw malformed(file.path, `a name starts at ${offset}, but ${what} has ${bytes.length} bytes`);
    const end = bytes.indexOf(0, offset);
    const stop = end < 0 ? bytes.length : end;
    if (!file.names.spend(stop - offset)) throw malformed(file.path, `the names in ${what} overlap beyond measure`);
    whole ??= bytes.length > mostAtOnce ? '' : utf8.decode(bytes);
    // Of ASCII alone, as nearly always, each byte is a character: a name is a part of the one text.
    text = whole.length === bytes.length ? whole.slice(offset, stop) : utf8.decode(bytes.subarray(offset, stop));
    seen.set(offset, text);
    return text;
  };
}

const utf8 = new TextDecoder();

/** Larger tables, in bytes, are not decoded for the few names that may be asked for. */
const mostAtOnce = 0x100_0000;

export function wideNumber(view: DataView, at: number, path: string, what: string): number {
  const high = view.getUint32(at + 4, true);
  if (high > 0x1f_ffff)
    throw malformed(path, `${what} is 0x${view.getBigUint64(at, true).toString(16)}, far beyond the file`);
  return high * 0x1_0000_0000 + view.getUint32(at, true);
}

export function signedNumber(view: DataView, at: number, path: string, what: string): number {
  // Without BigInt, of which tables of thousands would leave as many behind.
  const value = view.getInt32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
  if (!Number.isSafeInteger(value)) throw malformed(path, `${what} is ${view.getBigInt64(at, true)}, beyond 2^53`);
  return value;
}
