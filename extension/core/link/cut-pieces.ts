// Takes bytes out of pieces between the stages, and brings to their new places all that refers to what is behind them: in code and
// data, and in the debug information of their objects.

import { type Cuts, cutRelocations, cutSymbol } from './cuts.ts';
import { addendOf } from './edit-pieces.ts';
import type { LinkedObject, Piece, PieceRelocation, Program } from './program.ts';

/** For code whose addends count from labels or from sections. */
export function cutPieces(program: Program, cuts: ReadonlyMap<Piece, Cuts>): void {
  if (cuts.size === 0) return;
  // All by the old bytes and places first: words may hold a part of their addends.
  const all = [...program.pieces, ...program.literalSections];
  const moved = all.map((piece) =>
    piece.relocations.map((relocation) => moveRelocation(program, piece, relocation, cuts)),
  );
  for (const [index, piece] of all.entries()) {
    piece.relocations = moved[index];
    const cut = cuts.get(piece);
    if (!cut) continue;
    piece.data = cut.apply(piece.data);
    piece.size = piece.data.length;
  }
  for (const object of program.objects) moveObject(object, cuts);
  const { entry } = program;
  const cut = entry && cuts.get(entry.piece);
  if (cut) program.entry = { ...entry, offset: cut.move(entry.offset) };
}

function moveRelocation(
  program: Program,
  piece: Piece,
  relocation: PieceRelocation,
  cuts: ReadonlyMap<Piece, Cuts>,
): PieceRelocation {
  const own = cuts.get(piece);
  const offset = own ? own.move(relocation.offset) : relocation.offset;
  const target = piece.object?.targets[relocation.symbol];
  const cut = target?.kind === 'piece' ? cuts.get(target.piece) : undefined;
  if (target?.kind !== 'piece' || !cut) return own ? { ...relocation, offset } : relocation;
  const addend = addendOf(program, piece, relocation);
  const change = cut.move(target.offset + addend) - cut.move(target.offset) - addend;
  return { ...relocation, offset, addend: (relocation.addend ?? 0) + change };
}

/** Brings what an object's symbols stand for, and its sections and symbols for debuggers, to their new places. */
export function moveObject(object: LinkedObject, cuts: ReadonlyMap<Piece, Cuts>): void {
  object.targets = object.targets.map((target) => {
    const cut = target.kind === 'piece' ? cuts.get(target.piece) : undefined;
    return target.kind === 'piece' && cut ? { ...target, offset: cut.move(target.offset) } : target;
  });
  const own = new Map<number, Cuts>();
  for (const [index, piece] of object.pieces.entries()) {
    const cut = piece && cuts.get(piece);
    if (cut) own.set(index, cut);
  }
  if (own.size === 0) return;
  const { file } = object;
  object.file = {
    ...file,
    sections: file.sections.map((section) => cutRelocations(section, file, own)),
    symbols: file.symbols.map((symbol) => cutSymbol(symbol, own)),
  };
}
