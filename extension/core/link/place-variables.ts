// Third stage: finds each variable a block that the code reaches. Compilers take variables for neighbours of the code and count
// the distance, but the loader allocates them apart: where code reaches a variable so, either it moves into the code's block,
// or the instructions are changed to load its address from the global offset table.

import type { RelocationRow, ValueRow } from '../arch/architecture.ts';
import type { ObjectSymbol } from '../elf/object-file.ts';
import type { LinkedObject, Piece, PieceRelocation, Program, Target } from './program.ts';
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
  const names = file.symbols
    .filter(
      ({ place, section, size }) =>
        place === 'section' && size >= arch.wordSize && piece === piece.object?.pieces[section],
    )
    .map(({ name }) => name);
  if (names.length > 0) diagnostics.push(uncollected(names, arch.name, { file: file.path, section: piece.name }));
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
    } else editor.detour(piece, relocation);
  }
  editor.finish();
}

function loadOf({ piece, relocation, row }: Lower) {
  return relocation.addend === 0 ? row.loadInstead?.(viewOf(piece), relocation.offset) : undefined;
}

/** Changes pieces, each copied once. */
class Editor {
  private readonly bytes = new Map<Piece, DataView>();
  private readonly replaced = new Map<Piece, Map<PieceRelocation, PieceRelocation>>();
  private readonly symbols = new Map<LinkedObject, { name: string; target: Target }[]>();
  private readonly detours: Piece[] = [];

  constructor(private readonly program: Program) {}

  bytesOf(piece: Piece): DataView {
    let view = this.bytes.get(piece);
    if (!view) {
      // The object's bytes are the caller's.
      piece.data = Uint8Array.from(piece.data);
      this.bytes.set(piece, (view = viewOf(piece)));
    }
    return view;
  }

  replace(piece: Piece, relocation: PieceRelocation, by: PieceRelocation): void {
    let replaced = this.replaced.get(piece);
    if (!replaced) this.replaced.set(piece, (replaced = new Map()));
    replaced.set(relocation, by);
  }

  detour(piece: Piece, relocation: PieceRelocation): void {
    const { offset, symbol, addend } = relocation;
    const { detour } = this.program.arch;
    const made = detour?.make(viewOf(piece), offset);
    const { object } = piece;
    if (!detour || !made || !object) return;
    const name = `(detour to ${object.file.symbols[symbol].name})`;
    const place = this.newDetour(name, made.code, detour.align, object);
    const start = this.symbol(object, name, { kind: 'piece', piece: place, offset: 0 });
    const back = this.symbol(object, '', { kind: 'piece', piece, offset: offset + detour.size });
    const [upper, lower, jump] = detour.parts.map(([at, type]) => ({ offset: at, type }));
    place.relocations = [
      { ...upper, symbol, addend, throughGot: true },
      { ...lower, symbol: start, addend: 0 },
      { ...jump, symbol: back, addend: 0 },
    ];
    new Uint8Array(this.bytesOf(piece).buffer).set(made.jump, offset);
    this.replace(piece, relocation, { offset, type: detour.jumpType, symbol: start, addend: 0, makesAddress: true });
  }

  private newDetour(name: string, data: Uint8Array, align: number, object: LinkedObject): Piece {
    const piece: Piece = {
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
    };
    this.detours.push(piece);
    return piece;
  }

  /** @returns its index */
  private symbol(object: LinkedObject, name: string, target: Target): number {
    let symbols = this.symbols.get(object);
    if (!symbols) this.symbols.set(object, (symbols = []));
    return object.file.symbols.length + symbols.push({ name, target }) - 1;
  }

  finish(): void {
    for (const [piece, replaced] of this.replaced)
      piece.relocations = piece.relocations.map((relocation) => replaced.get(relocation) ?? relocation);
    for (const [object, made] of this.symbols) {
      const { file } = object;
      const symbols = made.map(({ name }, at) => madeSymbol(file.symbols.length + at, name));
      object.file = { ...file, symbols: [...file.symbols, ...symbols] };
      object.targets = [...object.targets, ...made.map(({ target }) => target)];
    }
    this.program.pieces = this.program.pieces.concat(this.detours);
  }
}

const madeSymbol = (index: number, name: string): ObjectSymbol => ({
  index,
  name,
  value: 0,
  size: 0,
  binding: 'local',
  type: 'none',
  hidden: true,
  place: 'undefined',
  section: 0,
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

interface Lower {
  readonly piece: Piece;
  readonly relocation: PieceRelocation;
  readonly row: ValueRow;
}

/** Instructions with lower halves, by the place of the upper. */
function lowersOf(program: Program): Map<Piece, Map<number, Lower[]>> {
  const lowers = new Map<Piece, Map<number, Lower[]>>();
  for (const piece of program.pieces)
    for (const relocation of piece.relocations) {
      const row = rowOf(program, relocation);
      const target = piece.object?.targets[relocation.symbol];
      if (row?.formula !== 'V(S) + A' || target?.kind !== 'piece') continue;
      const places = lowers.get(target.piece) ?? new Map<number, Lower[]>();
      lowers.set(target.piece, places);
      const users = places.get(target.offset);
      if (users) users.push({ piece, relocation, row });
      else places.set(target.offset, [{ piece, relocation, row }]);
    }
  return lowers;
}

function rowOf(program: Program, { type }: PieceRelocation): ValueRow | undefined {
  const row: RelocationRow | undefined = program.arch.relocations[type];
  return row && 'field' in row ? row : undefined;
}

const viewOf = ({ data }: Piece) => new DataView(data.buffer, data.byteOffset, data.byteLength);
