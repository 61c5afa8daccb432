// Which module has just been loaded, and where its sections are. A module is recognised by its code: what the loader has in
// memory before it relocates is the .mpy file's text, byte for byte.
// Format of modules: https://docs.micropython.org/en/latest/reference/mpyfiles.html

import { Failure } from '../diagnostic.ts';
import { machines, sectionFlags } from '../elf/constants.ts';
import type { Relocation } from '../mpy/module.ts';
import { readModule } from '../mpy/read.ts';
import { type ImageSymbol, openImage } from './elf-image.ts';
import * as errors from './errors.ts';

/** The three pieces of memory that a module has. */
export type Block = 'text' | 'rodata' | 'bss';

/** Addresses in the target, and the sizes in bytes of what lies there. */
export type Blocks = Readonly<Record<Block, number>>;

export interface ModuleSymbols {
  /** To import it by. */
  readonly name: string;
  /** Which firmware it is for. */
  readonly flavour: 'micropython' | 'circuitpython';
  /** Path of the .mpy file. */
  readonly mpy: string;
  /** Path of the debug image. */
  readonly elf: string;
  /** As the loader gets it. */
  readonly code: Uint8Array;
  readonly rodata: Uint8Array;
  readonly relocations: readonly Relocation[];
  readonly sizes: Blocks;
  readonly sections: readonly PlacedSection[];
  /** Of `mpy_init`, in bytes from the start of text. */
  readonly initOffset: number | undefined;
  /** Where its functions start, in bytes from the start of text. */
  readonly functions: readonly number[];
  /** Names of its variables outside of functions, constants among them. */
  readonly variables: readonly string[];
}

interface PlacedSection {
  readonly name: string;
  readonly block: Block;
  /** In bytes from the start of the block. */
  readonly offset: number;
}

/**
 * @throws Failure of `mpy/` or `debug/` when one of the files can't be used, or they do not belong together
 */
export function readModuleSymbols(mpy: File, elf: File): ModuleSymbols {
  const { code, header } = readModule(mpy.bytes, mpy.path).module;
  const native = code.kind === 'viper' ? code : code.children.find((child) => child.kind === 'viper');
  if (native?.kind !== 'viper') throw new Failure(errors.notNative(mpy.path));
  const image = openImage(elf.bytes, elf.path);
  const text = image.sections.find((section) => section.name === '.text');
  const own = text?.data ?? new Uint8Array();
  if (own.length > native.code.length || own.some((byte, at) => byte !== native.code[at]))
    throw new Failure(errors.imageMismatch(elf.path));
  const rodata = native.rodata ?? new Uint8Array();
  const sections = image.sections
    .filter((section) => section.flags & sectionFlags.alloc && section.size > 0)
    .map(({ name, address }) => ({ name, ...blockOf(name, address, image.sections) }));
  const { symbols } = image;
  const functions = symbols.filter(({ kind, section }) => kind === 'function' && image.sections[section] === text);
  const offsetOf = ({ value }: ImageSymbol) => value - thumbBit(value, image.machine) - (text?.address ?? 0);
  const init = functions.find((symbol) => symbol.name === 'mpy_init');
  return {
    name: nameOf(mpy.path),
    flavour: header.flavour,
    mpy: mpy.path,
    elf: elf.path,
    code: native.code,
    rodata,
    relocations: native.relocations ?? [],
    sizes: { text: native.code.length, rodata: rodata.length, bss: native.bssSize ?? 0 },
    sections,
    variables: symbols.filter(isVariable).map(({ name }) => name),
    functions: functions.map(offsetOf),
    initOffset: init && offsetOf(init),
  };
}

/** A static variable of a function has a number behind its name, and no name outside. */
function isVariable({ name, kind }: ImageSymbol): boolean {
  return kind === 'variable' && /^[A-Za-z_]\w*$/.test(name);
}

/** Bit 0 of an ARM function's address tells the instruction set. */
function thumbBit(value: number, machine: number): number {
  return machine === machines.arm ? value % 2 : 0;
}

interface File {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The image has each block at an address of its own, where its section of the block's name starts. */
function blockOf(
  name: string,
  address: number,
  sections: readonly { readonly name: string; readonly address: number }[],
): { block: Block; offset: number } {
  const block = name.startsWith('.bss') ? 'bss' : name.startsWith('.text') ? 'text' : 'rodata';
  const start = sections.find((section) => section.name === `.${block}`)?.address ?? address;
  return { block, offset: address - start };
}

function nameOf(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? path).replace(/\.mpy$/, '');
}

/** @returns the module whose code is at a place in memory, of which the first bytes are given */
export function recogniseModule(memory: Uint8Array, modules: readonly ModuleSymbols[]): ModuleSymbols | undefined {
  return modules.find(({ code }) => code.length <= memory.length && code.every((byte, at) => byte === memory[at]));
}

/** @returns arguments of GDB's add-symbol-file behind the file's name */
export function sectionOptions({ sections }: ModuleSymbols, blocks: Blocks): string {
  return sections.map(({ name, block, offset }) => `-s ${name} 0x${(blocks[block] + offset).toString(16)}`).join(' ');
}
