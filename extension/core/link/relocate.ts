// Fifth stage: fills in addresses. What is known now (a distance within one block) is written; what only the loader knows (an
// address) becomes a relocation of the module.

import type { Field, ValueRow } from '../arch/architecture.ts';
import type { Where } from '../diagnostic.ts';
import type { Relocation, RelocationTarget } from '../mpy/module.ts';
import { Differences } from './differences.ts';
import type { Got } from './got.ts';
import type { Layout } from './layout.ts';
import type { Piece, PieceRelocation, Program, Target } from './program.ts';
import {
  acrossSpaces,
  addressInCode,
  carriedLower,
  copyTarget,
  discardedTarget,
  externalDirect,
  fixedDirect,
  literalMissing,
  loneLower,
  misaligned,
  narrowAddress,
  outOfRange,
  relocationIntoBss,
  relocationPastEnd,
  staticBss,
  unexpectedBytes,
  unknownRelocation,
  unknownSize,
  unsupportedRelocation,
  weakDirect,
  wordMisaligned,
} from './relocation-errors.ts';
import { addressOf, loaderTarget, pieceOf, wordFor } from './target-address.ts';
import { variablesMeant } from './variables.ts';

export interface Image {
  readonly text: Uint8Array;
  readonly rodata: Uint8Array;
  readonly bssSize: number;
  readonly relocations: readonly Relocation[];
}

export function relocate(program: Program, got: Got, layout: Layout): Image {
  const relocator = new Relocator(program, got, layout);
  relocator.fillGot();
  for (const piece of program.pieces) {
    for (const word of piece.tableWords)
      relocator.wantAddress(piece.address + word.offset, piece, { kind: 'entry', index: word.entry });
    for (const relocation of piece.relocations) relocator.apply(piece, relocation);
  }
  relocator.applyLower();
  relocator.applyDifferences();
  return {
    text: relocator.text,
    rodata: relocator.rodata,
    bssSize: layout.bssSize,
    relocations: program.compat ? relocator.relocations : byPlace(relocator.relocations),
  };
}

/** A record behind its predecessor needs no offset. */
function byPlace(relocations: readonly Relocation[]): Relocation[] {
  return [...relocations].sort((a, b) => (a.base === b.base ? a.offset - b.offset : a.base === 'text' ? -1 : 1));
}

/** One relocation being applied, for the steps below and their messages. */
export interface Site {
  readonly piece: Piece;
  readonly relocation: PieceRelocation;
  readonly name: string;
  readonly field: Field;
  readonly target: Target;
  /** P: in the space of its piece. */
  readonly address: number;
  readonly addend: number;
}

/** Finding names takes time; a hostile object may have a fault in every word. */
const mostNamed = 1000;

class Relocator {
  readonly text: Uint8Array;
  readonly rodata: Uint8Array;
  readonly relocations: Relocation[] = [];
  /** Variables out of reach that have been reported. */
  private readonly unreached = new Set<string>();
  /** Their names, by symbol and addend. */
  private readonly named = new Map<Piece, Map<string, string[]>>();
  /** Values whose lower half is in another instruction, by the place of the upper; undefined: wrong, which is reported. */
  private readonly uppers = new Map<Piece, Map<number, number | undefined>>();
  /** Lower halves may come before the upper, so they wait for all of these. */
  private readonly lowers: Site[] = [];
  private readonly differences = new Differences();
  private readonly views: { readonly text: DataView; readonly rodata: DataView };

  constructor(
    private readonly program: Program,
    private readonly got: Got,
    layout: Layout,
  ) {
    this.text = new Uint8Array(layout.textSize);
    this.rodata = new Uint8Array(layout.rodataSize);
    this.views = { text: new DataView(this.text.buffer), rodata: new DataView(this.rodata.buffer) };
    this.text.set(layout.jump);
    for (const piece of program.pieces) if (piece.space !== 'bss') this[piece.space].set(piece.data, piece.address);
  }

  fillGot(): void {
    for (const { target, offset, addend } of this.got.slots) {
      const address = this.got.piece.address + offset;
      this.writeWord(address, wordFor(target, addend));
      const wanted = loaderTarget(target);
      if (wanted) this.wantAddress(address, this.got.piece, wanted);
    }
  }

  /** Asks the loader to add the target's address to the word at `address` of the piece's space. */
  wantAddress(address: number, piece: Piece, target: RelocationTarget): void {
    this.relocations.push({ base: piece.space === 'rodata' ? 'rodata' : 'text', offset: address, target });
  }

  apply(piece: Piece, relocation: PieceRelocation): void {
    const { arch, diagnostics } = this.program;
    const row = arch.relocations[relocation.type];
    const isMoved =
      piece.movedWords?.has(relocation.offset) && (piece.address + relocation.offset) % arch.wordSize !== 0;
    // Where it was, no load can want it.
    if (isMoved) return;
    const where = (): Where => this.where(piece, relocation);
    if (!row) diagnostics.push(unknownRelocation(relocation.type, arch.name, where()));
    else if ('why' in row) {
      if (!this.isRefused(piece, relocation))
        diagnostics.push(unsupportedRelocation(row, this.symbolName(piece, relocation), where()));
      // Reported is the upper half; the lower ones that go with it are no further fault.
      this.keepUpper(piece, relocation, undefined);
    } else if (row.formula !== 'none' && row.formula !== 'padding') this.applyRow(piece, relocation, row);
  }

  private applyRow(piece: Piece, relocation: PieceRelocation, row: ValueRow): void {
    const field = this.fieldAt(piece, relocation, row);
    if (!field) return;
    const target = piece.object?.targets[relocation.symbol] ?? { kind: 'nothing' };
    const address = piece.address + relocation.offset;
    const inPlace = relocation.addend === undefined || row.addendInPlace ? field.read(this.viewOf(piece), address) : 0;
    const addend = (relocation.addend ?? 0) + inPlace;
    const site: Site = { piece, relocation, name: row.name, field, target, address, addend };
    const value = this.evaluate(site, row.formula);
    const isGood = value !== undefined && this.write(site, value);
    if (row.upper || relocation.makesAddress)
      this.keepUpper(piece, relocation, isGood ? (relocation.makesAddress ? 0 : value) : undefined);
  }

  private keepUpper(piece: Piece, { offset }: PieceRelocation, value: number | undefined): void {
    const values = this.uppers.get(piece) ?? new Map<number, number | undefined>();
    this.uppers.set(piece, values.set(offset, value));
  }

  /** @returns undefined, and reports it, when the place has no such field. */
  private fieldAt(piece: Piece, relocation: PieceRelocation, row: ValueRow): Field | undefined {
    const { diagnostics } = this.program;
    if (piece.space === 'bss') {
      diagnostics.push(relocationIntoBss(row.name, this.where(piece, relocation)));
      return undefined;
    }
    const fits = (bytes: number) => {
      if (relocation.offset + bytes <= piece.size) return true;
      diagnostics.push(relocationPastEnd(row.name, bytes, piece.size, this.where(piece, relocation)));
      return false;
    };
    if (!fits(row.field.bytes)) return undefined;
    if (!('choose' in row.field)) return row.field;
    const field = row.field.choose(this.viewOf(piece), piece.address + relocation.offset);
    if (!field) diagnostics.push(unexpectedBytes(row.name, row.field, this.where(piece, relocation)));
    return field && fits(field.bytes) ? field : undefined;
  }

  /** @returns the value to write; undefined when it is known later (see `lowers`, `differences`) or never, which is reported. */
  private evaluate(site: Site, formula: ValueRow['formula']): number | undefined {
    const { address, addend, field } = site;
    switch (formula) {
      case 'S + A':
        return this.absolute(site);
      case 'known S + A':
        return this.known(site);
      case 'S + A - P':
        if (site.relocation.throughGot) return this.distanceToSlot(site);
        return this.distance(site, (s) => s + addend - (field.origin?.(address) ?? address));
      case 'S + A - GOT':
        return this.distance(site, (s) => s + addend - this.got.piece.address);
      case 'GOT + A - P':
        return this.got.piece.address + addend - address;
      case 'G + A':
        return this.throughGot(site, (g) => g + addend);
      case 'G + GOT + A - P':
        return this.throughGot(site, (g) => g + this.got.piece.address + addend - address);
      case 'Z + A':
        return this.size(site, (z) => z + addend);
      case 'V(S) + A':
        this.lowers.push(site);
        return undefined;
      case '0 + S + A':
      case 'V + S + A':
      case 'V - S - A': {
        const s = site.target.kind === 'absolute' ? site.target.value : this.placed(site);
        if (s !== undefined) this.differences.add(site, formula[0] === '0', formula[2] === '-' ? -1 : 1, s);
        return undefined;
      }
    }
  }

  applyLower(): void {
    const { diagnostics } = this.program;
    for (const site of this.lowers) {
      const { piece, relocation, target, addend, name } = site;
      const uppers = target.kind === 'piece' ? this.uppers.get(target.piece) : undefined;
      const value = target.kind === 'piece' ? uppers?.get(target.offset) : undefined;
      if (value === undefined) {
        if (target.kind !== 'piece' || !uppers?.has(target.offset))
          diagnostics.push(loneLower(name, this.symbolName(piece, relocation), this.where(piece, relocation)));
      } else if (roundUpper(value) !== roundUpper(value + addend)) {
        diagnostics.push(carriedLower(name, addend, value, this.where(piece, relocation)));
      } else {
        this.write(site, value + addend);
      }
    }
  }

  applyDifferences(): void {
    for (const { site, isSet, sum, isWhole } of this.differences.all()) {
      const { piece, relocation, name, field, address } = site;
      if (isWhole) this.write(site, sum + (isSet ? 0 : field.read(this.viewOf(piece), address)));
      else
        this.program.diagnostics.push(
          addressInCode(name, this.symbolName(piece, relocation), this.where(piece, relocation)),
        );
    }
  }

  private absolute(site: Site): number | undefined {
    const { target, piece, field, address, addend, name, relocation } = site;
    const { arch, diagnostics } = this.program;
    if (target.kind === 'absolute') return target.value + addend;
    if (target.kind === 'weak-undefined') return addend;
    const wanted = loaderTarget(target);
    if (!wanted) return this.discarded(site);
    const symbol = this.symbolName(piece, relocation);
    if (field.bytes !== arch.wordSize)
      diagnostics.push(narrowAddress(name, symbol, field.bytes, arch.wordSize, this.where(piece, relocation)));
    else if (address % arch.wordSize !== 0)
      diagnostics.push(
        wordMisaligned(name, symbol, address, arch.wordSize, piece.content === 'text', this.where(piece, relocation)),
      );
    else {
      this.wantAddress(address, piece, wanted);
      return wordFor(target, addend);
    }
    return undefined;
  }

  /** An address that an instruction takes, where no word is for the loader to relocate. */
  private known(site: Site): number | undefined {
    const { target, piece, name, relocation, addend } = site;
    if (target.kind === 'absolute') return target.value + addend;
    if (target.kind === 'weak-undefined') return addend;
    if (target.kind === 'nothing') return this.discarded(site);
    this.program.diagnostics.push(
      addressInCode(name, this.symbolName(piece, relocation), this.where(piece, relocation)),
    );
    return undefined;
  }

  /** A value that depends on where the symbol is relative to the place: both must be in one block. */
  private distance(site: Site, value: (s: number) => number): number | undefined {
    const { target, piece, name, relocation, addend } = site;
    const found = pieceOf(target, addend);
    if (!found || found.space === piece.space) {
      const s = this.placed(site);
      return s === undefined ? undefined : value(s);
    }
    const symbol = this.symbolName(piece, relocation);
    const where = this.where(piece, relocation);
    if (found.content === 'bss' || found.content === 'data') this.unreachable(site, where);
    else this.program.diagnostics.push(acrossSpaces(name, symbol, piece.space, found.space, where));
    return undefined;
  }

  /** Told once for each variable of an object: the mend is the same for all of its uses. */
  private unreachable(site: Site, where: Where): void {
    const many = this.unreached.size > mostNamed;
    const names = many ? [this.symbolName(site.piece, site.relocation)] : this.variablesOf(site);
    const key = JSON.stringify([where.file, names]);
    if (this.unreached.has(key)) return;
    this.unreached.add(key);
    this.program.diagnostics.push(staticBss(site.name, names, where));
  }

  private variablesOf({ piece, relocation, addend }: Site): string[] {
    const known = this.named.get(piece) ?? new Map<string, string[]>();
    this.named.set(piece, known);
    const key = `${relocation.symbol} ${addend}`;
    let names = known.get(key);
    if (!names) known.set(key, (names = variablesMeant(piece, relocation, addend)));
    return names;
  }

  /** S of a symbol with a place in the module; reports any other. */
  private placed(site: Site): number | undefined {
    const { target, piece, name, relocation, addend } = site;
    const { diagnostics } = this.program;
    const s = addressOf(target, addend);
    if (s !== undefined) return s;
    if (target.kind === 'got') return this.got.piece.address;
    if (target.kind === 'nothing') return this.discarded(site);
    const symbol = this.symbolName(piece, relocation);
    const where = this.where(piece, relocation);
    diagnostics.push(
      target.kind === 'piece'
        ? literalMissing(name, target.piece.name, target.offset + addend, where)
        : target.kind === 'weak-undefined'
          ? weakDirect(name, symbol, where)
          : target.kind === 'absolute'
            ? fixedDirect(name, symbol, target.value, where)
            : externalDirect(name, symbol, where),
    );
    return undefined;
  }

  /** In place of the distance to a variable: see `placeVariables`. */
  private distanceToSlot({ piece, relocation, address, addend, field }: Site): number | undefined {
    const slot = piece.object && this.got.slotOf(piece.object, relocation.symbol, addend);
    return slot && this.got.piece.address + slot.offset - (field.origin?.(address) ?? address);
  }

  private throughGot(site: Site, value: (g: number) => number): number | undefined {
    const slot = this.got.slotOf(site.piece.object as NonNullable<Piece['object']>, site.relocation.symbol);
    if (!slot || site.target.kind === 'nothing') return this.discarded(site);
    return value(slot.offset);
  }

  private size(site: Site, value: (z: number) => number): number | undefined {
    const { target, piece, name, relocation } = site;
    if (target.kind === 'nothing') return this.discarded(site);
    if (target.kind === 'piece' || target.kind === 'absolute') return value(target.size ?? 0);
    this.program.diagnostics.push(unknownSize(name, this.symbolName(piece, relocation), this.where(piece, relocation)));
    return undefined;
  }

  private discarded(site: Site): undefined {
    const symbol = this.symbolName(site.piece, site.relocation);
    // An undefined or common symbol is reported once, by name, when symbols are resolved.
    const referred = site.piece.object?.file.symbols[site.relocation.symbol];
    if (referred?.place === 'common' || (referred?.place === 'undefined' && referred.index !== 0)) return;
    if (this.isRefused(site.piece, site.relocation)) return;
    const kept = referred?.place === 'section' ? site.piece.object?.copies.get(referred.section) : undefined;
    if (kept !== undefined) {
      this.program.diagnostics.push(copyTarget(site.name, symbol, kept, this.where(site.piece, site.relocation)));
      return;
    }
    this.program.diagnostics.push(discardedTarget(site.name, symbol, this.where(site.piece, site.relocation)));
  }

  /** Whether the symbol is in a section that is reported as such. */
  private isRefused({ object }: Piece, relocation: PieceRelocation): boolean {
    const referred = object?.file.symbols[relocation.symbol];
    return referred?.place === 'section' && object?.refused.has(referred.section) === true;
  }

  /** @returns whether the value fits, which is reported otherwise. */
  private write(site: Site, computed: number): boolean {
    const { field, piece, relocation, name } = site;
    const { arch, diagnostics } = this.program;
    // Addresses of 32 bits wrap around, so a distance has one meaning as a signed number.
    const value = arch.elfClass === 32 && field.range[1] <= 0x7fff_ffff ? computed | 0 : computed;
    const isInRange = value >= field.range[0] && value <= field.range[1];
    if (isInRange && value % field.align === 0) {
      field.write(this.viewOf(piece), site.address, value);
      return true;
    }
    const wrong = isInRange ? misaligned : outOfRange;
    diagnostics.push(wrong(name, field, value, this.symbolName(piece, relocation), this.where(piece, relocation)));
    return false;
  }

  private writeWord(address: number, value: number): void {
    if (this.program.arch.wordSize === 4) this.views.text.setUint32(address, value >>> 0, true);
    else this.views.text.setBigInt64(address, BigInt(value), true);
  }

  private viewOf(piece: Piece): DataView {
    return piece.space === 'rodata' ? this.views.rodata : this.views.text;
  }

  private symbolName(piece: Piece, relocation: PieceRelocation): string {
    return piece.object?.file.symbols[relocation.symbol]?.name || '(no symbol)';
  }

  private where(piece: Piece, relocation: PieceRelocation): Where {
    return { file: piece.object?.file.path, section: piece.name, offset: relocation.offset };
  }
}

/** The upper half of a value in the module's code as RISC-V splits it. */
const roundUpper = (value: number) => Math.floor((value + 0x800) / 0x1000);
