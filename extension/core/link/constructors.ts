// Between the second and the third stage: functions that are to run before all others (C++ objects at file scope,
// `__attribute__((constructor))`) are called once, when the module is imported, before mpy_init.
// Specification: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.sheader.html (.init_array); .ctors is older, and runs backwards.

import type { Starter } from '../arch/architecture.ts';
import { addendOf, Editor } from './edit-pieces.ts';
import type { LinkedObject, Piece, PieceRelocation, Program, Target } from './program.ts';

/** Makes code that calls them, and then mpy_init, and makes that the entry. */
export function callConstructors(program: Program): void {
  const { entry, arch, constructors } = program;
  if (!entry?.piece.object || constructors.length === 0) return;
  const calls = [...constructors].sort(byPriority).flatMap((piece) => callsOf(program, piece));
  const { object } = entry.piece;
  const editor = new Editor(program);
  const piece = starterPiece(arch.starter, calls, { kind: 'piece', ...entry }, object, editor);
  editor.add(piece);
  editor.finish();
  program.entry = { piece, offset: arch.oddFunctions ? 1 : 0 };
}

/** Lower numbers first, those without a number last. */
function byPriority(a: Piece, b: Piece): number {
  return priorityOf(a) - priorityOf(b);
}

const leastUrgent = 65_535;

function priorityOf({ name }: Piece): number {
  const number = /\.(\d+)$/.exec(name)?.[1];
  if (number === undefined) return leastUrgent;
  return isBackwards(name) ? leastUrgent - Number(number) : Number(number);
}

const isBackwards = (name: string) => name.startsWith('.ctors');

function callsOf(program: Program, piece: Piece): Target[] {
  const { object, name, relocations } = piece;
  if (!object) return [];
  const ordered = [...relocations].sort((a, b) => (isBackwards(name) ? b.offset - a.offset : a.offset - b.offset));
  return ordered.map((relocation) => moved(object.targets[relocation.symbol], addendOf(program, piece, relocation)));
}

const moved = (target: Target, by: number): Target =>
  target.kind === 'piece' ? { ...target, offset: target.offset + by } : target;

function starterPiece(
  { before, call, between, jump, after, align }: Starter,
  calls: readonly Target[],
  entry: Target,
  object: LinkedObject,
  editor: Editor,
): Piece {
  const code = [...before];
  const relocations: PieceRelocation[] = [];
  const add = (way: Starter['call'], target: Target) => {
    const symbol = editor.symbol(object, '', target);
    relocations.push({ offset: code.length + way.place, type: way.type, symbol, addend: way.addend });
    code.push(...way.code);
  };
  for (const target of calls) add(call, target);
  code.push(...between);
  add(jump, entry);
  code.push(...after);
  return {
    name: '(calls of constructors)',
    content: 'text',
    space: 'text',
    size: code.length,
    align,
    data: Uint8Array.from(code),
    relocations,
    object,
    isMade: true,
    tableWords: [],
    address: 0,
  };
}
