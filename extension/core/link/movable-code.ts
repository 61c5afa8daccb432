// Part of the third stage: which code may be rearranged. Only compiled code that its assembler describes and leaves to the linker
// to move (Xtensa's).

import type { Rearranging } from '../arch/architecture.ts';
import { codeBlocks, isPlainCode } from '../elf/property-table.ts';
import { addendOf, viewOf } from './edit-pieces.ts';
import type { LinkedObject, Piece, Program } from './program.ts';

export interface Labels {
  /** Places that something refers to. */
  readonly all: ReadonlySet<number>;
  /** Those that may be reached otherwise than by a jump or a branch of the same code. */
  readonly entries: ReadonlySet<number>;
}

export const isFrom = (object: LinkedObject | undefined, sources: RegExp) =>
  object?.file.symbols.some(({ type, name }) => type === 'file' && sources.test(name)) === true;

/** Pieces of code in which all that depends on a distance is known. */
export function movableCode(program: Program, rearranging: Rearranging): ReadonlyMap<Piece, Labels> {
  const found = new Map<Piece, { readonly all: Set<number>; readonly entries: Set<number> }>();
  const live = new Set(program.pieces);
  for (const object of program.objects) {
    if (!isFrom(object, /\.(c|cc|cpp|cxx)$/i)) continue;
    const blocks = codeBlocks(object.file);
    for (const [index, piece] of object.pieces.entries()) {
      if (!piece || !live.has(piece) || piece.content !== 'text' || piece.isLiterals || piece.object !== object)
        continue;
      if (isPlainCode(piece, blocks.get(index) ?? []) && isKnown(program, piece, rearranging))
        found.set(piece, { all: new Set(), entries: new Set([0]) });
    }
    for (const { place, section, value } of object.file.symbols)
      if (place === 'section') {
        const labels = found.get(object.pieces[section] as Piece);
        labels?.all.add(value);
        labels?.entries.add(value);
      }
  }
  const { relocations } = program.arch;
  for (const from of [...program.pieces, ...program.literalSections])
    for (const relocation of from.relocations) {
      const target = from.object?.targets[relocation.symbol];
      const labels = target?.kind === 'piece' ? found.get(target.piece) : undefined;
      if (target?.kind !== 'piece' || !labels) continue;
      const row = relocations[relocation.type];
      const place = target.offset + addendOf(program, from, relocation);
      // A difference that is kept as data, or one that can't be read.
      if (!row || ('formula' in row && row.formula === 'none' && row.difference) || Number.isNaN(place))
        found.delete(target.piece);
      else {
        labels.all.add(place);
        if (from !== target.piece || !isBranch(from, relocation.offset, rearranging)) labels.entries.add(place);
      }
    }
  return found;
}

function isBranch(piece: Piece, at: number, { operation }: Rearranging): boolean {
  const kind = operation(viewOf(piece), at)?.effect?.kind;
  return kind === 'branch' || kind === 'jump';
}

/** Whether each instruction is known, and a relocation tells of each distance. */
function isKnown({ arch }: Program, piece: Piece, { types, instruction }: Rearranging): boolean {
  const places = new Set<number>();
  for (const { type, offset } of piece.relocations) {
    const row = arch.relocations[type];
    if (types.includes(type)) places.add(offset);
    else if (!row || !('formula' in row) || row.formula !== 'none' || row.difference) return false;
  }
  const view = viewOf(piece);
  let at = 0;
  while (at < piece.size) {
    const found = instruction(view, at);
    if (!found || found.isDistance !== places.delete(at)) return false;
    at += found.size;
  }
  return at === piece.size && places.size === 0;
}
