// An ELF file that a linker has finished: sections at their addresses, and symbols. Debug images and firmware are such files.
// Specification: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html

import { Failure } from '../diagnostic.ts';
import { type ElfClass, sectionTypes } from '../elf/constants.ts';
import * as errors from './errors.ts';

export interface ElfImage {
  readonly bytes: Uint8Array;
  readonly elfClass: ElfClass;
  /** EM_* */
  readonly machine: number;
  readonly sections: readonly ImageSection[];
}

export interface ImageSection {
  readonly name: string;
  /** Of its header in the file, in bytes. */
  readonly header: number;
  /** SHT_* */
  readonly type: number;
  /** SHF_* bits */
  readonly flags: number;
  readonly address: number;
  /** Of its bytes in the file. */
  readonly offset: number;
  /** In bytes. */
  readonly size: number;
  readonly link: number;
}

/** @throws Failure `debug/not-elf` */
export function openImage(bytes: Uint8Array, path: string): ElfImage {
  const wide = bytes[4] === 2;
  const magic = [0x7f, 0x45, 0x4c, 0x46].every((byte, at) => bytes[at] === byte);
  if (!magic || bytes.length < (wide ? 64 : 52)) throw new Failure(errors.notElf(path));
  const view = viewOf(bytes);
  const word = (at: number) => (wide ? Number(view.getBigUint64(at, true)) : view.getUint32(at, true));
  const table = word(wide ? 40 : 32);
  const entrySize = view.getUint16(wide ? 58 : 46, true);
  const count = view.getUint16(wide ? 60 : 48, true);
  const nameSection = view.getUint16(wide ? 62 : 50, true);
  if (entrySize < (wide ? 64 : 40) || table + entrySize * count > bytes.length) throw new Failure(errors.notElf(path));
  const rows = Array.from({ length: count }, (_, index) => {
    const header = table + index * entrySize;
    return {
      nameOffset: view.getUint32(header, true),
      header,
      type: view.getUint32(header + 4, true),
      flags: view.getUint32(header + 8, true),
      address: word(header + (wide ? 16 : 12)),
      offset: word(header + (wide ? 24 : 16)),
      size: word(header + (wide ? 32 : 20)),
      link: view.getUint32(header + (wide ? 40 : 24), true),
    };
  });
  const names = rows[nameSection]?.offset ?? bytes.length;
  const sections = rows.map(({ nameOffset, ...row }) => ({ ...row, name: textAt(bytes, names + nameOffset) }));
  return { bytes, elfClass: wide ? 64 : 32, machine: view.getUint16(18, true), sections };
}

export interface ImageSymbol {
  readonly name: string;
  readonly value: number;
  /** Index of its section; beyond the table for what is in none. */
  readonly section: number;
  readonly kind: 'function' | 'variable' | 'other';
}

const kinds = ['other', 'variable', 'function'] as const;

export function* imageSymbols({ bytes, elfClass, sections }: ElfImage): Generator<ImageSymbol> {
  const table = sections.find((section) => section.type === sectionTypes.symtab);
  const strings = table && sections[table.link];
  if (!table || !strings || table.offset + table.size > bytes.length) return;
  const view = viewOf(bytes);
  const wide = elfClass === 64;
  const entrySize = wide ? 24 : 16;
  for (let at = table.offset; at + entrySize <= table.offset + table.size; at += entrySize) {
    const name = textAt(bytes, strings.offset + view.getUint32(at, true));
    if (name === '') continue;
    yield {
      name,
      value: wide ? Number(view.getBigUint64(at + 8, true)) : view.getUint32(at + 4, true),
      section: view.getUint16(at + (wide ? 6 : 14), true),
      kind: kindOf(view.getUint8(at + (wide ? 4 : 12)) & 15, view.getUint32(at + (wide ? 16 : 8), true)),
    };
  }
}

/** What has a size but no type is a variable that the linker has placed. */
function kindOf(type: number, size: number): ImageSymbol['kind'] {
  return type === 0 && size > 0 ? 'variable' : (kinds[type] ?? 'other');
}

/** @returns the section's bytes; none for one that has none in the file */
export function sectionBytes({ bytes }: ElfImage, section: ImageSection): Uint8Array {
  if (section.type === sectionTypes.nobits) return new Uint8Array();
  return bytes.subarray(section.offset, section.offset + section.size);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Names longer than this are cut: nobody asks for such a one. */
const longestName = 200;

function textAt(bytes: Uint8Array, start: number): string {
  const end = bytes.indexOf(0, start);
  return end <= start ? '' : String.fromCharCode(...bytes.subarray(start, Math.min(end, start + longestName)));
}
