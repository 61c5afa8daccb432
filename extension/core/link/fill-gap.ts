// Part of the order of pieces: functions and strings that may lie anywhere fill the gap that stricter alignment would leave.

import type { Piece } from './program.ts';

/** Stricter alignment is met by chance only: there are as many sums to keep as it has bytes. */
const strictest = 64;

/**
 * For each remainder of a sum by `align`, the pieces of which the smallest sum of sizes is made; smaller sums first, that of
 * none at all among them.
 * @param pieces of alignment 1
 * @param align a power of two
 */
export function fillersOf(pieces: readonly Piece[], align: number): Piece[][] {
  const bytes = Math.min(align, strictest);
  let sums: (Sum | undefined)[] = Array.from({ length: bytes }, (_, at) => (at === 0 ? { size: 0 } : undefined));
  for (const piece of pieces) {
    const longer = [...sums];
    for (const sum of sums) {
      if (!sum) continue;
      const size = sum.size + piece.size;
      const known = longer[size % bytes];
      if (!known || size < known.size) longer[size % bytes] = { size, piece, before: sum };
    }
    sums = longer;
  }
  return sums
    .filter((sum) => sum !== undefined)
    .sort((a, b) => a.size - b.size)
    .map(piecesOf);
}

interface Sum {
  readonly size: number;
  readonly piece?: Piece;
  readonly before?: Sum;
}

function piecesOf(sum: Sum): Piece[] {
  const pieces: Piece[] = [];
  for (let at: Sum | undefined = sum; at?.piece; at = at.before) pieces.unshift(at.piece);
  return pieces;
}
