// How large a module and each of its functions and variables are, largest first: what `size` and `nm --size-sort` tell of a
// program, of the bytes that a board stores and the RAM that it takes.

import type { ModuleSizes } from '../mpy/module.ts';
import type { Description } from './describe.ts';
import type { Block } from './module-symbols.ts';

export interface SizeSummary extends ModuleSizes {
  /** Largest first; empty without the build's debug image. */
  readonly symbols: readonly SizedSymbol[];
  /** Bytes of each block that no symbol covers: jumps, tables and literals that the linker or compiler made. */
  readonly unnamed: Readonly<Record<Block, number>> | null;
  /** Why there are no symbols, in words. */
  readonly note: string | null;
}

export interface SizedSymbol {
  readonly name: string;
  readonly block: Block;
  readonly kind: 'function' | 'variable' | 'label';
  /** In bytes. */
  readonly size: number;
}

const blocks: readonly Block[] = ['text', 'rodata', 'bss'];

export function summarizeSizes({ size, codes, relocations, symbols, imageFault }: Description): SizeSummary {
  const total = (block: Block) => codes.reduce((sum, code) => sum + code[block], 0);
  const sized = symbols.filter((symbol) => symbol.size > 0);
  const rest = (block: Block) => total(block) - coveredBytes(sized.filter((symbol) => symbol.block === block));
  return {
    file: size,
    text: total('text'),
    rodata: total('rodata'),
    bss: total('bss'),
    relocations: relocations.length,
    symbols: sized
      .map(({ name, block, kind, size: bytes }) => ({ name, block, kind, size: bytes }))
      .sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1)),
    unnamed: sized.length > 0 ? { text: rest('text'), rodata: rest('rodata'), bss: rest('bss') } : null,
    note:
      sized.length > 0
        ? null
        : (imageFault ?? 'Sizes by symbol need the debug image: the .elf file that a build writes beside the .mpy.'),
  };
}

/** Two names for one place count once. */
function coveredBytes(symbols: readonly { readonly offset: number; readonly size: number }[]): number {
  let covered = 0;
  let end = 0;
  for (const { offset, size } of symbols.toSorted((a, b) => a.offset - b.offset)) {
    covered += Math.max(0, offset + size - Math.max(end, offset));
    end = Math.max(end, offset + size);
  }
  return covered;
}

/** @returns lines of a table, each ended */
export function sizesText({ file, relocations, symbols, unnamed, note, ...totals }: SizeSummary): string {
  const line = (size: number, block: string, name: string) =>
    `  ${String(size).padStart(7)}  ${block.padEnd(6)}  ${name}`;
  const lines = [
    line(file, 'file', `with ${relocations} relocations`),
    ...blocks.map((block) => line(totals[block], block, ramOf[block])),
  ];
  if (note !== null) lines.push(`  ${note}`);
  if (symbols.length > 0) lines.push('by symbol:', ...symbols.map(({ size, block, name }) => line(size, block, name)));
  for (const block of blocks) if (unnamed && unnamed[block] > 0) lines.push(line(unnamed[block], block, '(no symbol)'));
  return `${lines.join('\n')}\n`;
}

const ramOf: Readonly<Record<Block, string>> = {
  text: 'RAM for code, in executable memory where the chip tells them apart',
  rodata: 'RAM for constants and initialised variables',
  bss: 'RAM for variables that start as zero',
};
