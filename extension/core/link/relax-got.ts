// Third stage, before the global offset table is made: code that loads from the table the address of what lies in its own block
// counts the distance instead, so that neither a word nor a relocation is needed for it.
// Specification: "GOT load relaxation" in the psABIs of x86-64, i386 and RISC-V

import type { Direct } from '../arch/architecture.ts';
import { Editor, viewOf } from './edit-pieces.ts';
import { type Lower, lowersOf, rowOf } from './lower-halves.ts';
import type { Piece, PieceRelocation, Program } from './program.ts';

export function relaxGot(program: Program): void {
  const editor = new Editor(program);
  const lowers = lowersOf(program);
  for (const piece of program.pieces) {
    if (piece.content !== 'text' || !piece.object) continue;
    for (const relocation of piece.relocations) {
      const target = piece.object.targets[relocation.symbol];
      if (relocation.throughGot || target.kind !== 'piece') continue;
      if (target.piece.space !== piece.space || target.piece.isLiterals) continue;
      const direct = rowOf(program, relocation)?.direct?.(viewOf(piece), relocation.offset, relocation.addend ?? 0);
      if (direct) count(direct, piece, relocation, lowers.get(piece)?.get(relocation.offset) ?? [], editor);
    }
  }
  editor.finish();
}

function count(
  direct: Direct,
  piece: Piece,
  relocation: PieceRelocation,
  users: readonly Lower[],
  editor: Editor,
): void {
  const { offset, addend } = relocation;
  if (direct.lowers) {
    const edits = users.map((user) => user.row.addressInstead?.(viewOf(user.piece), user.relocation.offset));
    const isWhole = users.every((user) => user.relocation.addend === 0) && edits.every((edit) => edit !== undefined);
    if (users.length === 0 || !isWhole) return;
    for (const [index, edit] of edits.entries()) edit?.(editor.bytesOf(users[index].piece));
  }
  direct.edit?.(editor.bytesOf(piece));
  editor.replace(piece, relocation, {
    ...relocation,
    type: direct.type,
    offset: offset + (direct.shift ?? 0),
    addend: addend === undefined ? undefined : addend + (direct.addend ?? 0),
  });
}
