// A MicroPython module as the loader sees it: what a .mpy file says, independent of its bytes. The linker makes it, the
// writer serialises it, the reader recovers it; inspector, comparer and tests consume it.
// Format: https://docs.micropython.org/en/latest/reference/mpyfiles.html and py/persistentcode.c of MicroPython.

import type { ArchName } from '../arch/names.ts';

export interface MpyModule {
  readonly header: MpyHeader;
  /** The qstr table; index 0 is the module's source name. */
  readonly qstrs: readonly Qstr[];
  readonly objects: readonly MpyObject[];
  readonly code: RawCode;
}

export interface MpyHeader {
  readonly flavour: 'micropython' | 'circuitpython';
  readonly version: number;
  /** Native ABI revision, 0..3; only native code depends on it. */
  readonly subVersion: number;
  /** Undefined: bytecode only. */
  readonly arch: ArchName | undefined;
  /** Required instruction-set extensions (RV32: zba = 1, zcmp = 2); undefined when the field is absent. */
  readonly archFlags: number | undefined;
  /** Width of the widest small int in the file, including the sign: 31 for native modules. */
  readonly smallIntBits: number;
}

/** `staticIndex` counts from 1 into MicroPython's static qstr list; such a qstr is stored as its number alone. */
export interface Qstr {
  readonly text: string;
  readonly staticIndex?: number | undefined;
}

export type MpyObject =
  | { readonly kind: 'fun_table' | 'none' | 'false' | 'true' | 'ellipsis' }
  | { readonly kind: 'str' | 'bytes' | 'int' | 'float' | 'complex'; readonly bytes: Uint8Array }
  | { readonly kind: 'tuple'; readonly items: readonly MpyObject[] };

/** One function body and its nested functions (`children`). `code` is bytecode or machine code. */
export type RawCode = Bytecode | NativePython | NativeViper | NativeAssembler;

export interface Bytecode {
  readonly kind: 'bytecode';
  readonly code: Uint8Array;
  readonly children: readonly RawCode[];
}

export interface NativePython {
  readonly kind: 'native';
  readonly code: Uint8Array;
  /** Where in `code` the bytecode-style prelude (signature, names) starts, in bytes. */
  readonly preludeOffset: number;
  readonly children: readonly RawCode[];
}

/** What the viper emitter makes, and the only kind a linked C module has. */
export interface NativeViper {
  readonly kind: 'viper';
  readonly code: Uint8Array;
  /** Scope flags without the three that tell of relocations, rodata and bss. */
  readonly scopeFlags: number;
  readonly rodata: Uint8Array | undefined;
  /** In bytes; undefined when the field is absent. */
  readonly bssSize: number | undefined;
  readonly relocations: readonly Relocation[] | undefined;
  readonly children: readonly RawCode[];
}

export interface NativeAssembler {
  readonly kind: 'asm';
  readonly code: Uint8Array;
  readonly scopeFlags: number;
  readonly positionalArguments: number;
  readonly typeSignature: number;
  readonly relocations: readonly Relocation[] | undefined;
  readonly children: readonly RawCode[];
}

/** The loader adds the address of `target` to the machine word at `offset` bytes into `base`. */
export interface Relocation {
  readonly base: 'text' | 'rodata';
  readonly offset: number;
  readonly target: RelocationTarget;
}

/** `table`: the function table itself; `entry`: the value stored in its entry `index`. */
export type RelocationTarget =
  | { readonly kind: 'text' | 'rodata' | 'bss' | 'qstr-table' | 'obj-table' | 'table' }
  | { readonly kind: 'entry'; readonly index: number };

/** Of a native module and its file, in bytes; `relocations` is their number. */
export interface ModuleSizes {
  readonly file: number;
  readonly text: number;
  readonly rodata: number;
  readonly bss: number;
  readonly relocations: number;
}
