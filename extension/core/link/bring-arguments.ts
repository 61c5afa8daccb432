// Third stage: a constant that most calls of one function of the firmware have as an argument (the type of native_from_obj) is put
// into its register by the code that all of these calls share: until the function begins, that runs with the caller's registers.

import type { Rearranging } from '../arch/architecture.ts';
import { cutPieces } from './cut-pieces.ts';
import { Cuts } from './cuts.ts';
import { Editor, viewOf } from './edit-pieces.ts';
import type { Instruction } from './flow.ts';
import { alignUp } from './layout.ts';
import type { Piece, PieceRelocation, Program } from './program.ts';
import { type ReadFunction, readFunctions } from './read-functions.ts';

export function bringArguments(program: Program): void {
  const { rearranging } = program.arch;
  if (!rearranging) return;
  const sites = new Map<Piece, Site[]>();
  for (const read of readFunctions(program, rearranging))
    for (const site of sitesOf(read, rearranging)) sites.set(site.stub, [...(sites.get(site.stub) ?? []), site]);
  const counts = countCalls(program);
  const brought = [...sites].flatMap(([stub, all]) => choose(stub, all, counts.get(stub) ?? 0, rearranging) ?? []);
  if (brought.length > 0) rewrite(program, brought);
}

/** A call of shared code, and the instructions before it that could as well come right before. */
interface Site {
  readonly piece: Piece;
  readonly stub: Piece;
  readonly call: PieceRelocation;
  /** By their bytes. */
  readonly constants: ReadonlyMap<string, Instruction>;
}

function sitesOf({ piece, code }: ReadFunction, rearranging: Rearranging): Site[] {
  const { convention, tableCall } = rearranging;
  const view = viewOf(piece);
  return code.flatMap(({ operation: { effect }, relocation, isLabel }, index): Site[] => {
    const target = relocation && piece.object?.targets[relocation.symbol];
    if (effect?.kind !== 'call' || !relocation || target?.kind !== 'piece' || !target.piece.isMade) return [];
    if (target.piece.continuesIn === undefined || target.offset !== 0) return [];
    const constants = new Map<string, Instruction>();
    let touched = tableCall.changed;
    for (let at = index - 1, isWithin = !isLabel; at >= 0 && isWithin; at--) {
      const { operation, size, relocation: other, isLabel: isReached, next } = code[at];
      // Where it runs, it runs on to the call.
      if (operation.effect?.kind === 'call' || next.length !== 1 || next[0] !== at + 1) break;
      const { reads, writes } = operation;
      const isArgument = (writes & (convention.arguments << convention.shift)) === writes;
      const isConstant = reads === 0 && writes !== 0 && !operation.effect && !other && isArgument;
      const bytes = Array.from({ length: size }, (_, byte) => view.getUint8(code[at].at + byte));
      if (isConstant && !(touched & writes)) constants.set(bytes.join(), code[at]);
      touched |= reads | writes;
      isWithin = !isReached;
    }
    return [{ piece, stub: target.piece, call: relocation, constants }];
  });
}

interface Brought {
  readonly stub: Piece;
  /** What comes in front of the shared code; calls without the constant go behind it. */
  readonly bytes: readonly number[];
  readonly constant: string;
  readonly sites: readonly Site[];
  readonly gain: number;
}

/** @returns the constant that saves most; undefined when none does */
function choose(
  stub: Piece,
  sites: readonly Site[],
  callCount: number,
  { tableCall, nop }: Rearranging,
): Brought | undefined {
  const users = new Map<string, Site[]>();
  for (const site of sites) for (const key of site.constants.keys()) users.set(key, [...(users.get(key) ?? []), site]);
  let best: Brought | undefined;
  for (const [constant, using] of users) {
    const code = constant.split(',').map(Number);
    // Other calls begin at a multiple of the alignment, too.
    const padding = using.length === callCount ? 0 : alignUp(code.length, tableCall.align) - code.length;
    if (padding % nop.length !== 0) continue;
    const bytes = [...Array.from({ length: padding / nop.length }, () => nop).flat(), ...code];
    const more = alignUp(stub.size + bytes.length, tableCall.align) - alignUp(stub.size, tableCall.align);
    const gain = code.length * using.length - more;
    if (gain > (best?.gain ?? 0)) best = { stub, bytes, constant, sites: using, gain };
  }
  return best;
}

/** Of all calls, known or not. */
function countCalls(program: Program): ReadonlyMap<Piece, number> {
  const counts = new Map<Piece, number>();
  for (const { relocations, object } of program.pieces)
    for (const { symbol } of relocations) {
      const target = object?.targets[symbol];
      if (target?.kind === 'piece' && target.piece.continuesIn !== undefined)
        counts.set(target.piece, (counts.get(target.piece) ?? 0) + 1);
    }
  return counts;
}

function rewrite(program: Program, all: readonly Brought[]): void {
  const shifts = new Map(all.map(({ stub, bytes }) => [stub, bytes.length]));
  for (const object of program.objects)
    object.targets = object.targets.map((target) => {
      const shift = target.kind === 'piece' ? shifts.get(target.piece) : undefined;
      return target.kind === 'piece' && shift !== undefined ? { ...target, offset: target.offset + shift } : target;
    });
  const editor = new Editor(program);
  const unused = new Map<Piece, Instruction[]>();
  for (const { stub, bytes, constant, sites } of all) {
    stub.data = Uint8Array.from([...bytes, ...stub.data]);
    stub.size = stub.data.length;
    stub.relocations = stub.relocations.map((each) => ({ ...each, offset: each.offset + bytes.length }));
    for (const { piece, call, constants } of sites) {
      const instruction = constants.get(constant);
      if (!piece.object || !instruction) continue;
      const symbol = editor.symbol(piece.object, '', { kind: 'piece', piece: stub, offset: 0 });
      editor.replace(piece, call, { ...call, symbol });
      unused.set(piece, [...(unused.get(piece) ?? []), instruction]);
    }
  }
  editor.finish();
  const cuts = new Map<Piece, Cuts>();
  for (const [piece, instructions] of unused) {
    const own = new Cuts();
    for (const { at, size } of instructions.sort((a, b) => a.at - b.at)) own.add(at, at + size);
    cuts.set(piece, own);
  }
  cutPieces(program, cuts);
}
