// What the linker knows of an instruction set: how each relocation computes its value and where the bits of that value go.
// Letters as in the ABI documents: S symbol, A addend, P place, GOT address of the global offset table, G offset in it of
// the symbol's entry, Z the symbol's size.

import type { ElfClass } from '../elf/constants.ts';
import type { BuildableArch } from './names.ts';

export type Formula =
  | 'none'
  | 'S + A'
  | 'S + A - P'
  | 'S + A - GOT'
  | 'Z + A'
  | 'GOT + A - P'
  | 'G + A'
  | 'G + GOT + A - P'
  /** Only where S is known before loading: an address inside an instruction. */
  | 'known S + A'
  /** RISC-V: S labels the instruction with the upper half (a row with `upper`); the value is that one's. */
  | 'V(S) + A'
  /** RISC-V: several at one place make up a difference of labels, in the order of the file. */
  | '0 + S + A'
  | 'V + S + A'
  | 'V - S - A'
  /** RISC-V: A bytes of padding, more than alignment may need, because the assembler expects instructions to shrink. */
  | 'padding';

/** Where a value's bits go. Values are numbers of bytes, exact up to 2^53. */
export interface Field {
  /** For messages: what cannot reach, e.g. "Thumb branch". */
  readonly name: string;
  /** Bytes that reading and writing touch. */
  readonly bytes: number;
  /** Smallest and largest value that fit. */
  readonly range: readonly [min: number, max: number];
  /** The value must be a multiple of this. */
  readonly align: number;
  /** What a distance counts from when that is not the place itself: the place rounded, on Xtensa. */
  readonly origin?: ((place: number) => number) | undefined;
  /** The value is the distance to a word that the instruction loads: the word itself may be moved. */
  readonly loadsWord?: true;
  /** @returns the addend kept in the field. */
  readonly read: (view: DataView, at: number) => number;
  readonly write: (view: DataView, at: number, value: number) => void;
}

/** A field that the bytes in place determine: an opcode, the length of a number. */
export interface FieldChoice {
  /** For messages: what was looked for. */
  readonly name: string;
  /** Bytes that choosing reads. */
  readonly bytes: number;
  /** What to do when they are not there; absent: only a damaged object lacks them. */
  readonly mend?: string;
  /** @returns undefined when the bytes are none of these */
  readonly choose: (view: DataView, at: number) => Field | undefined;
}

export interface ValueRow {
  readonly name: string;
  readonly formula: Exclude<Formula, 'none' | 'padding'>;
  readonly field: Field | FieldChoice;
  /** The field holds a part of the addend although the relocation has one of its own (Xtensa). */
  readonly addendInPlace?: true;
  /**
   * For an address out of the global offset table: @returns how the instruction gets it as a distance, where the symbol is in
   * the block of the code; undefined where it does anything else.
   */
  readonly direct?: (view: DataView, at: number, addend: number) => Direct | undefined;
  /** For a lower half that completes the place of a table's word: @returns what makes the load of that word an addition. */
  readonly addressInstead?: (view: DataView, at: number) => ((view: DataView) => void) | undefined;
  /** Upper half of a value whose lower half is in another instruction: see `V(S) + A`. */
  readonly upper?: true;
  /**
   * For a lower half that completes an address: @returns what turns the instruction into one that loads a word from there;
   * undefined where it does anything else.
   */
  readonly loadInstead?: (view: DataView, at: number) => ((view: DataView) => void) | undefined;
}

/** A distance in place of a load from the global offset table. */
export interface Direct {
  /** R_* of the distance. */
  readonly type: number;
  /** From the place of the old relocation to that of the new one, in bytes. */
  readonly shift?: number;
  /** To be added to the relocation's addend, where it has one of its own. */
  readonly addend?: number;
  /** All instructions with lower halves must take part, by `addressInstead`. */
  readonly lowers?: true;
  readonly edit?: (view: DataView) => void;
}

/** `why`: can't be linked into a native module; the text completes "R_X: ...". `mend`: what to do instead. */
export type RelocationRow =
  | ValueRow
  /** `difference`: bytes of the distance that the assembler wrote, from S + A to where code that is moved may have gone. */
  | { readonly name: string; readonly formula: 'none'; readonly difference?: 1 | 2 | 4 }
  | { readonly name: string; readonly formula: 'padding'; readonly nops: (bytes: number) => Uint8Array }
  | { readonly name: string; readonly why: string; readonly mend: string };

/** By R_* number. */
export type RelocationTable = Readonly<Record<number, RelocationRow>>;

export interface Architecture {
  readonly name: BuildableArch;
  readonly elfClass: ElfClass;
  /** EM_* of its objects */
  readonly machine: number;
  /** In bytes; relocated words, GOT entries and the function table have this size. */
  readonly wordSize: 4 | 8;
  readonly relocations: RelocationTable;
  /** Bit 0 of a function's symbol tells the instruction set; the function is one byte lower. */
  readonly oddFunctions?: true;
  /** Read-only data goes to its own block and is reached through the GOT (executable memory allows only word access). */
  readonly separateRodata: boolean;
  /**
   * Variables may lie in the text block: on every port it is memory that takes any access. Whether the garbage collector
   * looks for pointers there: not on the unix port. Undefined: some port keeps code elsewhere (ESP32, also its RISC-V kinds;
   * ESP8266).
   */
  readonly variablesInText?: 'collected' | 'uncollected';
  /** R_* of calls, jumps and branches, which make nothing known of an address. */
  readonly callTypes: readonly number[];
  /** Whether the code at a relocation of these types is such an instruction, where it may be others. Undefined: it always is. */
  readonly isCall?: ((view: DataView, at: number) => boolean) | undefined;
  /** How calls become shorter where the function is near. */
  readonly callShortening?: CallShortening | undefined;
  /** How ends of functions are shared, where the assembler tells what is code and leaves all distances to the linker. */
  readonly rearranging?: Rearranging | undefined;
  /** How code reaches variables that may not lie in the text block, where its instructions leave no room for a load. */
  readonly detour?: Detour | undefined;
  /**
   * Some port keeps code in the collected heap, and the allocation of bss and rodata only as long as the code holds its
   * address (MICROPY_PERSISTENT_CODE_TRACK_BSS_RODATA is 0).
   */
  readonly keepsBlock?: true;
  /**
   * Sections of words that code loads from behind itself (Xtensa's literals): merged at the start of text, before all code.
   * Undefined: it has none.
   */
  readonly literalSections?: RegExp | undefined;
  /** Shortest jump from the start of text to `target` (bytes from there); undefined when none reaches. */
  readonly entryJump: (target: number) => Uint8Array | undefined;
  /** Code that jumps to the address in its own word at `word`; the loader writes that word. Undefined: not there yet. */
  readonly tableJump: TableJump | undefined;
  /** Memory functions that compilers call beside memset and its like, by name; what they take is brought into C's order. */
  readonly memoryCalls?: ReadonlyMap<string, MemoryCall> | undefined;
  /** An instruction that no processor goes on from. Undefined: calls make their addresses out of words. */
  readonly trap?: Uint8Array | undefined;
  readonly starter: Starter;
  /** Functions that compilers call for this architecture alone, and that we have ourselves. */
  readonly ownRuntime?: OwnRuntime | undefined;
  /** How names of functions end that C libraries have for several kinds of processors, and that all processors run. */
  readonly versionsForAll?: readonly string[] | undefined;
  /** What the reference linker does that no specification asks for; only exact bytes need it. */
  readonly reference: {
    /** Jump of a fixed size, as releases before 1.29 make it. */
    readonly fixedEntryJump: (target: number) => Uint8Array | undefined;
    /** R_* that allocate a GOT entry for a global symbol, needed or not. */
    readonly gotRelocations: readonly number[];
    /** An undefined memset always gets a jump through the table, called or not. */
    readonly idleStubs: boolean;
  };
}

/** Code like a `tableJump`, that jumps to a field of the function table. */
export interface MemoryCall {
  readonly field: 'memset_' | 'memmove_';
  readonly jump: TableJump;
  /** What a symbol for it counts from the start of the code: 1 for Thumb. */
  readonly entry: number;
}

/** Code that calls functions without arguments, and then another with the arguments that it was called with itself. */
export interface Starter {
  readonly before: readonly number[];
  /** For each function. */
  readonly call: StarterCall;
  readonly between: readonly number[];
  readonly jump: StarterCall;
  readonly after: readonly number[];
  readonly align: number;
}

export interface StarterCall {
  readonly code: readonly number[];
  /** Of the relocation, in bytes into the code. */
  readonly place: number;
  /** R_* */
  readonly type: number;
  /** Undefined: the code holds it. */
  readonly addend: number | undefined;
}

export interface OwnRuntime {
  readonly has: (name: string) => boolean;
  /** @returns code, position independent and aligned to 2, that has all of these functions */
  readonly make: (names: readonly string[]) => readonly OwnCode[];
}

export interface OwnCode {
  readonly code: Uint8Array;
  /** Offsets of the functions, by name. */
  readonly starts: ReadonlyMap<string, number>;
}

/** A call with room for any distance, which the assembler allows to be shortened. */
export interface CallShortening {
  /** Flags of the object's header; without them its assembler left no room for code that gets shorter. */
  readonly flags: number;
  /** R_* of such calls. */
  readonly types: readonly number[];
  /** R_* that stands at the same place where it is allowed. */
  readonly mark: number;
  /** In bytes. */
  readonly size: number;
  /** @returns the shortest call for the distance, which may grow by `slack` bytes; undefined when none is shorter */
  readonly shorten: (
    view: DataView,
    at: number,
    distance: number,
    slack: number,
  ) => { readonly type: number; readonly code: Uint8Array } | undefined;
}

/** Instructions as far as code is rearranged. */
export interface Rearranging {
  /** R_* of all distances in code. */
  readonly types: readonly number[];
  /** @returns undefined where no known instruction is. `isLast`: what follows is not executed, and it needs no relocation */
  readonly instruction: (
    view: DataView,
    at: number,
  ) => { readonly size: number; readonly isDistance: boolean; readonly isLast: boolean } | undefined;
  readonly jump: StarterCall;
  /** In bytes. */
  readonly reach: number;
  readonly frames?:
    | {
        /** @param places of instructions in a row, of which the last ones are looked at */
        readonly read: (view: DataView, places: readonly number[]) => FrameEnd | undefined;
        /** @returns the bytes of a uniform end, in an order in which what restores less is a part of what restores more */
        readonly write: (end: FrameEnd) => Uint8Array;
        /** Code that makes a frame smaller by so many bytes, or larger; undefined where no instruction does. */
        readonly resize: (bytes: number) => readonly number[] | undefined;
      }
    | undefined;
  /** A function that no instruction calls directly may start at any byte. */
  readonly startsAnywhere: boolean;
  /** @returns what the instruction does with registers; undefined: not known. */
  readonly operation: (view: DataView, at: number) => Operation | undefined;
  readonly convention: {
    /** What a call adds to the number of a register: the function's a2 is its caller's a10. */
    readonly shift: number;
    /** Registers of the function, a bit each: all that may hold arguments, or a result; that of a result of one word. */
    readonly arguments: number;
    readonly results: number;
    readonly result: number;
  };
  /** @returns code of a branch on the same condition or its opposite, shortest first; none where none has the opposite */
  readonly branchForms: (view: DataView, at: number, isOpposite: boolean) => readonly (readonly number[])[];
  /** @returns code that loads a word; undefined where the offset, in bytes, is too far */
  readonly loadWord: (to: number, from: number, offset: number) => readonly number[] | undefined;
  /** @returns a load of a word into another register than `old`, or a store out of another one; undefined for anything else */
  readonly withRegister: (view: DataView, at: number, old: number, register: number) => readonly number[] | undefined;
  readonly tableCall: TableCall;
  /** The shortest instruction that does nothing. */
  readonly nop: readonly number[];
  readonly addresses: {
    /** A load out of a table of literals, with its relocation at its start. */
    readonly load: (to: number) => { readonly code: readonly number[]; readonly type: number };
    /** @returns the shortest code that counts `to` from another register; undefined where none of a load's size does */
    readonly add: (to: number, from: number, bytes: number) => readonly number[] | undefined;
  };
}

/** An instruction's registers, a bit each. */
export interface Operation {
  /** All that it may read. */
  readonly reads: number;
  /** All that may have another value behind it. */
  readonly writes: number;
  /** What else is known of it; undefined: it may change memory, and goes on to the next. */
  readonly effect: Effect | undefined;
}

export type Effect =
  /** A word out of a table of literals. */
  | { readonly kind: 'literal'; readonly to: number }
  /** Offset in bytes. */
  | { readonly kind: 'load'; readonly to: number; readonly from: number; readonly offset: number }
  | { readonly kind: 'copy'; readonly to: number; readonly from: number }
  | { readonly kind: 'call'; readonly through: number | undefined }
  | { readonly kind: 'branch' | 'jump' | 'return' | 'leave' };

/** Direct calls of code that goes on in the function that a word of the function table tells. */
export interface TableCall {
  /** In place of a call through a register, of the same size. */
  readonly call: StarterCall;
  /** Registers that the direct call changes before that code runs. */
  readonly changed: number;
  /** @param offset of the word in the table, in bytes; undefined where none reaches. At `literal`: a load of the table's address. */
  readonly stub: (offset: number) => { readonly code: readonly number[]; readonly literal: number } | undefined;
  readonly align: number;
}

/** The end of a function that restores registers from its frame and returns. */
export interface FrameEnd {
  /** In bytes. */
  readonly frame: number;
  /** Registers and their places, in bytes below the frame's top. */
  readonly restored: readonly (readonly [register: number, depth: number])[];
  /** All restoring instructions are of one size, so that their order may change. */
  readonly isUniform: boolean;
  readonly instructions: number;
  /** In bytes. */
  readonly size: number;
}

/** Code that loads an address from the global offset table and jumps back behind the instruction it was reached from. */
export interface Detour {
  /** R_* of the jump in place of an upper half, at the same offset. */
  readonly jumpType: number;
  /** R_* of the detour's own relocations: upper and lower half of the distance to the slot, jump back. */
  readonly parts: readonly (readonly [offset: number, type: number])[];
  /** Bytes of an upper half's instruction; the jump back goes behind them. */
  readonly size: number;
  readonly align: number;
  /** @returns the jump and the detour for the upper half at `at`; undefined when no such instruction is there */
  readonly make: (view: DataView, at: number) => { readonly jump: Uint8Array; readonly code: Uint8Array } | undefined;
}

export interface TableJump {
  readonly code: Uint8Array;
  /** Offset of the word, in bytes. */
  readonly word: number;
  /** Offset of the first instruction; 0 when absent. */
  readonly start?: number | undefined;
}
