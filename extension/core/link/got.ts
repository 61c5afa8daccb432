// Third stage: the global offset table, words in the module's text that the loader fills with addresses. Code compiled with
// -fpic reaches through it everything whose distance is not known before loading. Where code loads words from literal
// sections (Xtensa) these are merged: addresses into the table, numbers behind it, each once.

import type { RelocationRow, ValueRow } from '../arch/architecture.ts';
import type { ObjectRelocation } from '../elf/object-file.ts';
import { brokenLiterals, literalRelocation } from './errors.ts';
import type { LinkedObject, Piece, Program, Target, Word } from './program.ts';

export interface Got {
  readonly piece: Piece;
  /** In the order of their offsets. */
  readonly slots: readonly Slot[];
  /** The slot that a relocation against this symbol uses. */
  slotOf(object: LinkedObject, symbol: number): Slot | undefined;
}

export interface Slot extends Word {
  readonly target: Target;
  readonly addend: number;
  offset: number;
}

/** Makes the table for all relocations and literals that want an entry; adds its piece, and one of literals, to the program. */
export function buildGot(program: Program): Got {
  const { arch, compat } = program;
  const piece = newTable(program, '(global offset table)');
  const slots = new Slots(piece);
  const numbers = new Numbers(newTable(program, '(literals)'));
  for (const section of program.literalSections) mergeLiterals(program, section, slots, numbers);
  const wanted = new Set(compat && !arch.literalSections ? arch.reference.gotRelocations : []);
  for (const { object, relocations } of program.pieces) {
    if (!object) continue;
    for (const relocation of relocations) {
      const row = arch.relocations[relocation.type];
      if (!row) continue;
      if (needsSlot(row) || (wanted.has(relocation.type) && object.file.symbols[relocation.symbol].binding !== 'local'))
        slots.add(object, relocation.symbol, 0);
    }
  }
  // Slots of one kind lie together, so that one relocation record serves a run of them.
  const ordered = slots.all.sort((a, b) => rank(a.target) - rank(b.target));
  ordered.forEach((slot, index) => {
    slot.offset = index * arch.wordSize;
  });
  setSize(piece, ordered.length, arch.wordSize);
  setSize(numbers.piece, numbers.words.size, arch.wordSize);
  const view = new DataView(numbers.piece.data.buffer);
  for (const [value, { offset }] of numbers.words) view.setUint32(offset, value, true);
  if (arch.literalSections) program.pieces.unshift(piece, numbers.piece);
  else program.pieces.push(piece);
  return { piece, slots: ordered, slotOf: (object, symbol) => slots.find(object, symbol, 0) };
}

export function needsSlot(row: RelocationRow): boolean {
  return 'formula' in row && (row.formula === 'G + A' || row.formula === 'G + GOT + A - P');
}

/** A global name means one thing in the whole program, a local symbol only in its object. */
class Slots {
  readonly all: Slot[] = [];
  private readonly global = new Map<string, Slot>();
  private readonly local = new Map<LinkedObject, Map<string, Slot>>();

  constructor(private readonly piece: Piece) {}

  find(object: LinkedObject, symbol: number, addend: number): Slot | undefined {
    const [slots, key] = this.keyOf(object, symbol, addend);
    return slots.get(key);
  }

  /** @param target what the slot holds the address of, when it is not what the symbol stands for */
  add(object: LinkedObject, symbol: number, addend: number, target?: Target): Slot | undefined {
    if (object.targets[symbol].kind === 'got') return undefined;
    const [slots, key] = this.keyOf(object, symbol, addend);
    let slot = slots.get(key);
    if (!slot) {
      slot = { piece: this.piece, target: target ?? object.targets[symbol], addend: target ? 0 : addend, offset: 0 };
      slots.set(key, slot);
      this.all.push(slot);
    }
    return slot;
  }

  private keyOf(object: LinkedObject, symbol: number, addend: number): [Map<string, Slot>, string] {
    const { binding, name } = object.file.symbols[symbol];
    const key = `${binding === 'local' ? symbol : name}${addend === 0 ? '' : `+${addend}`}`;
    if (binding !== 'local') return [this.global, key];
    let slots = this.local.get(object);
    if (!slots) this.local.set(object, (slots = new Map()));
    return [slots, key];
  }
}

/** Literals that are no addresses, by value. */
class Numbers {
  readonly words = new Map<number, Word>();

  constructor(readonly piece: Table) {}

  add(value: number): Word {
    let word = this.words.get(value);
    if (!word) {
      word = { piece: this.piece, offset: this.words.size * 4 };
      this.words.set(value, word);
    }
    return word;
  }
}

function mergeLiterals(program: Program, section: Piece, slots: Slots, numbers: Numbers): void {
  const { object, literals } = section;
  if (!object || !literals) return;
  const { wordSize } = program.arch;
  const where = { file: object.file.path, section: section.name };
  if (section.data.length % wordSize !== 0) {
    program.diagnostics.push(brokenLiterals(section.data.length, wordSize, where));
    return;
  }
  const view = new DataView(section.data.buffer, section.data.byteOffset, section.data.byteLength);
  for (const relocation of section.relocations) {
    const { offset, symbol, addend } = relocation;
    const row = addressRow(program, relocation);
    if (row === 'none') continue;
    if (!row || offset % wordSize !== 0) {
      const name = program.arch.relocations[relocation.type]?.name ?? `type ${relocation.type}`;
      program.diagnostics.push(literalRelocation(name, { ...where, offset }));
      continue;
    }
    const inPlace = addend === undefined || row.addendInPlace ? view.getInt32(offset, true) : 0;
    const slot = slots.add(
      object,
      symbol,
      (addend ?? 0) + inPlace,
      entryInstead(program, object.targets[symbol], addend),
    );
    if (slot) literals.set(offset, slot);
  }
  for (let offset = 0; offset < section.data.length; offset += wordSize)
    if (!literals.has(offset)) literals.set(offset, numbers.add(view.getUint32(offset, true)));
}

/** For the address of an entry of the function table the reference linker's literals hold the entry's value. */
function entryInstead(program: Program, target: Target, addend: number | undefined): Target | undefined {
  if (!program.compat || target.kind !== 'table' || addend === undefined || addend <= 0) return undefined;
  return { kind: 'entry', index: Math.floor(addend / program.arch.wordSize), stub: undefined };
}

/** The row of a relocation that keeps an address in a whole word; undefined for any other. */
function addressRow(program: Program, relocation: ObjectRelocation): ValueRow | 'none' | undefined {
  const row = program.arch.relocations[relocation.type];
  if (!row || !('formula' in row)) return undefined;
  if (row.formula === 'none') return 'none';
  return row.formula === 'S + A' && 'bytes' in row.field && row.field.bytes === program.arch.wordSize ? row : undefined;
}

/** Its size is known when all words are. */
interface Table extends Piece {
  size: number;
  align: number;
  data: Uint8Array;
}

function newTable(program: Program, name: string): Table {
  return {
    name,
    content: 'text',
    space: 'text',
    size: 0,
    // The reference linker aligns for its tables even when they are empty.
    align: program.compat ? program.arch.wordSize : 1,
    data: new Uint8Array(0),
    relocations: [],
    object: undefined,
    tableWords: [],
    literals: undefined,
    address: 0,
  };
}

function setSize(table: Table, words: number, wordSize: number): void {
  if (words === 0) return;
  table.size = words * wordSize;
  table.align = wordSize;
  table.data = new Uint8Array(table.size);
}

function rank(target: Target): number {
  if (target.kind !== 'piece') return 0;
  return { text: 1, rodata: 2, bss: 3 }[target.piece.content];
}
