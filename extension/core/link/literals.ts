// Part of the third stage, for code that loads words from behind itself (Xtensa): words from all literal sections, merged.
// Addresses become slots of the global offset table, numbers a table of their own, each once.

import type { ValueRow } from '../arch/architecture.ts';
import type { ObjectRelocation } from '../elf/object-file.ts';
import { addendOf, viewOf } from './edit-pieces.ts';
import type { Piece, Program, Target, Word } from './program.ts';
import { brokenLiterals, literalRelocation } from './relocation-errors.ts';
import { newTable, type Slots, setSize, type Table } from './table.ts';

/** Sets `movedWords` of the pieces that literals come from. @returns the table of numbers; addresses are in `slots`. */
export function gatherLiterals(program: Program, slots: Slots): Piece {
  const gatherer = new Gatherer(program, slots);
  for (const section of program.literalSections) gatherer.takeSection(section);
  for (const piece of program.pieces) gatherer.takeLoads(piece);
  return gatherer.finish();
}

class Gatherer {
  private readonly table: Table;
  private readonly numbers = new Map<number, Word>();
  private readonly passed = new Set<Piece>();
  private readonly addresses = new Map<Piece, ReadonlyMap<number, ObjectRelocation>>();
  /** Places of words that something refers to; undefined: all are taken. */
  private readonly wanted: ReadonlyMap<Piece, ReadonlySet<number>> | undefined;

  constructor(
    private readonly program: Program,
    private readonly slots: Slots,
  ) {
    this.table = newTable(program, '(literals)');
    this.wanted = program.isShrunk ? wantedWords(program) : undefined;
  }

  takeSection(section: Piece): void {
    const { diagnostics, arch } = this.program;
    const where = { file: section.object?.file.path, section: section.name };
    const isWanted = (offset: number) => !this.wanted || this.wanted.get(section)?.has(offset);
    section.movedWords = new Map();
    if (section.data.length % arch.wordSize !== 0) {
      diagnostics.push(brokenLiterals(section.data.length, arch.wordSize, where));
      return;
    }
    // Addresses first: that is the reference linker's order of slots.
    for (const relocation of section.relocations) {
      const { offset, type } = relocation;
      const row = arch.relocations[type];
      if (row && 'formula' in row && row.formula === 'none') continue;
      if (!isWanted(offset)) continue;
      if (this.addressRow(relocation) && offset % arch.wordSize === 0) this.take(section, offset, relocation);
      else diagnostics.push(literalRelocation(row?.name ?? `type ${type}`, { ...where, offset }));
    }
    for (let offset = 0; offset < section.data.length; offset += arch.wordSize)
      if (!section.movedWords.has(offset) && isWanted(offset)) this.take(section, offset, undefined);
  }

  /** Clang 22 puts literals at the end of the section before, whatever that is: a load can't reach all of them there. */
  takeLoads(piece: Piece): void {
    const { relocations } = this.program.arch;
    this.passed.add(piece);
    const view = viewOf(piece);
    for (const { type, offset, symbol, addend } of piece.relocations) {
      const row = relocations[type];
      if (!piece.object || !row || !('field' in row) || !('choose' in row.field)) continue;
      if (offset + row.field.bytes > piece.size || !row.field.choose(view, offset)?.loadsWord) continue;
      const target = piece.object.targets[symbol];
      if (target.kind !== 'piece' || target.piece.isLiterals) continue;
      const place = target.offset + (addend ?? 0);
      const isBehind = target.piece === piece ? place < offset : this.passed.has(target.piece);
      const isReachable = isBehind && target.piece.space === 'text' && place % 4 === 0 && target.piece.align >= 4;
      if (isReachable || place < 0 || place + 4 > target.piece.data.length) continue;
      target.piece.movedWords ??= new Map();
      if (!target.piece.movedWords.has(place))
        this.take(target.piece, place, this.addressesOf(target.piece).get(place));
    }
  }

  finish(): Table {
    setSize(this.table, this.numbers.size, this.program.arch.wordSize);
    const view = viewOf(this.table);
    for (const [value, { offset }] of this.numbers) view.setUint32(offset, value, true);
    return this.table;
  }

  private take(piece: Piece, offset: number, relocation: ObjectRelocation | undefined): void {
    const { object } = piece;
    const word = viewOf(piece).getInt32(offset, true);
    if (!relocation || !object) {
      piece.movedWords?.set(offset, this.number(word));
      return;
    }
    const { symbol, addend } = relocation;
    const inPlace = addend === undefined || this.addressRow(relocation)?.addendInPlace ? word : 0;
    const instead = entryInstead(this.program, object.targets[symbol], addend);
    const slot = this.slots.add(object, symbol, (addend ?? 0) + inPlace, instead);
    if (slot) piece.movedWords?.set(offset, slot);
  }

  private number(word: number): Word {
    const value = word >>> 0;
    let number = this.numbers.get(value);
    if (!number) {
      number = { piece: this.table, offset: this.numbers.size * 4 };
      this.numbers.set(value, number);
    }
    return number;
  }

  private addressesOf(piece: Piece): ReadonlyMap<number, ObjectRelocation> {
    let addresses = this.addresses.get(piece);
    if (!addresses) {
      const rows = piece.relocations.filter((relocation) => this.addressRow(relocation));
      addresses = new Map(rows.map((relocation) => [relocation.offset, relocation]));
      this.addresses.set(piece, addresses);
    }
    return addresses;
  }

  /** The row of a relocation that keeps an address in a whole word; undefined for any other. */
  private addressRow({ type }: ObjectRelocation): ValueRow | undefined {
    const { relocations, wordSize } = this.program.arch;
    const row = relocations[type];
    if (!row || !('field' in row) || row.formula !== 'S + A') return undefined;
    return 'choose' in row.field || row.field.bytes !== wordSize ? undefined : row;
  }
}

/** Earlier stages may have left out loads. */
function wantedWords(program: Program): ReadonlyMap<Piece, ReadonlySet<number>> {
  const wanted = new Map<Piece, Set<number>>();
  for (const from of [...program.pieces, ...program.literalSections])
    for (const relocation of from.relocations) {
      const target = from.object?.targets[relocation.symbol];
      if (target?.kind !== 'piece' || !target.piece.isLiterals) continue;
      const places = wanted.get(target.piece) ?? new Set();
      wanted.set(target.piece, places.add(target.offset + addendOf(program, from, relocation)));
    }
  return wanted;
}

/** For the address of an entry of the function table the reference linker's literals hold the entry's value. */
function entryInstead(program: Program, target: Target, addend: number | undefined): Target | undefined {
  if (!program.compat || target.kind !== 'table' || addend === undefined || addend <= 0) return undefined;
  return { kind: 'entry', index: Math.floor(addend / program.arch.wordSize), stub: undefined };
}
