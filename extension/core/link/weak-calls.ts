// Between the second and the third stage: calls of weak functions that nothing defines. `if (f) f();` finds 0 as the address and
// goes by, but the call stands there and has to lead somewhere in the module. As at address 0, whoever gets there goes no further.
// https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.symtab.html (STB_WEAK)

import { Editor, viewOf } from './edit-pieces.ts';
import type { LinkedObject, Piece, PieceRelocation, Program } from './program.ts';

/** Leads them all to one instruction that traps. With `--compat` they are faults. */
export function trapWeakCalls(program: Program): void {
  const { arch, compat, pieces } = program;
  if (compat || !arch.trap) return;
  const offset = arch.oddFunctions ? 1 : 0;
  const trap = trapPiece(arch.trap);
  const editor = new Editor(program);
  let isUsed = false;
  for (const piece of pieces) {
    const { object } = piece;
    if (!object || piece.content !== 'text') continue;
    for (const relocation of piece.relocations) {
      if (!isCallOfNothing(program, piece, object, relocation)) continue;
      const { name } = object.file.symbols[relocation.symbol];
      const symbol = editor.symbol(object, name, { kind: 'piece', piece: trap, offset });
      editor.replace(piece, relocation, { ...relocation, symbol });
      isUsed = true;
    }
  }
  if (isUsed) editor.add(trap);
  editor.finish();
}

function isCallOfNothing(
  { arch: { callTypes, isCall = () => true } }: Program,
  piece: Piece,
  object: LinkedObject,
  { symbol, type, offset }: PieceRelocation,
): boolean {
  return object.targets[symbol].kind === 'weak-undefined' && callTypes.includes(type) && isCall(viewOf(piece), offset);
}

const trapPiece = (code: Uint8Array): Piece => ({
  name: '(trap of weak functions)',
  content: 'text',
  space: 'text',
  size: code.length,
  align: code.length,
  data: code,
  relocations: [],
  object: undefined,
  tableWords: [],
  address: 0,
});
