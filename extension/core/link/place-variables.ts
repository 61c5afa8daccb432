// Third stage: finds each variable a block that the code reaches. Compilers take variables for neighbours of the code and count
// the distance, but the loader allocates them apart: where code reaches a variable so, either it moves into the code's block,
// or the instructions are changed to load its address from the global offset table.

import type { ValueRow } from '../arch/architecture.ts';
import { Editor, viewOf } from './edit-pieces.ts';
import { type Lower, lowersOf, rowOf } from './lower-halves.ts';
import type { LinkedObject, Piece, PieceRelocation, Program } from './program.ts';
import { uncollected } from './relocation-errors.ts';

/** Moves variables to the text block, behind all else, or changes the code that refers to them. */
export function placeVariables(program: Program): void {
  if (program.compat) return;
  if (program.arch.variablesInText) moveToText(program);
  else loadAddresses(program);
}

function moveToText(program: Program): void {
  const neighbours = new Map<Piece, Piece[]>();
  const join = (piece: Piece, other: Piece) => {
    const known = neighbours.get(piece);
    if (known) known.push(other);
    else neighbours.set(piece, [other]);
  };
  for (const piece of program.pieces)
    for (const { target } of distancesOf(program, piece)) {
      join(piece, target);
      join(target, piece);
    }
  const moved = new Set<Piece>();
  const reachFrom = (piece: Piece) => {
    for (const other of neighbours.get(piece) ?? []) if (other.space !== 'text') moved.add(other);
  };
  for (const piece of program.pieces) if (piece.space === 'text') reachFrom(piece);
  // A set is walked in order of insertion, what is added during the walk included.
  for (const piece of moved) reachFrom(piece);
  for (const piece of moved) piece.space = 'text';
  if (program.arch.variablesInText === 'uncollected') for (const piece of moved) warnOfPointers(program, piece);
  program.pieces = [...program.pieces.filter((piece) => !moved.has(piece)), ...moved];
}

function warnOfPointers({ arch, diagnostics }: Program, piece: Piece): void {
  const file = piece.object?.file;
  if (!file || piece.align < arch.wordSize) return;
  const variables = file.symbols.filter(
    ({ place, section, size }) =>
      place === 'section' && size >= arch.wordSize && piece === piece.object?.pieces[section],
  );
  if (variables.length === 0) return;
  const names = variables.map(({ name }) => name);
  const where = { file: file.path, section: piece.name, offset: variables[0].value };
  diagnostics.push(uncollected(names, arch.name, where));
}

function loadAddresses(program: Program): void {
  const apart: Distance[] = program.pieces.flatMap((piece) =>
    distancesOf(program, piece).filter(({ row, target }) => row.upper && target.space !== piece.space),
  );
  if (apart.length === 0) return;
  const lowers = lowersOf(program);
  const editor = new Editor(program);
  for (const { piece, relocation } of apart) {
    const users = lowers.get(piece)?.get(relocation.offset) ?? [];
    const loads = users.map(loadOf);
    if (users.length > 0 && loads.every((load) => load !== undefined)) {
      for (const [index, load] of loads.entries()) load(editor.bytesOf(users[index].piece));
      editor.replace(piece, relocation, { ...relocation, throughGot: true });
    } else takeDetour(program, editor, piece, relocation);
  }
  editor.finish();
}

function loadOf({ piece, relocation, row }: Lower) {
  return relocation.addend === 0 ? row.loadInstead?.(viewOf(piece), relocation.offset) : undefined;
}

/** Puts a jump in place of an upper half, to code that makes the whole address. */
function takeDetour({ arch }: Program, editor: Editor, piece: Piece, relocation: PieceRelocation): void {
  const { offset, symbol, addend } = relocation;
  const { detour } = arch;
  const made = detour?.make(viewOf(piece), offset);
  const { object } = piece;
  if (!detour || !made || !object) return;
  const name = `(detour to ${object.file.symbols[symbol].name})`;
  const place = newDetour(name, made.code, detour.align, object);
  const start = editor.symbol(object, name, { kind: 'piece', piece: place, offset: 0 });
  const back = editor.symbol(object, '', { kind: 'piece', piece, offset: offset + detour.size });
  const [upper, lower, jump] = detour.parts.map(([at, type]) => ({ offset: at, type }));
  place.relocations = [
    { ...upper, symbol, addend, throughGot: true },
    { ...lower, symbol: start, addend: 0 },
    { ...jump, symbol: back, addend: 0 },
  ];
  editor.add(place);
  new Uint8Array(editor.bytesOf(piece).buffer).set(made.jump, offset);
  editor.replace(piece, relocation, { offset, type: detour.jumpType, symbol: start, addend: 0, makesAddress: true });
}

const newDetour = (name: string, data: Uint8Array, align: number, object: LinkedObject): Piece => ({
  name,
  content: 'text',
  space: 'text',
  size: data.length,
  align,
  data,
  relocations: [],
  object,
  tableWords: [],
  address: 0,
});

interface Distance {
  readonly piece: Piece;
  readonly relocation: PieceRelocation;
  readonly row: ValueRow;
  readonly target: Piece;
}

/** References of a piece to others, or to itself, that hold only where both are in one block. */
function distancesOf(program: Program, piece: Piece): Distance[] {
  return piece.relocations.flatMap((relocation) => {
    const row = rowOf(program, relocation);
    const target = piece.object?.targets[relocation.symbol];
    const isDistance = row?.formula === 'S + A - P' || row?.formula === 'S + A - GOT';
    return isDistance && target?.kind === 'piece' ? [{ piece, relocation, row, target: target.piece }] : [];
  });
}
