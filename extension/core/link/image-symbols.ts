// Names for the debug image: functions and variables of the objects with their files, and what the linker made itself.
// Mapping symbols tell disassemblers what is code and what is data: ELF for the Arm Architecture,
// https://github.com/ARM-software/abi-aa/blob/main/aaelf32/aaelf32.rst; RISC-V ELF psABI, the same with $x.

import { machines } from '../elf/constants.ts';
import type { ObjectSymbol } from '../elf/object-file.ts';
import type { ElfSymbol } from '../elf/write-elf.ts';
import type { LinkedObject, Piece, Program, Space } from './program.ts';

/** Order of the image's sections that are in memory. */
export const imageSpaces: readonly Space[] = ['text', 'rodata', 'bss'];

export type BlockAddresses = Readonly<Record<Space, number>>;

/**
 * @param kept pieces that have a place
 * @param jumpSize bytes of the jump to mpy_init
 */
export function imageSymbols(
  program: Program,
  addresses: BlockAddresses,
  kept: ReadonlySet<Piece>,
  jumpSize: number,
): ElfSymbol[] {
  const symbols: ElfSymbol[] = imageSpaces.map((space, section) => ({
    name: '',
    value: addresses[space],
    size: 0,
    binding: 'local',
    type: 'section',
    section,
  }));
  const made = new Maker(program, addresses);
  const add = (more: Iterable<ElfSymbol>) => {
    for (const symbol of more) symbols.push(symbol);
  };
  add(made.ofLinker(jumpSize));
  const taken = new Set<string>();
  for (const object of program.objects) add(made.ofObject(object, kept, taken));
  add([...made.mapping(symbols)]);
  return symbols;
}

class Maker {
  constructor(
    private readonly program: Program,
    private readonly addresses: BlockAddresses,
  ) {}

  /** An assembler's own labels are left out; its mapping symbols are not. */
  *ofObject(object: LinkedObject, kept: ReadonlySet<Piece>, taken: Set<string>): Iterable<ElfSymbol> {
    for (const symbol of object.file.symbols) {
      const { name, type, binding, size } = symbol;
      // Labels of the debug information, mostly.
      if (name === '' || (symbol.place === 'section' && !object.pieces[symbol.section])) continue;
      if (type === 'file') {
        yield { name, value: 0, size: 0, binding: 'local', type, section: undefined };
        continue;
      }
      if ((type !== 'function' && type !== 'object' && type !== 'none') || name.startsWith('.L')) continue;
      const place = placeOf(object, symbol);
      if (!place || place.piece.isLiterals || !kept.has(place.piece)) continue;
      // Several weak definitions, and GCC's helpers for x86, have one name: the first one has it for all.
      // A variable that is not local GDB looks for by its name among all modules, and takes the first one's.
      const isLocal =
        binding === 'local' || type === 'object' || taken.has(name) || isOverridden(object, symbol, place.piece);
      if (!isLocal) taken.add(name);
      yield {
        ...this.at(place.piece, place.offset),
        name,
        size,
        binding: isLocal ? 'local' : binding,
        type,
        hidden: !isLocal && symbol.hidden,
      };
    }
  }

  *ofLinker(jumpSize: number): Iterable<ElfSymbol> {
    const { pieces, arch } = this.program;
    const odd = arch.oddFunctions ? 1 : 0;
    if (jumpSize > 0) {
      const value = this.addresses.text + odd;
      yield { name: 'mpy_init@plt', value, size: jumpSize, binding: 'local', type: 'function', section: 0 };
    }
    for (const piece of pieces) {
      if ((piece.object && !piece.isMade) || piece.size === 0) continue;
      const jumpTo = /^\((?:jump to|call of) (.+)\)$/.exec(piece.name)?.[1];
      const name = piece.name.replace(/^\(|\)$/g, '').replaceAll(' ', '_');
      const start = piece.start ?? 0;
      yield jumpTo === undefined && piece.content !== 'text'
        ? { ...this.at(piece, 0), name, size: piece.size, binding: 'local', type: 'object' }
        : {
            ...this.at(piece, start + odd),
            name: jumpTo === undefined ? name : `${jumpTo}@plt`,
            size: piece.size - start,
            binding: 'local',
            type: 'function',
          };
    }
  }

  /** Where the objects have none: at the starts of pieces and in what the linker made. */
  *mapping(symbols: readonly ElfSymbol[]): Iterable<ElfSymbol> {
    const code = { [machines.arm]: '$t', [machines.riscv]: '$x' }[this.program.arch.machine];
    if (code === undefined) return;
    const known = new Set(symbols.filter(({ name }) => /^\$[atdx]/.test(name)).map(({ value }) => value));
    const mark = (name: string, value: number): ElfSymbol[] => {
      if (known.has(value)) return [];
      known.add(value);
      return [{ name, value, size: 0, binding: 'local', type: 'none', section: 0 }];
    };
    const { text } = this.addresses;
    const pieces = this.program.pieces.filter(({ space, size }) => space === 'text' && size > 0);
    for (const piece of pieces) {
      const isCode = piece.content === 'text';
      for (const { offset } of piece.tableWords) yield* mark('$d', text + piece.address + offset);
      yield* mark(isCode ? code : '$d', text + piece.address + (piece.start ?? 0));
    }
    yield* mark(code, text);
  }

  private at(piece: Piece, offset: number): Pick<ElfSymbol, 'value' | 'section'> {
    return { value: this.addresses[piece.space] + piece.address + offset, section: imageSpaces.indexOf(piece.space) };
  }
}

/** A common symbol, too, has a place once it is linked. */
function placeOf(object: LinkedObject, symbol: ObjectSymbol): { piece: Piece; offset: number } | undefined {
  if (symbol.place === 'section') {
    const piece = object.pieces[symbol.section];
    return piece && { piece, offset: symbol.value };
  }
  const target = symbol.place === 'common' ? object.targets[symbol.index] : undefined;
  return target?.kind === 'piece' ? target : undefined;
}

/** Whether another object's definition serves in place of this weak one. */
function isOverridden(object: LinkedObject, symbol: ObjectSymbol, piece: Piece): boolean {
  const target = object.targets[symbol.index];
  return symbol.binding === 'weak' && target?.kind === 'piece' && target.piece !== piece;
}
