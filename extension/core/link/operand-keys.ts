// Part of the third stage: whether two instructions with relocations mean the same, wherever they are.

import type { Rearranging } from '../arch/architecture.ts';
import { addendOf, viewOf } from './edit-pieces.ts';
import { literalOf } from './flow.ts';
import type { Piece, PieceRelocation, Program, Target } from './program.ts';

export class OperandKeys {
  private readonly numbers = new Map<Piece, number>();

  constructor(
    private readonly program: Program,
    private readonly rearranging: Rearranging,
  ) {}

  /** @returns equal texts for calls of one function, and for loads of one literal; undefined for anything else */
  keyOf(piece: Piece, relocation: PieceRelocation): string | undefined {
    const view = viewOf(piece);
    const effect = this.rearranging.operation(view, relocation.offset)?.effect;
    const target = piece.object?.targets[relocation.symbol];
    if (!target) return undefined;
    if (effect?.kind === 'call') {
      const called = this.nameOf(target, addendOf(this.program, piece, relocation));
      return called && `call ${called}`;
    }
    if (effect?.kind !== 'literal') return undefined;
    const held = literalOf(this.program, piece, relocation);
    const loaded = held ? this.nameOf(held.target, held.addend) : this.numberIn(piece, relocation, target);
    return loaded && `load ${effect.to} ${loaded}`;
  }

  private nameOf(target: Target, addend: number): string | undefined {
    if (Number.isNaN(addend)) return undefined;
    switch (target.kind) {
      case 'piece':
        return `piece ${this.numberOf(target.piece)} ${target.offset + addend}`;
      case 'entry':
        return `entry ${target.index} ${target.stub !== undefined} ${addend}`;
      case 'table':
        return `table ${(target.offset ?? 0) + addend}`;
      case 'qstr-table':
      case 'obj-table':
        return `${target.kind} ${addend}`;
      default:
        return undefined;
    }
  }

  private numberOf(piece: Piece): number {
    const number = this.numbers.get(piece) ?? this.numbers.size;
    this.numbers.set(piece, number);
    return number;
  }

  /** A literal without a relocation. */
  private numberIn(piece: Piece, relocation: PieceRelocation, target: Target): string | undefined {
    if (target.kind !== 'piece' || !target.piece.isLiterals) return undefined;
    const place = target.offset + addendOf(this.program, piece, relocation);
    const isPlain = target.piece.relocations.every(({ offset }) => offset !== place);
    return isPlain && place >= 0 && place + 4 <= target.piece.data.length
      ? `number ${viewOf(target.piece).getUint32(place, true)}`
      : undefined;
  }
}
