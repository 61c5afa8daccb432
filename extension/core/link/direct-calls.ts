// Third stage: functions of the firmware are called through a register that the compiler loads in each function anew, first with
// the table's address, then with the word. Where several functions call the same one, they call code that loads both once for
// all, and need not load anything themselves. Only in code whose registers are known for sure (Xtensa's compiled code).

import type { Operation, Rearranging } from '../arch/architecture.ts';
import { AddressLoads, costOf, Places } from './address-loads.ts';
import { cutPieces } from './cut-pieces.ts';
import { Cuts } from './cuts.ts';
import { Editor } from './edit-pieces.ts';
import { type Instruction, liveBehind } from './flow.ts';
import { alignUp } from './layout.ts';
import type { Piece, PieceRelocation, Program, Target } from './program.ts';
import { type ReadFunction, readFunctions } from './read-functions.ts';

export function directCalls(program: Program): void {
  const { rearranging } = program.arch;
  if (!rearranging) return;
  const size = program.pieces.reduce((sum, { space, size, align }) => sum + (space === 'text' ? size + align : 0), 0);
  if (size > rearranging.reach) return;
  const places = new Places(program);
  const callers = readFunctions(program, rearranging)
    .map((read) => new Caller(read, places, rearranging))
    .filter(({ calls }) => calls.size > 0);
  const chosen = choose(callers, rearranging);
  new Rewriter(program, rearranging).rewrite(callers, chosen);
}

/** Code that calls functions of the table. */
class Caller {
  /** Offset of the function's word in the table, by the index of the call. */
  readonly calls = new Map<number, number>();
  private readonly removable: readonly boolean[];
  /** Addresses, that is, of which some may be counted from others. */
  private readonly loadsSeveral: boolean;
  private readonly known = new Map<string, { readonly unused: ReadonlySet<number>; readonly cost: number }>();

  readonly piece: Piece;
  readonly code: readonly Instruction[];

  constructor(
    { piece, code, known }: ReadFunction,
    private readonly places: Places,
    private readonly rearranging: Rearranging,
  ) {
    this.piece = piece;
    this.code = code;
    this.loadsSeveral = new AddressLoads(piece, code, places, rearranging).loads.size > 1;
    this.removable = code.map(({ operation: { effect } }, index) => {
      if (effect?.kind === 'literal' || effect?.kind === 'copy') return true;
      return effect?.kind === 'load' && known[index]?.[effect.from]?.isWord === false;
    });
    for (const [index, { operation }] of code.entries()) {
      const { effect } = operation;
      const through = effect?.kind === 'call' ? effect.through : undefined;
      const place = through === undefined ? undefined : known[index]?.[through];
      if (place?.isWord && rearranging.tableCall.stub(place.offset)) this.calls.set(index, place.offset);
    }
  }

  /** Indices of instructions that are of no use when these functions are called directly. */
  unused(chosen: ReadonlySet<number>): ReadonlySet<number> {
    return this.when(chosen).unused;
  }

  /** What the function takes then, with the registers that are free for addresses; in bytes, for comparisons. */
  cost(chosen: ReadonlySet<number>): number {
    return this.when(chosen).cost;
  }

  private when(chosen: ReadonlySet<number>) {
    const calls = [...this.calls].filter(([, offset]) => chosen.has(offset));
    const key = [...new Set(calls.map(([, offset]) => offset))].sort((a, b) => a - b).join();
    let known = this.known.get(key);
    if (!known) {
      const direct = new Set(calls.map(([index]) => index));
      const unused = this.findUnused(direct);
      this.known.set(key, (known = { unused, cost: this.costWithout(unused, direct) }));
    }
    return known;
  }

  private costWithout(unused: ReadonlySet<number>, direct: ReadonlySet<number>): number {
    const size = [...unused].reduce((left, index) => left - this.code[index].size, this.piece.size);
    if (!this.loadsSeveral) return costOf(size, this.piece.align);
    const nothing = { reads: 0, writes: 0, effect: undefined };
    const code = this.code.map((instruction, index) => {
      const { operation } = instruction;
      if (unused.has(index)) return { ...instruction, operation: nothing };
      return direct.has(index)
        ? { ...instruction, operation: { ...operation, reads: this.readDirectly(operation) } }
        : instruction;
    });
    const loads = new AddressLoads(this.piece, code, this.places, this.rearranging, size);
    loads.countFromKnown();
    loads.keepInRegisters();
    const { cost } = loads;
    loads.undo();
    return cost;
  }

  private findUnused(direct: ReadonlySet<number>): ReadonlySet<number> {
    const unused = new Set(unreachable(this.code));
    const nothing = { reads: 0, writes: 0 };
    const usesOf = (index: number) => {
      const { operation } = this.code[index];
      if (unused.has(index)) return nothing;
      return direct.has(index) ? { ...operation, reads: this.readDirectly(operation) } : operation;
    };
    for (let before = -1; unused.size > before; ) {
      before = unused.size;
      const live = liveBehind(this.code, usesOf);
      for (const [index, isRemovable] of this.removable.entries())
        if (isRemovable && !(live[index] & this.code[index].operation.writes)) unused.add(index);
    }
    return unused;
  }

  /** All but the register with the function's address, unless an argument may be there. */
  private readDirectly({ reads, effect }: Operation): number {
    const { convention } = this.rearranging;
    const through = effect?.kind === 'call' && effect.through !== undefined ? 1 << effect.through : 0;
    return reads & ~(through & ~(convention.arguments << convention.shift));
  }
}

/** @returns indices of what never runs: behind calls that do not come back */
function unreachable(code: readonly Instruction[]): number[] {
  const reached = new Set(code.flatMap(({ isEntry }, index) => (isEntry ? [index] : [])));
  for (const index of reached) for (const next of code[index].next) reached.add(next);
  return [...code.keys()].filter((index) => !reached.has(index));
}

/** @returns functions, as offsets in the table, whose direct calls save most */
function choose(callers: readonly Caller[], { tableCall }: Rearranging): ReadonlySet<number> {
  const users = new Map<number, Set<Caller>>();
  for (const caller of callers)
    for (const offset of caller.calls.values()) users.set(offset, (users.get(offset) ?? new Set()).add(caller));
  const stubSize = (offset: number) => alignUp(tableCall.stub(offset)?.code.length ?? 0, tableCall.align);
  const sumOf = (of: Iterable<Caller>, chosen: ReadonlySet<number>) => {
    let sum = 0;
    for (const caller of of) sum += caller.cost(chosen);
    return sum;
  };
  const improve = (chosen: Set<number>) => {
    for (let isChanged = true; isChanged; ) {
      isChanged = false;
      for (const [offset, of] of users) {
        const other = new Set(chosen);
        if (!other.delete(offset)) other.add(offset);
        const more = sumOf(of, other) - sumOf(of, chosen) + (other.has(offset) ? 1 : -1) * stubSize(offset);
        if (more >= 0) continue;
        if (other.has(offset)) chosen.add(offset);
        else chosen.delete(offset);
        isChanged = true;
      }
    }
    return chosen;
  };
  const total = (chosen: ReadonlySet<number>) =>
    sumOf(callers, chosen) + [...chosen].reduce((sum, offset) => sum + stubSize(offset), 0);
  // From all, too, since the table's address is loaded until no other call needs it.
  const all = [new Set<number>(), improve(new Set()), improve(new Set(users.keys()))];
  return all.reduce((best, each) => (Math.ceil(total(each)) < Math.ceil(total(best)) ? each : best));
}

class Rewriter {
  private readonly editor: Editor;
  private readonly stubs = new Map<number, Piece>();
  private readonly cuts = new Map<Piece, Cuts>();

  constructor(
    private readonly program: Program,
    private readonly rearranging: Rearranging,
  ) {
    this.editor = new Editor(program);
  }

  rewrite(callers: readonly Caller[], chosen: ReadonlySet<number>): void {
    const added = new Map<Piece, PieceRelocation[]>();
    for (const caller of callers) {
      const direct = [...caller.calls].filter(([, offset]) => chosen.has(offset));
      const unused = caller.unused(chosen);
      if (unused.size === 0) continue;
      added.set(
        caller.piece,
        direct.flatMap(([index, offset]) => this.call(caller, index, offset)),
      );
      const cuts = new Cuts();
      for (const [index, { at, size }] of caller.code.entries()) if (unused.has(index)) cuts.add(at, at + size);
      this.cuts.set(caller.piece, cuts);
      const removed = new Set([...unused].map((index) => caller.code[index].at));
      caller.piece.relocations = caller.piece.relocations.filter(({ offset }) => !removed.has(offset));
    }
    this.editor.finish();
    for (const [piece, relocations] of added) piece.relocations = [...piece.relocations, ...relocations];
    cutPieces(this.program, this.cuts);
  }

  private call({ piece, code }: Caller, index: number, offset: number): PieceRelocation[] {
    const { call } = this.rearranging.tableCall;
    const { object } = piece;
    const stub = this.stubs.get(offset) ?? this.stub(offset);
    if (!object || !stub) return [];
    const { at } = code[index];
    new Uint8Array(this.editor.bytesOf(piece).buffer).set(call.code, at);
    const symbol = this.editor.symbol(object, '', { kind: 'piece', piece: stub, offset: 0 });
    return [{ offset: at + call.place, type: call.type, symbol, addend: call.addend }];
  }

  private stub(offset: number): Piece | undefined {
    const { tableCall } = this.rearranging;
    const made = tableCall.stub(offset);
    const object = this.program.objects.find(({ targets }) => targets.some(isTable));
    if (!made || !object) return undefined;
    const { code, literal } = made;
    const { funTable } = this.program.request.abi;
    const symbol = object.targets.findIndex(isTable);
    const stub: Piece = {
      name: `(call of ${funTable[offset / 4] ?? `entry ${offset / 4}`})`,
      content: 'text',
      space: 'text',
      size: code.length,
      align: tableCall.align,
      data: Uint8Array.from(code),
      relocations: [{ offset: literal, type: tableCall.call.type, symbol, addend: 0, throughGot: true }],
      object,
      isMade: true,
      tableWords: [],
      continuesIn: offset / this.program.arch.wordSize,
      address: 0,
    };
    this.stubs.set(offset, stub);
    this.editor.add(stub);
    return stub;
  }
}

const isTable = (target: Target) => target.kind === 'table' && !target.offset;
