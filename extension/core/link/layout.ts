// Fourth stage: gives every piece its address. Text starts with a jump to mpy_init, because the loader calls its first byte.

import { entryTooFar, tooLarge } from './errors.ts';
import type { Piece, Program } from './program.ts';

export interface Layout {
  /** Jump to mpy_init; empty when that comes first. */
  readonly jump: Uint8Array;
  /** In bytes. */
  readonly textSize: number;
  readonly rodataSize: number;
  readonly bssSize: number;
}

/** The loader's numbers go on to 4 GiB; a block this large is a mistake, and would be allocated here. */
const largest = 256 * 1024 * 1024;

/**
 * Sets the pieces' addresses. Without mpy_init, which is reported by then, and where no jump reaches it, there is no jump.
 * @returns undefined when a block is too large, which is reported
 */
export function layOut(program: Program): Layout | undefined {
  const layout = placeAll(program);
  const sizes = { text: layout.textSize, rodata: layout.rodataSize, bss: layout.bssSize };
  const names = { text: 'code with its constants (text)', rodata: 'constants (rodata)', bss: 'variables (bss)' };
  const over = (['text', 'rodata', 'bss'] as const).filter((space) => !(sizes[space] <= largest));
  program.diagnostics.push(...over.map((space) => tooLarge(names[space], sizes[space], largest)));
  return over.length > 0 ? undefined : layout;
}

function placeAll(program: Program): Layout {
  const { arch, entry } = program;
  if (!entry) return { jump: new Uint8Array(0), ...place(program, 0) };
  if (program.compat?.entryJump === 'fixed') {
    const size = arch.reference.fixedEntryJump(8)?.length ?? 0;
    const sizes = place(program, size);
    const jump = arch.reference.fixedEntryJump(entry.piece.address + entry.offset);
    return { jump: jump ?? tooFar(program), ...sizes };
  }
  if (comesFirst(program)) return { jump: new Uint8Array(0), ...place(program, 0) };
  // A longer jump moves mpy_init, which may make the jump longer still: grow until it fits.
  for (let gap = entry.piece.align; ; gap += entry.piece.align) {
    const sizes = place(program, gap);
    const jump = arch.entryJump(entry.piece.address + entry.offset);
    if (!jump) return { jump: tooFar(program), ...sizes };
    if (jump.length > gap) continue;
    const padded = new Uint8Array(gap);
    padded.set(jump);
    return { jump: padded, ...sizes };
  }
}

function comesFirst(program: Program): boolean {
  const { entry, compat } = program;
  if (entry?.piece !== program.pieces.find((piece) => piece.space === 'text' && piece.size > 0)) return false;
  // A Thumb function's offset is odd; the reference linker takes that for a distance of one byte and jumps over nothing.
  return entry?.offset === 0 || (!compat && program.arch.oddFunctions === true && entry?.offset === 1);
}

function place(program: Program, gap: number): Omit<Layout, 'jump'> {
  const ends = { text: gap, rodata: 0, bss: 0 };
  for (const piece of program.pieces) {
    piece.address = alignUp(ends[piece.space], piece.align);
    ends[piece.space] = piece.address + piece.size;
  }
  // The loader puts rodata right behind bss.
  if (!program.compat && ends.rodata > 0) {
    const align = program.pieces.reduce(
      (most, piece) => (piece.space === 'rodata' ? Math.max(most, piece.align) : most),
      1,
    );
    ends.bss = alignUp(ends.bss, Math.min(align, 4 * program.arch.wordSize));
  }
  return { textSize: ends.text, rodataSize: ends.rodata, bssSize: ends.bss };
}

function tooFar(program: Program): Uint8Array {
  const { entry, arch } = program;
  if (entry) program.diagnostics.push(entryTooFar(entry.piece.address + entry.offset, arch.name));
  return new Uint8Array(0);
}

/** @param align a power of two */
export function alignUp(value: number, align: Piece['align']): number {
  return Math.ceil(value / align) * align;
}
