// Where everything of a module is, for those who want to see it: pieces in the order of their addresses, the global offset
// table, and what was relocated.

import type { ObjectSymbol } from '../elf/object-file.ts';
import type { Got } from './got.ts';
import type { Layout } from './layout.ts';
import { startOf } from './places.ts';
import type { Piece, Program, Space, Target } from './program.ts';

export interface LinkMap {
  /** Bytes of the jump to mpy_init before everything else. */
  readonly jump: number;
  readonly pieces: readonly MapPiece[];
  /** Entries of the global offset table. */
  readonly slots: readonly { readonly address: number; readonly holds: string }[];
  readonly relocations: readonly MapRelocation[];
}

export interface MapPiece {
  readonly space: Space;
  /** Offset into its space, in bytes, as are all addresses here. */
  readonly address: number;
  readonly size: number;
  readonly align: number;
  /** Section, or what the linker calls its own. */
  readonly name: string;
  /** Undefined for what the linker made. */
  readonly object: string | undefined;
  /** Functions and variables in it, in the order of their addresses. */
  readonly symbols: readonly { readonly name: string; readonly address: number; readonly size: number }[];
  /** Why it is in, in words. */
  readonly why: string;
}

export interface MapRelocation {
  readonly space: Space;
  readonly address: number;
  readonly type: string;
  readonly symbol: string;
  readonly meaning: string;
}

export function mapOf(program: Program, got: Got, layout: Layout): LinkMap {
  const symbolsOf = symbolsByPiece(program);
  const pieces = program.pieces
    .filter((piece) => piece.size > 0)
    .map((piece) => ({
      space: piece.space,
      address: piece.address,
      size: piece.size,
      align: piece.align,
      name: piece.name,
      object: piece.isMade ? undefined : piece.object?.file.path,
      symbols: namesIn(piece, symbolsOf.get(piece) ?? []),
      why: reasonFor(piece),
    }));
  const slots = got.slots.map(({ offset, target, addend }) => ({
    address: got.piece.address + offset,
    holds: describeTarget(program, target) + (addend === 0 ? '' : ` + ${addend}`),
  }));
  const relocations = program.pieces.flatMap(({ space, address, relocations: all, object }) =>
    all.map(({ offset, type, symbol }) => ({
      space,
      address: address + offset,
      type: program.arch.relocations[type]?.name ?? `type ${type}`,
      symbol: object?.file.symbols[symbol]?.name || '(no symbol)',
      meaning: describeTarget(program, object?.targets[symbol] ?? { kind: 'nothing' }),
    })),
  );
  return { jump: layout.jump.length, pieces, slots, relocations };
}

/** Functions and variables, in the order of their objects' tables. */
function symbolsByPiece({ objects }: Program): Map<Piece, ObjectSymbol[]> {
  const found = new Map<Piece, ObjectSymbol[]>();
  for (const { file, pieces } of objects) {
    for (const symbol of file.symbols) {
      const piece = symbol.place === 'section' ? pieces[symbol.section] : undefined;
      if (!piece || (symbol.type !== 'function' && symbol.type !== 'object')) continue;
      const others = found.get(piece);
      if (others) others.push(symbol);
      else found.set(piece, [symbol]);
    }
  }
  return found;
}

function namesIn({ object, address }: Piece, symbols: readonly ObjectSymbol[]): MapPiece['symbols'] {
  const names = symbols.map((symbol) => ({
    name: symbol.name,
    address: address + startOf(object!.file, symbol),
    size: symbol.size,
  }));
  return names.sort((a, b) => a.address - b.address);
}

function reasonFor({ object, isMade }: Piece): string {
  if (!object || isMade) return 'made by the linker';
  const { wantedFor, isFallback } = object;
  if (isFallback) return 'nothing else defines it';
  return wantedFor ? `${wantedFor.symbol} is wanted by ${wantedFor.by}` : 'object of the module';
}

function describeTarget(program: Program, target: Target): string {
  switch (target.kind) {
    case 'piece': {
      const { space, address, isLiterals } = target.piece;
      return isLiterals ? `literals+${hex(target.offset)}` : `${space}+${hex(address + target.offset)}`;
    }
    case 'absolute':
      return hex(target.value);
    case 'entry':
      return `mp_fun_table[${target.index}] (${program.request.abi.funTable[target.index]})`;
    case 'table':
      return target.offset ? `mp_fun_table+${hex(target.offset)}` : 'mp_fun_table';
    case 'qstr-table':
      return 'qstr table';
    case 'obj-table':
      return 'object table';
    case 'got':
      return 'global offset table';
    case 'weak-undefined':
      return '0 (weak)';
    case 'nothing':
      return 'nothing';
  }
}

function hex(value: number): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
