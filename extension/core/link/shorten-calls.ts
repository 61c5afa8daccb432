// Third stage: calls that compilers give room for any distance become shorter instructions where the function is near, in code
// whose assembler left all distances to the linker (RISC-V, R_RISCV_RELAX).
// Specification: "Linker Relaxation" in https://github.com/riscv-non-isa/riscv-elf-psabi-doc/blob/master/riscv-elf.adoc

import type { CallShortening, RelocationRow } from '../arch/architecture.ts';
import { moveObject } from './cut-pieces.ts';
import { Cuts } from './cuts.ts';
import { viewOf } from './edit-pieces.ts';
import { layOut } from './layout.ts';
import type { Piece, PieceRelocation, Program } from './program.ts';

/** Each round brings functions nearer to each other. */
const mostRounds = 8;

/** Changes pieces of code, which must be in their final order, before all constants. */
export function shortenCalls(program: Program): void {
  const shortening = program.arch.callShortening;
  if (!shortening) return;
  const pieces = program.pieces.filter(
    (piece) =>
      piece.content === 'text' &&
      ((piece.object?.file.flags ?? 0) & shortening.flags) === shortening.flags &&
      isMovable(program, piece),
  );
  const marked = new Map(pieces.map((piece) => [piece, marksOf(piece, shortening)]));
  for (let round = 0; round < mostRounds; round++) {
    if (!layOut(program)) return;
    const slack = slackOf(program);
    const cuts = new Map<Piece, Cuts>();
    for (const piece of pieces) {
      const made = shorten(piece, marked.get(piece) as Marks, shortening, slack);
      if (made) cuts.set(piece, made);
    }
    if (cuts.size === 0) return;
    for (const object of program.objects) moveObject(object, cuts);
    const { entry } = program;
    const cut = entry && cuts.get(entry.piece);
    if (cut) program.entry = { ...entry, offset: cut.move(entry.offset) };
  }
}

/** Relocations that stand for calls which may be shortened. */
type Marks = Set<PieceRelocation>;

function marksOf({ relocations }: Piece, { types, mark }: CallShortening): Marks {
  const places = new Set(relocations.filter(({ type }) => type === mark).map(({ offset }) => offset));
  return new Set(relocations.filter(({ type, offset }) => types.includes(type) && places.has(offset)));
}

/** Alignment inside holds as long as nothing before it goes. */
function isMovable({ arch }: Program, { relocations }: Piece): boolean {
  return relocations.every(({ type, offset }) => !isPadding(arch.relocations[type]) || offset === 0);
}

const isPadding = (row: RelocationRow | undefined) => row !== undefined && 'nops' in row;

/** By how much alignment may still push code apart, when other code gets shorter. */
function slackOf({ pieces }: Program): number {
  return pieces.reduce(
    (sum, { content, space, align }) => (content === 'text' && space === 'text' ? sum + align - 1 : sum),
    0,
  );
}

function shorten(piece: Piece, marks: Marks, { size, shorten }: CallShortening, slack: number): Cuts | undefined {
  const { object } = piece;
  const cuts = new Cuts();
  const view = viewOf(piece);
  const shorter = new Map<PieceRelocation, PieceRelocation>();
  const codes: (readonly [offset: number, code: Uint8Array])[] = [];
  for (const relocation of [...marks].sort((a, b) => a.offset - b.offset)) {
    const { offset, symbol, addend } = relocation;
    const target = object?.targets[symbol];
    const place = target?.kind === 'entry' ? target.stub : target?.kind === 'piece' ? target.piece : undefined;
    if (!place || place.space !== piece.space || offset + size > piece.size) continue;
    const start = target?.kind === 'piece' ? target.offset : (place.start ?? 0);
    const made = shorten(view, offset, place.address + start + (addend ?? 0) - piece.address - offset, slack);
    if (!made) continue;
    marks.delete(relocation);
    cuts.add(offset + made.code.length, offset + size);
    codes.push([offset, made.code]);
    shorter.set(relocation, { ...relocation, type: made.type });
  }
  if (codes.length === 0) return undefined;
  const data = Uint8Array.from(piece.data);
  for (const [offset, code] of codes) data.set(code, offset);
  piece.data = cuts.apply(data);
  piece.size = piece.data.length;
  piece.relocations = piece.relocations.map((relocation) => {
    const moved = { ...(shorter.get(relocation) ?? relocation), offset: cuts.move(relocation.offset) };
    if (marks.delete(relocation)) marks.add(moved);
    return moved;
  });
  return cuts;
}
