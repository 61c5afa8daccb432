// What is being linked: the pieces of the module and what each symbol of each object stands for.

import type { Architecture } from '../arch/architecture.ts';
import type { Diagnostic } from '../diagnostic.ts';
import type { ObjectFile, ObjectRelocation } from '../elf/object-file.ts';
import type { CompatProfile } from './profiles.ts';
import type { LinkRequest } from './request.ts';

/**
 * The blocks a native module has in memory. Distances between them are unknown before it is loaded, although the loader puts
 * rodata, which is RAM and takes variables too, behind bss in one allocation.
 */
export type Space = 'text' | 'rodata' | 'bss';

/** A run of bytes that moves as one: a section of an object, the GOT, a stub of ours. A literal section is in pieces of ours. */
export interface Piece {
  readonly name: string;
  readonly content: 'text' | 'rodata' | 'data' | 'bss';
  /** Where it goes; of variables, not final before `placeVariables`. */
  space: Space;
  size: number;
  align: number;
  /** Empty for bss. */
  data: Uint8Array;
  relocations: readonly PieceRelocation[];
  /** Undefined for what the linker makes, unless its relocations want one. */
  readonly object: LinkedObject | undefined;
  /** Made by the linker: of the object it has the symbols alone. */
  readonly isMade?: true | undefined;
  /** Entry of the function table in which a stub goes on. */
  readonly continuesIn?: number | undefined;
  /** Words that hold an entry of the function table: a stub's jump target. */
  readonly tableWords: readonly { readonly offset: number; readonly entry: number }[];
  /** Offset of a stub's first instruction; 0 when absent. */
  readonly start?: number | undefined;
  /** A literal section: all of its words go into the linker's tables, and it has no place itself. */
  readonly isLiterals?: boolean | undefined;
  /** Words that went into a table, by offset. */
  movedWords?: Map<number, Word> | undefined;
  /** Offset into its space, in bytes; set by layout. */
  address: number;
}

export interface PieceRelocation extends ObjectRelocation {
  /** The distance is that to a slot of the global offset table with the address, which is loaded instead of computed. */
  readonly throughGot?: true;
  /** A jump to code that makes the whole address, in place of an upper half: nothing is left for the lower ones to add. */
  readonly makesAddress?: true;
}

/** A word of the global offset table or of the literals behind it. */
export interface Word {
  readonly piece: Piece;
  /** In bytes into the piece. */
  readonly offset: number;
}

export interface LinkedObject {
  /** Its symbols may be followed by some that the linker made; `targets` tells where those are. */
  file: ObjectFile;
  /** By section header index; undefined for a section that is not part of the module. */
  pieces: readonly (Piece | undefined)[];
  /** Indices of sections that no module can have, which is reported: what refers to them is no further fault. */
  readonly refused: Set<number>;
  /** Sections that an earlier object has too (COMDAT), by index: the path of that object. */
  readonly copies: ReadonlyMap<number, string>;
  /** Its definitions come after all others. */
  isFallback?: boolean | undefined;
  /** The symbol that a member of a library was taken for, and the object that asked for it. */
  wantedFor?: { readonly symbol: string; readonly by: string } | undefined;
  /** By symbol index; set by resolution. */
  targets: readonly Target[];
}

/** What a symbol stands for. */
export type Target =
  /** `size`: of the function or variable, as its definition tells it. */
  | { readonly kind: 'piece'; readonly piece: Piece; readonly offset: number; readonly size?: number }
  | { readonly kind: 'absolute'; readonly value: number; readonly size?: number }
  | { readonly kind: 'entry'; readonly index: number; readonly stub: Piece | undefined }
  /** `offset`: into the table, in bytes. */
  | { readonly kind: 'table'; readonly offset?: number }
  | { readonly kind: 'qstr-table' | 'obj-table' }
  | { readonly kind: 'got' }
  | { readonly kind: 'weak-undefined' }
  /** Already reported, or of no use to a relocation (the null symbol, a file name). */
  | { readonly kind: 'nothing' };

export interface Program {
  readonly request: LinkRequest;
  readonly arch: Architecture;
  /** Undefined: our own layout. */
  readonly compat: CompatProfile | undefined;
  /** Left out, merged, moved and shortened is what can be. */
  readonly isShrunk: boolean;
  readonly diagnostics: Diagnostic[];
  readonly objects: LinkedObject[];
  /** Path of the object whose COMDAT group is kept, by signature. */
  readonly groups: Map<string, string>;
  /** In the order of their addresses. */
  pieces: Piece[];
  /** Literal sections, in the order of the input. */
  literalSections: Piece[];
  /** Sections that list functions to run before all others, in the order of the input. */
  readonly constructors: Piece[];
  /** Where `mpy_init` is. */
  entry: { readonly piece: Piece; readonly offset: number } | undefined;
}

export function hasErrors(program: Program): boolean {
  return program.diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}
