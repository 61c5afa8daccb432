// Where what a symbol stands for is: in the module, or with the loader.

import type { RelocationTarget } from '../mpy/module.ts';
import type { Piece, Target } from './program.ts';

/** The piece that S + A is in, or a piece of a stub. */
export function pieceOf(target: Target, addend: number): Piece | undefined {
  if (target.kind === 'entry') return target.stub;
  return target.kind === 'piece' ? (movedWord(target, addend)?.piece ?? target.piece) : undefined;
}

/** S in its space, when the symbol has a place in the module. A word that moved did so alone, so that S depends on A. */
export function addressOf(target: Target, addend: number): number | undefined {
  if (target.kind === 'entry') return target.stub && target.stub.address + (target.stub.start ?? 0);
  if (target.kind !== 'piece') return undefined;
  const { piece, offset } = target;
  const word = movedWord(target, addend);
  if (word) return word.piece.address + word.offset - addend;
  return piece.isLiterals ? undefined : piece.address + offset;
}

const movedWord = ({ piece, offset }: Extract<Target, { kind: 'piece' }>, addend: number) =>
  piece.movedWords?.get(offset + addend);

/** What a word for S + A holds before the loader adds to it. */
export function wordFor(target: Target, addend: number): number {
  if (target.kind === 'absolute') return target.value + addend;
  return (target.kind === 'table' ? (target.offset ?? 0) : (addressOf(target, addend) ?? 0)) + addend;
}

/** What the loader adds to a word that holds this target's address; undefined when it adds nothing. */
export function loaderTarget(target: Target): RelocationTarget | undefined {
  switch (target.kind) {
    case 'piece':
      return { kind: target.piece.space };
    case 'entry':
      return { kind: 'entry', index: target.index };
    case 'table':
    case 'qstr-table':
    case 'obj-table':
      return { kind: target.kind };
    default:
      return undefined;
  }
}
