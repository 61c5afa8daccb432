// A relocatable object as the compiler leaves it: sections, symbols and relocations, independent of the file's class (32 or
// 64 bit) and of where relocations keep their addends.
// Specification: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html

import type { ElfClass } from './constants.ts';

export interface ObjectFile {
  /** For diagnostics; `archive.a(member.o)` for a member. */
  readonly path: string;
  /** An image: words hold addresses, no relocations are left. */
  readonly isLinked: boolean;
  readonly elfClass: ElfClass;
  /** EM_* */
  readonly machine: number;
  /** Processor flags of the header (float ABI, RVC, ...). */
  readonly flags: number;
  /** By section header index; index 0 is the null section. */
  readonly sections: readonly ObjectSection[];
  /** By symbol index; index 0 is the null symbol, which is there even without a symbol table. */
  readonly symbols: readonly ObjectSymbol[];
  /** COMDAT groups: several objects may have the same, of which a program keeps one. */
  readonly groups: readonly SectionGroup[];
}

export interface SectionGroup {
  /** Groups of one signature are the same. */
  readonly signature: string;
  /** Section header indices. */
  readonly sections: readonly number[];
}

export interface ObjectSection {
  readonly index: number;
  readonly name: string;
  /** SHT_* */
  readonly type: number;
  /** SHF_* bits */
  readonly flags: number;
  /** In memory; of a file that is not linked 0. */
  readonly address: number;
  /** In bytes; `data` is empty for SHT_NOBITS. */
  readonly size: number;
  /** In bytes, a power of two, at least 1. */
  readonly align: number;
  /** Size of one entry in a table or a mergeable section, in bytes. */
  readonly entrySize: number;
  readonly data: Uint8Array;
  /**
   * Relocations that apply to this section, in file order. Those of sections without a place in memory (debug information)
   * are many, and read when first asked for; broken ones are none.
   */
  readonly relocations: readonly ObjectRelocation[];
}

export interface ObjectSymbol {
  readonly index: number;
  /** A section symbol has its section's name. */
  readonly name: string;
  /** Offset in bytes into its section; the value itself when `place` is 'absolute'; the alignment when it is 'common'. */
  readonly value: number;
  readonly size: number;
  readonly binding: 'local' | 'global' | 'weak';
  readonly type: 'none' | 'object' | 'function' | 'section' | 'file' | 'tls' | 'ifunc' | 'other';
  readonly hidden: boolean;
  readonly place: 'section' | 'undefined' | 'absolute' | 'common';
  /** Section header index when `place` is 'section'. */
  readonly section: number;
}

export interface ObjectRelocation {
  /** In bytes into the section. */
  readonly offset: number;
  /** R_*, by machine */
  readonly type: number;
  /** Symbol index */
  readonly symbol: number;
  /** Undefined: kept in the relocated field (SHT_REL). */
  readonly addend: number | undefined;
}
