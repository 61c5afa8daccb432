// Fifth stage: fills in addresses. What is known now (a distance within one block) is written; what only the loader knows (an
// address) becomes a relocation of the module.

import type { Field, RelocationRow } from '../arch/architecture.ts';
import type { Where } from '../diagnostic.ts';
import type { ObjectRelocation } from '../elf/object-file.ts';
import type { Relocation, RelocationTarget } from '../mpy/module.ts';
import {
  acrossSpaces,
  discardedTarget,
  externalDirect,
  misaligned,
  narrowAddress,
  outOfRange,
  relocationIntoBss,
  relocationPastEnd,
  staticBss,
  unknownRelocation,
  unsupportedRelocation,
  weakDirect,
  wordMisaligned,
} from './errors.ts';
import type { Got } from './got.ts';
import type { Layout } from './layout.ts';
import type { Piece, Program, Target } from './program.ts';
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
  return {
    text: relocator.text,
    rodata: relocator.rodata,
    bssSize: layout.bssSize,
    relocations: relocator.relocations,
  };
}

/** One relocation being applied, for the steps below and their messages. */
interface Site {
  readonly piece: Piece;
  readonly relocation: ObjectRelocation;
  readonly name: string;
  readonly field: Field;
  readonly target: Target;
  /** P: in the space of its piece. */
  readonly address: number;
  readonly addend: number;
}

class Relocator {
  readonly text: Uint8Array;
  readonly rodata: Uint8Array;
  readonly relocations: Relocation[] = [];
  private readonly unreached = new Set<string>();
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
    for (const { target, offset } of this.got.slots) {
      const address = this.got.piece.address + offset;
      this.writeWord(
        address,
        target.kind === 'piece' ? target.piece.address + target.offset : target.kind === 'absolute' ? target.value : 0,
      );
      const wanted = loaderTarget(target);
      if (wanted) this.wantAddress(address, this.got.piece, wanted);
    }
  }

  /** Asks the loader to add the target's address to the word at `address` of the piece's space. */
  wantAddress(address: number, piece: Piece, target: RelocationTarget): void {
    this.relocations.push({ base: piece.space === 'rodata' ? 'rodata' : 'text', offset: address, target });
  }

  apply(piece: Piece, relocation: ObjectRelocation): void {
    const { arch, diagnostics } = this.program;
    const row = arch.relocations[relocation.type];
    const where = (): Where => this.where(piece, relocation);
    if (!row) diagnostics.push(unknownRelocation(relocation.type, arch.name, where()));
    else if ('why' in row) diagnostics.push(unsupportedRelocation(row, this.symbolName(piece, relocation), where()));
    else if (row.formula !== 'none') this.applyRow(piece, relocation, row as ValueRow);
  }

  private applyRow(piece: Piece, relocation: ObjectRelocation, row: ValueRow): void {
    const { diagnostics } = this.program;
    const { field, name } = row;
    if (piece.space === 'bss') {
      diagnostics.push(relocationIntoBss(name, this.where(piece, relocation)));
      return;
    }
    if (relocation.offset + field.bytes > piece.size) {
      diagnostics.push(relocationPastEnd(name, field.bytes, piece.size, this.where(piece, relocation)));
      return;
    }
    const target = piece.object?.targets[relocation.symbol] ?? { kind: 'nothing' };
    const address = piece.address + relocation.offset;
    const addend = relocation.addend ?? field.read(this.viewOf(piece), address);
    const site: Site = { piece, relocation, name, field, target, address, addend };
    switch (row.formula) {
      case 'S + A':
        return this.absolute(site);
      case 'S + A - P':
        return this.distance(site, (s) => s + addend - address);
      case 'S + A - GOT':
        return this.distance(site, (s) => s + addend - this.got.piece.address);
      case 'GOT + A - P':
        return this.write(site, this.got.piece.address + addend - address);
      case 'G + A':
        return this.throughGot(site, (g) => g + addend);
      case 'G + GOT + A - P':
        return this.throughGot(site, (g) => g + this.got.piece.address + addend - address);
    }
  }

  private absolute(site: Site): void {
    const { target, piece, field, address, addend } = site;
    const { arch, diagnostics } = this.program;
    if (target.kind === 'absolute') return this.write(site, target.value + addend);
    if (target.kind === 'weak-undefined') return this.write(site, addend);
    const wanted = loaderTarget(target);
    if (!wanted) return this.discarded(site);
    if (field.bytes !== arch.wordSize) {
      diagnostics.push(
        narrowAddress(
          site.name,
          this.symbolName(piece, site.relocation),
          field.bytes,
          arch.wordSize,
          this.where(piece, site.relocation),
        ),
      );
      return;
    }
    if (address % arch.wordSize !== 0) {
      diagnostics.push(
        wordMisaligned(
          site.name,
          this.symbolName(piece, site.relocation),
          address,
          arch.wordSize,
          this.where(piece, site.relocation),
        ),
      );
      return;
    }
    this.write(site, (target.kind === 'piece' ? target.piece.address + target.offset : 0) + addend);
    this.wantAddress(address, piece, wanted);
  }

  /** A value that depends on where the symbol is relative to text: both must be in one block. */
  private distance(site: Site, value: (s: number) => number): void {
    const { target, piece, name, relocation } = site;
    const { diagnostics } = this.program;
    const found =
      target.kind === 'entry' && target.stub
        ? { piece: target.stub, offset: 0 }
        : target.kind === 'piece'
          ? target
          : undefined;
    if (found && found.piece.space === piece.space) return this.write(site, value(found.piece.address + found.offset));
    const symbol = this.symbolName(piece, relocation);
    const where = this.where(piece, relocation);
    if (found) {
      if (found.piece.space === 'bss') this.unreachable(site, where);
      else diagnostics.push(acrossSpaces(name, symbol, piece.space, found.piece.space, where));
    } else if (target.kind === 'nothing') this.discarded(site);
    else
      diagnostics.push(
        target.kind === 'weak-undefined' ? weakDirect(name, symbol, where) : externalDirect(name, symbol, where),
      );
  }

  /** Told once for each variable of an object: the mend is the same for all of its uses. */
  private unreachable(site: Site, where: Where): void {
    const names = variablesMeant(site.piece, site.relocation, site.addend);
    const key = JSON.stringify([where.file, names]);
    if (this.unreached.has(key)) return;
    this.unreached.add(key);
    this.program.diagnostics.push(staticBss(site.name, names, where));
  }

  private throughGot(site: Site, value: (g: number) => number): void {
    const slot = this.got.slotOf(site.piece.object as NonNullable<Piece['object']>, site.relocation.symbol);
    if (!slot || site.target.kind === 'nothing') return this.discarded(site);
    this.write(site, value(slot.offset));
  }

  private discarded(site: Site): void {
    const symbol = this.symbolName(site.piece, site.relocation);
    // An undefined symbol is reported once, by name, when symbols are resolved.
    const { object } = site.piece;
    const referred = object?.file.symbols[site.relocation.symbol];
    if (referred?.place === 'undefined' && referred.index !== 0) return;
    if (referred?.place === 'section' && object?.refused.has(referred.section)) return;
    this.program.diagnostics.push(discardedTarget(site.name, symbol, this.where(site.piece, site.relocation)));
  }

  private write(site: Site, computed: number): void {
    const { field, piece, relocation, name } = site;
    // Addresses of 32 bits wrap around, so a distance has one meaning as a signed number.
    const value = this.program.arch.elfClass === 32 && field.range[1] <= 0x7fff_ffff ? computed | 0 : computed;
    if (value < field.range[0] || value > field.range[1]) {
      this.program.diagnostics.push(
        outOfRange(name, field, value, this.symbolName(piece, relocation), this.where(piece, relocation)),
      );
    } else if (value % field.align !== 0) {
      this.program.diagnostics.push(
        misaligned(name, field, value, this.symbolName(piece, relocation), this.where(piece, relocation)),
      );
    } else {
      field.write(this.viewOf(piece), site.address, value);
    }
  }

  private writeWord(address: number, value: number): void {
    if (this.program.arch.wordSize === 4) this.views.text.setUint32(address, value >>> 0, true);
    else this.views.text.setBigInt64(address, BigInt(value), true);
  }

  private viewOf(piece: Piece): DataView {
    return piece.space === 'rodata' ? this.views.rodata : this.views.text;
  }

  private symbolName(piece: Piece, relocation: ObjectRelocation): string {
    return piece.object?.file.symbols[relocation.symbol]?.name || '(no symbol)';
  }

  private where(piece: Piece, relocation: ObjectRelocation): Where {
    return { file: piece.object?.file.path, section: piece.name, offset: relocation.offset };
  }
}

type ValueRow = Extract<RelocationRow, { field: Field }>;

/** What the loader adds to a word that holds this target's address; undefined when it adds nothing. */
function loaderTarget(target: Target): RelocationTarget | undefined {
  switch (target.kind) {
    case 'piece':
      return { kind: target.piece.space };
    case 'entry':
      return { kind: 'entry', index: target.index };
    case 'table':
    case 'qstr-table':
    case 'obj-table':
      return { kind: target.kind };
    default:
      return undefined;
  }
}
