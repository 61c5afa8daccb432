// Third stage, once variables and constants have their order: an address that code loads out of the global offset table takes a
// word there. Where a register holds another address of the same block, it is counted from that one; for several, one is kept in
// a register that the function does not need. Only in code whose registers are known for sure (Xtensa's compiled code).

import type { Rearranging } from '../arch/architecture.ts';
import { AddressLoads, Places } from './address-loads.ts';
import { cutPieces } from './cut-pieces.ts';
import { Cuts } from './cuts.ts';
import { addendOf, Editor, viewOf } from './edit-pieces.ts';
import type { Piece, PieceRelocation, Program } from './program.ts';
import { readFunctions } from './read-functions.ts';

export function deriveAddresses(program: Program): void {
  const { rearranging } = program.arch;
  if (!rearranging) return;
  const places = new Places(program);
  const all = readFunctions(program, rearranging)
    .map(({ piece, code }) => new AddressLoads(piece, code, places, rearranging))
    .filter(({ loads }) => loads.size > 0);
  for (const each of all) each.countFromKnown();
  for (const each of all) each.keepInRegisters();
  new Rewriter(program, rearranging).rewrite(all);
}

class Rewriter {
  private readonly editor: Editor;

  constructor(
    private readonly program: Program,
    private readonly rearranging: Rearranging,
  ) {
    this.editor = new Editor(program);
  }

  rewrite(loaded: readonly AddressLoads[]): void {
    const all = new Map<Piece, Cuts>();
    const added = new Map<Piece, PieceRelocation[]>();
    for (const loads of loaded) {
      const { piece, counted, code: old } = loads;
      const { cuts, added: more } = this.changesOf(loads);
      if (counted.size === 0 || !this.branchesReach(loads, cuts)) continue;
      const bytes = new Uint8Array(this.editor.bytesOf(piece).buffer);
      const gone = new Set<number>();
      for (const [index, { code }] of counted) {
        bytes.set(code, old[index].at);
        gone.add(old[index].at);
      }
      piece.relocations = piece.relocations.filter(({ offset }) => !gone.has(offset));
      all.set(piece, cuts);
      added.set(piece, more);
    }
    cutPieces(this.program, all);
    for (const [piece, more] of added) piece.relocations = [...piece.relocations, ...more];
  }

  /** @returns with relocations at their new places */
  private changesOf({ code, counted, kept, relocationFor }: AddressLoads) {
    const cuts = new Cuts();
    const added: PieceRelocation[] = [];
    for (const [index, { at, size }] of code.entries()) {
      for (const { before, register, place } of kept) {
        const relocation = before === index ? relocationFor(place) : undefined;
        if (!relocation) continue;
        const load = this.rearranging.addresses.load(register);
        added.push({ ...relocation, offset: at - cuts.removed, type: load.type });
        cuts.insert(at, Uint8Array.from(load.code));
      }
      const short = counted.get(index)?.code;
      if (short && short.length < size) cuts.add(at + short.length, at + size);
    }
    return { cuts, added };
  }

  /** What was put in may have come between a branch and where it goes. */
  private branchesReach({ piece, code, kept }: AddressLoads, cuts: Cuts): boolean {
    if (kept.length === 0) return true;
    const view = viewOf(piece);
    return code.every(({ at, operation: { effect }, relocation }) => {
      const row = relocation && this.program.arch.relocations[relocation.type];
      const target = relocation && piece.object?.targets[relocation.symbol];
      if ((effect?.kind !== 'branch' && effect?.kind !== 'jump') || !row || target?.kind !== 'piece') return true;
      const field = 'field' in row ? ('choose' in row.field ? row.field.choose(view, at) : row.field) : undefined;
      if (!field || target.piece !== piece) return false;
      const to = target.offset + addendOf(this.program, piece, relocation);
      const distance = cuts.move(to) - cuts.move(at);
      return distance >= field.range[0] && distance <= field.range[1];
    });
  }
}
