// Part of the third stage: how code that may be rearranged runs, and what is in its registers. Values flow forwards, from what
// loads them; whether a register is read again is told backwards. What is not known for sure is not known.

import type { Operation, Rearranging } from '../arch/architecture.ts';
import { addendOf, viewOf } from './edit-pieces.ts';
import type { Labels } from './movable-code.ts';
import type { Piece, PieceRelocation, Program, Target } from './program.ts';

export interface Instruction {
  readonly at: number;
  readonly size: number;
  readonly operation: Operation;
  readonly relocation: PieceRelocation | undefined;
  /** Indices of what may run next. */
  readonly next: readonly number[];
  /** What runs next is not all known. */
  readonly leaves: boolean;
  /** Something else than what is before it may go on here. */
  readonly isLabel: boolean;
  /** Something outside may. */
  readonly isEntry: boolean;
}

/** @returns undefined where an instruction is not known, or goes to where none begins */
export function readCode(
  program: Program,
  piece: Piece,
  labels: Labels,
  { operation, instruction, types }: Rearranging,
): readonly Instruction[] | undefined {
  const view = viewOf(piece);
  const distances = piece.relocations.filter(({ type }) => types.includes(type));
  const relocations = new Map(distances.map((relocation) => [relocation.offset, relocation]));
  if (relocations.size < distances.length) return undefined;
  const read: { at: number; size: number; operation: Operation }[] = [];
  const indices = new Map<number, number>();
  for (let at = 0; at < piece.size; ) {
    const size = instruction(view, at)?.size;
    const known = operation(view, at);
    if (!known || size === undefined) return undefined;
    indices.set(at, read.length);
    read.push({ at, size, operation: known });
    at += size;
  }
  const code: Instruction[] = [];
  for (const [index, { at, size, operation: known }] of read.entries()) {
    const kind = known.effect?.kind;
    const relocation = relocations.get(at);
    const next: number[] = [];
    let leaves = kind === 'leave';
    if (kind === 'branch' || kind === 'jump') {
      const target = relocation && piece.object?.targets[relocation.symbol];
      if (!relocation || target?.kind !== 'piece') return undefined;
      const to = indices.get(target.offset + addendOf(program, piece, relocation));
      if (target.piece !== piece) leaves = true;
      else if (to === undefined) return undefined;
      else next.push(to);
    }
    if (kind !== 'jump' && kind !== 'return' && kind !== 'leave') {
      if (index + 1 < read.length) next.push(index + 1);
      else leaves = true;
    }
    const isEntry = labels.entries.has(at);
    code.push({ at, size, operation: known, relocation, next, leaves, isLabel: labels.all.has(at), isEntry });
  }
  return [...labels.all].every((place) => indices.has(place) || place === piece.size) ? code : undefined;
}

/** By register, before an instruction. */
export type Values<V> = readonly (V | undefined)[];

const registers = 16;

/**
 * Values before each instruction; undefined where nothing reaches it.
 * @param made what an instruction leaves in the register that it writes, out of the values before; undefined: anything
 */
export function flowForwards<V>(
  code: readonly Instruction[],
  made: (instruction: Instruction, before: Values<V>) => V | undefined,
): readonly (Values<V> | undefined)[] {
  const none: Values<V> = new Array(registers).fill(undefined);
  const before: (Values<V> | undefined)[] = code.map(({ isEntry }) => (isEntry ? none : undefined));
  const work = code.flatMap(({ isEntry }, index) => (isEntry ? [index] : []));
  for (let index = work.pop(); index !== undefined; index = work.pop()) {
    const known = before[index] ?? none;
    const { writes } = code[index].operation;
    const value = writes === 0 ? undefined : made(code[index], known);
    const after = known.map((old, register) => (writes & (1 << register) ? value : old));
    for (const next of code[index].next) {
      const old = before[next];
      const met = old ? old.map((each, register) => (each === after[register] ? each : undefined)) : after;
      if (old?.every((each, register) => each === met[register])) continue;
      before[next] = met;
      work.push(next);
    }
  }
  return before;
}

const all = 0xffff;

/**
 * Registers that may be read behind each instruction, a bit each.
 * @param reads, writes of an instruction, which may differ from the code's
 */
export function liveBehind(
  code: readonly Instruction[],
  usesOf: (index: number) => Pick<Operation, 'reads' | 'writes'>,
): readonly number[] {
  const behind: number[] = code.map(({ leaves }) => (leaves ? all : 0));
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (let index = code.length - 1; index >= 0; index--)
      for (const next of code[index].next) {
        const { reads, writes } = usesOf(next);
        const live = behind[index] | reads | (behind[next] & ~writes);
        if (live !== behind[index]) {
          behind[index] = live;
          isChanged = true;
        }
      }
  }
  return behind;
}

/** What the word holds that an instruction loads out of a table of literals. */
export function literalOf(
  program: Program,
  piece: Piece,
  relocation: PieceRelocation | undefined,
): { readonly target: Target; readonly addend: number } | undefined {
  const word = relocation && piece.object?.targets[relocation.symbol];
  if (!relocation || word?.kind !== 'piece' || !word.piece.object) return undefined;
  const place = word.offset + addendOf(program, piece, relocation);
  const held = word.piece.relocations.filter(({ offset }) => offset === place);
  if (held.length !== 1) return undefined;
  const addend = addendOf(program, word.piece, held[0]);
  return Number.isNaN(addend) ? undefined : { target: word.piece.object.targets[held[0].symbol], addend };
}
