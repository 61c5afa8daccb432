// Names and source lines of a module's machine code, from the debug image that the build wrote beside the .mpy: a linked ELF
// file whose .text, .rodata and .bss are the blocks of the module.

import { equalBytes } from '../bytes/equal-bytes.ts';
import { machines } from '../elf/constants.ts';
import { readLines, type SourceLine } from '../elf/dwarf-lines.ts';
import type { ObjectFile, ObjectSymbol } from '../elf/object-file.ts';
import { readImage } from '../elf/read-object.ts';
import type { RawCode } from '../mpy/module.ts';
import { escapeControls } from './plain-text.ts';

/** Functions and variables. Offset and size in bytes. */
export interface ModuleSymbol {
  readonly name: string;
  readonly block: Block;
  readonly offset: number;
  readonly size: number;
  readonly kind: 'function' | 'variable' | 'label';
}

export type Block = 'text' | 'rodata' | 'bss';

export interface CodeSymbols {
  /** By block and offset. */
  readonly all: readonly ModuleSymbol[];
  /** @returns the symbols that start at an offset of the text */
  startingAt(offset: number): readonly ModuleSymbol[];
  /** @returns an offset of the text as `name` or `name+0x4`, undefined outside of all symbols */
  nameOf(offset: number): string | undefined;
  /** @returns the source line that the code at this offset of the text was made from */
  lineAt(offset: number): SourceLine | undefined;
  /** Names of all the files that `lineAt` tells of. */
  readonly files: readonly string[];
}

const blocks: readonly Block[] = ['text', 'rodata', 'bss'];

/**
 * @param image a whole debug image
 * @param path for diagnostics
 * @returns undefined when the image is of another build: its text is not that of the code
 * @throws Failure `elf/...` when it is no image that can be read
 */
export function readSymbols(image: Uint8Array, path: string, code: RawCode): CodeSymbols | undefined {
  const file = readImage(image, path);
  const sections = new Map(blocks.map((block) => [block, file.sections.find(({ name }) => name === `.${block}`)]));
  const text = sections.get('text');
  if (!text || !equalBytes(text.data, code.code)) return undefined;
  const blockOf = new Map<number, Block>();
  for (const [block, section] of sections) if (section) blockOf.set(section.index, block);
  const all = file.symbols.flatMap((symbol) => toSymbol(file, symbol, blockOf));
  all.sort((a, b) => blocks.indexOf(a.block) - blocks.indexOf(b.block) || a.offset - b.offset || b.size - a.size);
  const starts = new Map<number, ModuleSymbol[]>();
  for (const symbol of all) {
    if (symbol.block !== 'text') continue;
    const there = starts.get(symbol.offset);
    if (there) there.push(symbol);
    else starts.set(symbol.offset, [symbol]);
  }
  const sized = all.filter(({ block, size }) => block === 'text' && size > 0);
  const lines = readLines(file);
  return {
    all,
    startingAt: (offset) => starts.get(offset) ?? [],
    nameOf(offset) {
      const symbol = starts.get(offset)?.[0] ?? sized.findLast((each) => each.offset <= offset);
      if (!symbol || (offset > symbol.offset && offset >= symbol.offset + symbol.size)) return undefined;
      const distance = offset - symbol.offset;
      return distance === 0 ? symbol.name : `${symbol.name}+0x${distance.toString(16)}`;
    },
    lineAt: (offset) => lines.at(text.index, offset),
    files: lines.files(text.index),
  };
}

function toSymbol(file: ObjectFile, symbol: ObjectSymbol, blockOf: ReadonlyMap<number, Block>): ModuleSymbol[] {
  const { name, size, type, place, section } = symbol;
  const block = place === 'section' ? blockOf.get(section) : undefined;
  // Mapping symbols such as $t are for disassemblers.
  if (!block || name === '' || name.startsWith('$') || !(type in kinds)) return [];
  // Bit 0 of a function's address says that it is Thumb.
  const isThumb = file.machine === machines.arm && type === 'function';
  const offset = isThumb ? symbol.value - (symbol.value % 2) : symbol.value;
  return [{ name: escapeControls(name), block, offset, size, kind: kinds[type as keyof typeof kinds] }];
}

const kinds = { function: 'function', object: 'variable', none: 'label' } as const;
