// An ELF file that a linker has finished: sections at their addresses, and symbols. Debug images and firmware are such files.
// Specification: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html

import { Failure } from '../diagnostic.ts';
import { type ElfClass, sectionTypes } from '../elf/constants.ts';
import type { ObjectSymbol } from '../elf/object-file.ts';
import {
  elfTypes,
  type OpenFile,
  openFile,
  readSectionHeaders,
  type SectionHeader,
  sectionBytes,
  startsAsElf,
} from '../elf/open-file.ts';
import { readSymbols } from '../elf/read-symbols.ts';
import * as errors from './errors.ts';

export interface ElfImage {
  readonly elfClass: ElfClass;
  /** EM_* */
  readonly machine: number;
  readonly sections: readonly ImageSection[];
  readonly symbols: readonly ImageSymbol[];
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
  /** In bytes. */
  readonly size: number;
  /** None where it has none in the file. */
  readonly data: Uint8Array;
}

export interface ImageSymbol {
  readonly name: string;
  readonly value: number;
  /** Index of its section; 0 for what is in none. */
  readonly section: number;
  readonly kind: 'function' | 'variable' | 'other';
}

/** @throws Failure `debug/not-elf`, and of `elf/` for a broken file */
export function openImage(bytes: Uint8Array, path: string): ElfImage {
  if (!startsAsElf(bytes)) throw new Failure(errors.notElf(path));
  const file = openFile(bytes, path, elfTypes.executable, elfTypes.movable);
  const headers = readSectionHeaders(file);
  return {
    elfClass: file.elfClass,
    machine: file.machine,
    sections: headers.map((header, index) => sectionOf(file, header, index)),
    symbols: readSymbols(file, headers, headers).flatMap((symbol) =>
      symbol.name === '' ? [] : [{ ...symbol, kind: kindOf(symbol) }],
    ),
  };
}

function sectionOf(file: OpenFile, section: SectionHeader, index: number): ImageSection {
  const { name, type, flags, address, size } = section;
  const header = file.sectionTable.offset + index * file.sectionTable.entrySize;
  const isEmpty = type === sectionTypes.nobits || type === sectionTypes.null;
  const data = isEmpty ? new Uint8Array() : sectionBytes(file, section);
  return { name, header, type, flags, address, size, data };
}

/** What has a size but no type is a variable that the linker has placed. */
function kindOf({ type, size }: ObjectSymbol): ImageSymbol['kind'] {
  if (type === 'function') return 'function';
  return type === 'object' || (type === 'none' && size > 0) ? 'variable' : 'other';
}
