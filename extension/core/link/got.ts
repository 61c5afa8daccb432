// Third stage: the global offset table, words in the module's text that the loader fills with addresses. Code compiled with
// -fpic reaches through it everything whose distance is not known before loading.

import type { RelocationRow } from '../arch/architecture.ts';
import type { ObjectSymbol } from '../elf/object-file.ts';
import type { LinkedObject, Piece, Program, Target } from './program.ts';

export interface Got {
  readonly piece: Piece;
  /** In the order of their offsets. */
  readonly slots: readonly Slot[];
  /** The slot that a relocation against this symbol uses. */
  slotOf(object: LinkedObject, symbol: number): Slot | undefined;
}

export interface Slot {
  readonly target: Target;
  /** In bytes from the start of the table. */
  offset: number;
}

/** Makes the table for all relocations that want an entry and appends its piece to the program. */
export function buildGot(program: Program): Got {
  const slots = new Map<string, Slot>();
  const wanted = new Set(program.compat ? program.arch.reference.gotRelocations : []);
  for (const piece of program.pieces) {
    if (!piece.object) continue;
    for (const relocation of piece.relocations) {
      const symbol = piece.object.file.symbols[relocation.symbol];
      const row = program.arch.relocations[relocation.type];
      if (!row || !(needsSlot(row) || (wanted.has(relocation.type) && symbol.binding !== 'local'))) continue;
      const key = slotKey(program, piece.object, symbol);
      const target = piece.object.targets[relocation.symbol];
      if (target.kind !== 'got' && !slots.has(key)) slots.set(key, { target, offset: 0 });
    }
  }
  // Slots of one kind lie together, so that one relocation record serves a run of them.
  const ordered = [...slots.values()].sort((a, b) => rank(a.target) - rank(b.target));
  ordered.forEach((slot, index) => {
    slot.offset = index * program.arch.wordSize;
  });
  const size = ordered.length * program.arch.wordSize;
  const piece: Piece = {
    name: '(global offset table)',
    content: 'text',
    space: 'text',
    size,
    // The reference linker aligns for its table even when that is empty.
    align: size > 0 || program.compat ? program.arch.wordSize : 1,
    data: new Uint8Array(size),
    relocations: [],
    object: undefined,
    tableWords: [],
    address: 0,
  };
  program.pieces.push(piece);
  return {
    piece,
    slots: ordered,
    slotOf: (object, symbol) => slots.get(slotKey(program, object, object.file.symbols[symbol])),
  };
}

export function needsSlot(row: RelocationRow): boolean {
  return 'formula' in row && (row.formula === 'G + A' || row.formula === 'G + GOT + A - P');
}

/** A global name means one thing in the whole program, a local one only in its object. */
function slotKey(program: Program, object: LinkedObject, symbol: ObjectSymbol): string {
  return symbol.binding === 'local' ? `${program.objects.indexOf(object)} ${symbol.index}` : symbol.name;
}

function rank(target: Target): number {
  if (target.kind !== 'piece') return 0;
  return { text: 1, rodata: 2, bss: 3 }[target.piece.content];
}
