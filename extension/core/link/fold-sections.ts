// Between the second and the third stage: functions with equal code, which several objects have (inline functions, instances of
// templates, copies), become one. Only such as are called and nothing else: whose address is kept somewhere may be compared
// with another's, in C two functions never have one.

import { viewOf } from './edit-pieces.ts';
import { rowOf } from './lower-halves.ts';
import type { Piece, Program, Target } from './program.ts';

/** Lets what refers to a copy refer to the first; the copies stay, reached by nothing. */
export function foldSections(program: Program): void {
  const kept = keptAddresses(program);
  const candidates = program.pieces.filter(
    (piece) =>
      piece.object && piece.content === 'text' && piece.size > 0 && piece !== program.entry?.piece && !kept.has(piece),
  );
  const firsts = firstsOf(candidates, program);
  if (firsts.size === 0) return;
  for (const object of program.objects) {
    object.targets = object.targets.map((target) => {
      const first = target.kind === 'piece' ? firsts.get(target.piece) : undefined;
      return target.kind === 'piece' && first ? { ...target, piece: first } : target;
    });
    // Debug information and names of a copy are the first one's too.
    object.pieces = object.pieces.map((piece) => (piece && firsts.get(piece)) ?? piece);
  }
}

/** Pieces that something refers to other than by a call or a jump from code. */
function keptAddresses(program: Program): Set<Piece> {
  const { callTypes, isCall = () => true } = program.arch;
  const calls = new Set(callTypes);
  const kept = new Set<Piece>();
  for (const piece of [...program.pieces, ...program.literalSections])
    for (const relocation of piece.relocations) {
      const target = piece.object?.targets[relocation.symbol];
      if (target?.kind !== 'piece') continue;
      // A branch inside; a function that takes its own address has it at its start, in Thumb one byte further.
      if (target.piece === piece && target.offset > 1) continue;
      if (piece.content === 'text' && !piece.isLiterals) {
        if (!rowOf(program, relocation)) continue;
        if (calls.has(relocation.type) && isCall(viewOf(piece), relocation.offset)) continue;
      }
      kept.add(target.piece);
    }
  return kept;
}

/** More are needed only where functions call each other in a long row. */
const mostRounds = 32;

/** Equal are pieces of equal bytes whose relocations say the same, of targets that are equal themselves. */
function firstsOf(candidates: readonly Piece[], program: Program): Map<Piece, Piece> {
  const numbers = new Map<unknown, number>();
  const numberOf = (of: unknown) => {
    const number = numbers.get(of) ?? numbers.size;
    numbers.set(of, number);
    return number;
  };
  // What Xtensa's code loads is in pieces of its own, equal by what is in them.
  let classes = classify([...candidates, ...program.literalSections], ({ align, isLiterals, data }) =>
    [align, isLiterals, ...data].join(),
  );
  const meaning = (from: Piece, symbol: number): string => {
    const target = from.object?.targets[symbol];
    if (!target || symbol === 0) return '';
    if (target.kind !== 'piece') return nameOf(target, numberOf);
    if (target.piece === from) return `self ${target.offset}`;
    return `${classes.of.get(target.piece) ?? `piece ${numberOf(target.piece)}`} ${target.offset}`;
  };
  // What seems equal is told apart by its targets, until nothing is.
  for (let round = 0; ; round++) {
    if (round === mostRounds) return new Map();
    const known = classes;
    classes = classify([...known.of.keys()], (piece) => {
      const all = piece.relocations.map((each) =>
        [each.offset, each.type, each.addend, meaning(piece, each.symbol)].join(' '),
      );
      return `${known.of.get(piece)}: ${all.join('; ')}`;
    });
    if (classes.count === known.count) break;
  }
  const firsts = new Map<number, Piece>();
  const found = new Map<Piece, Piece>();
  for (const piece of candidates) {
    const number = classes.of.get(piece) as number;
    const first = firsts.get(number);
    if (first) found.set(piece, first);
    else firsts.set(number, piece);
  }
  return found;
}

function classify(pieces: readonly Piece[], keyOf: (piece: Piece) => string) {
  const keys = new Map<string, number>();
  const of = new Map<Piece, number>();
  for (const piece of pieces) {
    const key = keyOf(piece);
    const number = keys.get(key) ?? keys.size;
    keys.set(key, number);
    of.set(piece, number);
  }
  return { of, count: keys.size };
}

function nameOf(target: Exclude<Target, { kind: 'piece' }>, numberOf: (of: unknown) => number): string {
  if (target.kind === 'absolute') return `absolute ${target.value}`;
  if (target.kind === 'entry') return `entry ${target.index} ${target.stub !== undefined}`;
  // What is in no way known is equal to nothing else.
  return target.kind === 'nothing' ? `nothing ${numberOf(target)}` : target.kind;
}
