// Changes to the code and data of objects between the stages: each piece is copied once, because an object's bytes are the
// caller's, and new symbols and relocations are put in at the end, when no stage walks through the old ones.

import type { ObjectSymbol } from '../elf/object-file.ts';
import { rowOf } from './lower-halves.ts';
import type { LinkedObject, Piece, PieceRelocation, Program, Target } from './program.ts';

export class Editor {
  private readonly bytes = new Map<Piece, DataView>();
  private readonly replaced = new Map<Piece, Map<PieceRelocation, PieceRelocation>>();
  private readonly symbols = new Map<LinkedObject, { name: string; target: Target }[]>();
  private readonly added: Piece[] = [];

  constructor(private readonly program: Program) {}

  /** The piece's own bytes, to be written to. */
  bytesOf(piece: Piece): DataView {
    let view = this.bytes.get(piece);
    if (!view) {
      piece.data = Uint8Array.from(piece.data);
      this.bytes.set(piece, (view = viewOf(piece)));
    }
    return view;
  }

  /** Nothing is left of an addend that the relocated field itself holds. */
  clearAddend(piece: Piece, relocation: PieceRelocation): void {
    const row = rowOf(this.program, relocation);
    if (row && 'write' in row.field && (relocation.addend === undefined || row.addendInPlace))
      row.field.write(this.bytesOf(piece), relocation.offset, 0);
  }

  replace(piece: Piece, relocation: PieceRelocation, by: PieceRelocation): void {
    let replaced = this.replaced.get(piece);
    if (!replaced) this.replaced.set(piece, (replaced = new Map()));
    replaced.set(relocation, by);
  }

  /** @returns the new symbol's index */
  symbol(object: LinkedObject, name: string, target: Target): number {
    let symbols = this.symbols.get(object);
    if (!symbols) this.symbols.set(object, (symbols = []));
    return object.file.symbols.length + symbols.push({ name, target }) - 1;
  }

  add(piece: Piece): void {
    this.added.push(piece);
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
    this.program.pieces = this.program.pieces.concat(this.added);
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

export const viewOf = ({ data }: Piece) => new DataView(data.buffer, data.byteOffset, data.byteLength);

/** @returns NaN where the relocated field is not one that holds an addend */
export function addendOf(program: Program, from: Piece, relocation: PieceRelocation): number {
  const row = rowOf(program, relocation);
  const isInPlace = relocation.addend === undefined || row?.addendInPlace;
  const field =
    row && 'read' in row.field && relocation.offset + row.field.bytes <= from.data.length ? row.field : undefined;
  return (relocation.addend ?? 0) + (isInPlace ? (field?.read(viewOf(from), relocation.offset) ?? Number.NaN) : 0);
}
