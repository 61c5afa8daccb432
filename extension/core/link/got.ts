// Third stage: the global offset table, words in the module's text that the loader fills with addresses. Code compiled with
// -fpic reaches through it everything whose distance is not known before loading.

import type { RelocationRow } from '../arch/architecture.ts';
import { gatherLiterals } from './literals.ts';
import type { LinkedObject, Piece, Program, Space, Target } from './program.ts';
import { newTable, type Slot, Slots, setSize } from './table.ts';

export interface Got {
  readonly piece: Piece;
  /** In the order of their offsets. */
  readonly slots: readonly Slot[];
  /** The slot that a relocation against this symbol uses. */
  slotOf(object: LinkedObject, symbol: number, addend?: number): Slot | undefined;
}

/** Makes the table for all relocations and literals that want an entry; adds its piece, and one of literals, to the program. */
export function buildGot(program: Program): Got {
  const { arch, compat } = program;
  const piece = newTable(program, '(global offset table)');
  const slots = new Slots(piece, compat !== undefined);
  const literals = arch.literalSections ? gatherLiterals(program, slots) : undefined;
  const wanted = new Set(compat ? arch.reference.gotRelocations : []);
  for (const { object, relocations } of program.pieces) {
    if (!object) continue;
    for (const relocation of relocations) {
      const row = arch.relocations[relocation.type];
      if (!row) continue;
      if (relocation.throughGot) slots.add(object, relocation.symbol, relocation.addend ?? 0);
      if (needsSlot(row) || (wanted.has(relocation.type) && object.file.symbols[relocation.symbol].binding !== 'local'))
        slots.add(object, relocation.symbol, 0);
    }
  }
  if (arch.keepsBlock && !compat) keepBlock(program, slots);
  // Slots of one kind lie together, so that one relocation record serves a run of them.
  const ordered = slots.all.sort((a, b) => rank(a.target) - rank(b.target));
  ordered.forEach((slot, index) => {
    slot.offset = index * arch.wordSize;
  });
  setSize(piece, ordered.length, arch.wordSize);
  // Literals lie before the code that loads them.
  if (literals) program.pieces.unshift(piece, literals);
  else program.pieces.push(piece);
  return { piece, slots: ordered, slotOf: (object, symbol, addend = 0) => slots.find(object, symbol, addend) };
}

/**
 * The collector of a port that keeps code in its heap frees the variables when the code does not hold the address of their
 * allocation: a pointer into the middle does not count.
 */
function keepBlock({ pieces }: Program, slots: Slots): void {
  const first = (space: Space) => pieces.find((piece) => piece.space === space && piece.size > 0);
  const head = first('bss') ?? first('rodata');
  if (!head) return;
  const isKept = slots.all.some(
    ({ target, addend }) => target.kind === 'piece' && target.piece === head && target.offset + addend === 0,
  );
  if (!isKept) slots.addUnnamed({ kind: 'piece', piece: head, offset: 0 });
}

export function needsSlot(row: RelocationRow): boolean {
  return 'formula' in row && (row.formula === 'G + A' || row.formula === 'G + GOT + A - P');
}

function rank(target: Target): number {
  if (target.kind !== 'piece') return 0;
  return { text: 1, rodata: 2, data: 2, bss: 3 }[target.piece.content];
}
