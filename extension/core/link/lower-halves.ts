// Addresses that two instructions make (RISC-V): the one with the lower half names the one with the upper.

import type { RelocationRow, ValueRow } from '../arch/architecture.ts';
import type { Piece, PieceRelocation, Program } from './program.ts';

export interface Lower {
  readonly piece: Piece;
  readonly relocation: PieceRelocation;
  readonly row: ValueRow;
}

/** Instructions with lower halves, by the place of the upper. */
export function lowersOf(program: Program): Map<Piece, Map<number, Lower[]>> {
  const lowers = new Map<Piece, Map<number, Lower[]>>();
  for (const piece of program.pieces)
    for (const relocation of piece.relocations) {
      const row = rowOf(program, relocation);
      const target = piece.object?.targets[relocation.symbol];
      if (row?.formula !== 'V(S) + A' || target?.kind !== 'piece') continue;
      const places = lowers.get(target.piece) ?? new Map<number, Lower[]>();
      lowers.set(target.piece, places);
      const users = places.get(target.offset);
      if (users) users.push({ piece, relocation, row });
      else places.set(target.offset, [{ piece, relocation, row }]);
    }
  return lowers;
}

/** @returns undefined for a relocation that takes no value */
export function rowOf(program: Program, { type }: PieceRelocation): ValueRow | undefined {
  const row: RelocationRow | undefined = program.arch.relocations[type];
  return row && 'field' in row ? row : undefined;
}
