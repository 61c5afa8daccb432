// Third stage: functions that end alike share the end. A jump takes less than the instructions that restore registers from the
// frame and return. Only in compiled code that its assembler describes and leaves to the linker to move (Xtensa's).

import type { FrameEnd, Rearranging } from '../arch/architecture.ts';
import { cutPieces } from './cut-pieces.ts';
import { Cuts } from './cuts.ts';
import { Editor, viewOf } from './edit-pieces.ts';
import { isFrom, movableCode } from './movable-code.ts';
import { OperandKeys } from './operand-keys.ts';
import type { Piece, PieceRelocation, Program } from './program.ts';

/** In bytes; for less a jump more is not worth the time it takes. */
const leastGain = 2;

export function shareEnds(program: Program): void {
  const { rearranging } = program.arch;
  if (!rearranging) return;
  const code = movableCode(program, rearranging);
  const size = program.pieces.reduce((sum, { space, size, align }) => sum + (space === 'text' ? size + align : 0), 0);
  if (size > rearranging.reach) return;
  const keys = new OperandKeys(program, rearranging);
  const ends = [...code].flatMap(([piece, { all }]) => endsOf(piece, all, rearranging, keys));
  const sharer = new Sharer(program, rearranging);
  // Those that restore most first, and long ones, so that others find their end in them.
  const restoredBy = ({ frame }: End) => frame?.restored.length ?? 0;
  ends.sort((a, b) => restoredBy(b) - restoredBy(a) || b.codes.length - a.codes.length);
  for (const end of ends) sharer.take(end);
  sharer.finish();
}

/** Functions that nothing calls directly need no place at a multiple of a word. */
export function loosenFunctions(program: Program): void {
  const { rearranging } = program.arch;
  if (!rearranging?.startsAnywhere) return;
  const code = movableCode(program, rearranging);
  const called = new Set<Piece>();
  for (const piece of program.pieces)
    for (const relocation of piece.relocations) {
      const target = piece.object?.targets[relocation.symbol];
      const row = program.arch.relocations[relocation.type];
      if (target?.kind !== 'piece' || !row || !('field' in row) || !rearranging.types.includes(relocation.type))
        continue;
      const isInside = relocation.offset + row.field.bytes <= piece.size;
      const field = isInside && 'choose' in row.field ? row.field.choose(viewOf(piece), relocation.offset) : undefined;
      if (field?.align !== 1) called.add(target.piece);
    }
  // A pointer to a member function tells by its lowest bit whether the function is virtual. More than a word somebody asked for.
  for (const piece of code.keys())
    if (!called.has(piece) && piece.align <= program.arch.wordSize && isFrom(piece.object, /\.c$/i)) piece.align = 1;
}

/** Instructions at the end of a function, or where it returns before. */
interface End {
  readonly piece: Piece;
  /** Of each instruction, from the first on; as they are where the frame's end is in order. */
  readonly places: readonly number[];
  /** Their bytes; what else tells those with relocations apart. */
  readonly codes: readonly string[];
  /** Place behind them. */
  readonly end: number;
  readonly frame: FrameEnd | undefined;
}

function endsOf(
  piece: Piece,
  labels: ReadonlySet<number>,
  { instruction, frames, types }: Rearranging,
  keys: OperandKeys,
): End[] {
  const ends: End[] = [];
  const view = viewOf(piece);
  const operands = new Map(
    piece.relocations
      .filter(({ type }) => types.includes(type))
      .map((relocation) => [relocation.offset, keys.keyOf(piece, relocation)]),
  );
  let places: number[] = [];
  for (let at = 0; at < piece.size; ) {
    const found = instruction(view, at);
    if (!found) return [];
    // What is reached from elsewhere may begin an end, and not lie within one.
    if (labels.has(at)) places = [];
    if (found.isDistance && operands.get(at) === undefined) places = [];
    // The function itself stays where it is.
    else if (at > 0) places.push(at);
    at += found.size;
    if (!found.isLast) continue;
    const frame = frames?.read(view, places);
    const data = Uint8Array.from(piece.data);
    if (frame?.isUniform && frames) data.set(frames.write(frame), at - frame.size);
    const codes = places.map(
      (place, index) => operands.get(place) ?? data.subarray(place, places[index + 1] ?? at).join(' '),
    );
    ends.push({ piece, places, codes, end: at, frame });
    places = [];
  }
  return ends;
}

/** Ends that are kept, as a tree: from the last instruction to the ones before. */
interface Node {
  readonly before: Map<string, Node>;
  readonly end: End | undefined;
}

class Sharer {
  private readonly root: Node = { before: new Map(), end: undefined };
  /** By what they restore. */
  private readonly frames = new Map<string, End>();
  private readonly cuts = new Map<Piece, { readonly at: number; readonly end: number }[]>();
  private readonly jumps: { readonly from: Piece; readonly at: number; readonly to: Piece; readonly place: number }[] =
    [];
  private readonly editor: Editor;

  constructor(
    private readonly program: Program,
    private readonly rearranging: Rearranging,
  ) {
    this.editor = new Editor(program);
  }

  /** Cuts it off where another serves, else keeps it for others. */
  take(end: End): void {
    if (end.places.length === 0) return;
    const jumpSize = this.rearranging.jump.code.length;
    const same = this.longest(end);
    const sameGain = same ? end.end - same.from - jumpSize : 0;
    const other = this.inOtherFrame(end);
    const resized = other ? this.rearranging.frames?.resize(other.by) : undefined;
    const otherGain = other && resized && end.frame ? end.frame.size - jumpSize - resized.length : 0;
    if (same && sameGain >= Math.max(otherGain, leastGain)) {
      this.settle(end);
      this.settle(same.to);
      this.cut(end, same.from, [], same.to, same.place);
    } else if (other && resized && end.frame && otherGain >= leastGain) {
      this.settle(other.to);
      this.cut(end, end.end - end.frame.size, resized, other.to, other.place);
    } else this.keep(end);
  }

  private longest({ codes, places, end }: End) {
    let node = this.root;
    let count = 0;
    for (; count < codes.length; count++) {
      const next = node.before.get(codes[codes.length - 1 - count]);
      if (!next) break;
      node = next;
    }
    const to = node.end;
    if (!to || count === 0) return undefined;
    const from = places[places.length - count];
    return { to, from, place: to.end - (end - from) };
  }

  private inOtherFrame({ frame }: End) {
    const to = frame && this.frames.get(keyOf(frame, 0));
    if (!frame || !to?.frame || to.frame.frame === frame.frame) return undefined;
    const skipped = to.frame.restored.length - frame.restored.length;
    const first = to.places.length - to.frame.instructions;
    return { to, by: frame.frame - to.frame.frame, place: to.places[first + skipped] };
  }

  private keep(end: End): void {
    let node = this.root;
    for (const code of end.codes.toReversed()) {
      const next = node.before.get(code) ?? { before: new Map(), end };
      node.before.set(code, next);
      node = next;
    }
    const { frame } = end;
    if (!frame?.isUniform) return;
    for (let skipped = 0; skipped < frame.restored.length; skipped++) {
      const key = keyOf(frame, skipped);
      if (!this.frames.has(key)) this.frames.set(key, end);
    }
  }

  /** Brings what restores registers into the order that was compared. */
  private settle({ piece, end, frame }: End): void {
    const bytes = frame?.isUniform ? this.rearranging.frames?.write(frame) : undefined;
    if (bytes) new Uint8Array(this.editor.bytesOf(piece).buffer).set(bytes, end - bytes.length);
  }

  private cut({ piece, end }: End, from: number, before: readonly number[], to: End, place: number): void {
    const { code } = this.rearranging.jump;
    const bytes = new Uint8Array(this.editor.bytesOf(piece).buffer);
    bytes.set([...before, ...code], from);
    const at = from + before.length;
    this.jumps.push({ from: piece, at, to: to.piece, place });
    const cuts = this.cuts.get(piece) ?? [];
    cuts.push({ at: at + code.length, end });
    this.cuts.set(piece, cuts);
  }

  finish(): void {
    const { place: shift, type } = this.rearranging.jump;
    const added = new Map<Piece, PieceRelocation[]>();
    for (const { from, at, to, place } of this.jumps) {
      if (!from.object) continue;
      const symbol = this.editor.symbol(from.object, '', { kind: 'piece', piece: to, offset: place });
      const relocations = added.get(from) ?? [];
      relocations.push({ offset: at + shift, type, symbol, addend: 0 });
      added.set(from, relocations);
    }
    this.editor.finish();
    for (const [piece, relocations] of added) {
      const cut = this.cuts.get(piece) ?? [];
      const kept = piece.relocations.filter(
        ({ offset }) => !cut.some(({ at, end }) => offset >= at - this.rearranging.jump.code.length && offset < end),
      );
      piece.relocations = [...kept, ...relocations];
    }
    const cuts = new Map<Piece, Cuts>();
    for (const [piece, all] of this.cuts) {
      const made = new Cuts();
      for (const { at, end } of all.sort((a, b) => a.at - b.at)) made.add(at, end);
      cuts.set(piece, made);
    }
    cutPieces(this.program, cuts);
  }
}

const keyOf = ({ restored }: FrameEnd, skipped: number) =>
  restored
    .slice(skipped)
    .map(([register, depth]) => `${register} ${depth}`)
    .join();
