// Between the second and the third stage: what mpy_init does not reach, in any number of steps, is left out. Compilers give each
// function and variable a section of its own (-ffunction-sections, -fdata-sections), and libraries come by whole members.

import { sectionFlags } from '../elf/constants.ts';
import type { Piece, Program, Target } from './program.ts';

/** Keeps the pieces that the entry refers to, those they refer to, and what authors marked with `__attribute__((retain))`. */
export function collectGarbage(program: Program): void {
  if (!program.entry) return;
  const reached = new Set([program.entry.piece, ...retained(program)]);
  // A set is walked in order of insertion, what is added during the walk included.
  for (const piece of reached)
    for (const { symbol } of piece.relocations) {
      const target = pieceOf(piece.object?.targets[symbol]);
      if (target) reached.add(target);
    }
  program.pieces = program.pieces.filter((piece) => reached.has(piece));
  program.literalSections = program.literalSections.filter((piece) => reached.has(piece));
}

function retained({ objects }: Program): Piece[] {
  return objects.flatMap(({ file, pieces }) =>
    pieces.flatMap((piece, index) => (piece && file.sections[index].flags & sectionFlags.retain ? [piece] : [])),
  );
}

function pieceOf(target: Target | undefined): Piece | undefined {
  if (target?.kind === 'entry') return target.stub;
  return target?.kind === 'piece' ? target.piece : undefined;
}
