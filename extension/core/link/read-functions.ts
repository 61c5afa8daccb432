// Part of the third stage: the code that may be rearranged, with the registers that its calls and returns read. A calling
// convention allows more arguments and results than there are: what a function takes is what it reads before it writes, and the
// words of a result are those that any caller reads.

import { alwaysRaises, tableArguments } from '../abi/table-arguments.ts';
import type { Operation, Rearranging } from '../arch/architecture.ts';
import { viewOf } from './edit-pieces.ts';
import { flowForwards, type Instruction, literalOf, liveBehind, readCode } from './flow.ts';
import { movableCode } from './movable-code.ts';
import type { Piece, Program } from './program.ts';

export interface ReadFunction {
  readonly piece: Piece;
  readonly code: readonly Instruction[];
  /** By instruction: the places in the function table, in bytes, that are known to be in registers before it. */
  readonly known: readonly (readonly (Known | undefined)[] | undefined)[];
}

/** A place in the function table, in bytes: its own address is known, or the word there. */
export interface Known {
  readonly offset: number;
  readonly isWord: boolean;
}

export function readFunctions(program: Program, rearranging: Rearranging): readonly ReadFunction[] {
  const functions: CodeOfFunction[] = [];
  for (const [piece, labels] of movableCode(program, rearranging)) {
    const code = readCode(program, piece, labels, rearranging);
    if (code) functions.push(new CodeOfFunction(program, piece, code));
  }
  const read = new Map(functions.map((each) => [each.piece, each]));
  // What is not read may take and give all that the calling convention allows.
  const isWhole = program.pieces.every(
    (piece) => piece.content !== 'text' || !piece.object || piece.isMade || read.has(piece),
  );
  if (isWhole && findUsesOfAddresses(program, rearranging, read)) new Settler(program, rearranging, read).settle();
  return functions;
}

/**
 * Marks functions that something else than a direct call of the module's code may call.
 * @returns false where code goes on in another function
 */
function findUsesOfAddresses(
  program: Program,
  { operation, convention }: Rearranging,
  read: ReadonlyMap<Piece, CodeOfFunction>,
): boolean {
  const entry = program.entry && read.get(program.entry.piece);
  entry?.giveTo(convention.result);
  for (const from of [...program.pieces, ...program.literalSections])
    for (const { symbol, offset } of from.relocations) {
      const target = from.object?.targets[symbol];
      const callee = target?.kind === 'piece' ? read.get(target.piece) : undefined;
      if (!callee) continue;
      const kind = read.has(from) ? operation(viewOf(from), offset)?.effect?.kind : undefined;
      const goesOn = kind === 'branch' || kind === 'jump';
      if (goesOn && callee.piece !== from) return false;
      if (!goesOn && kind !== 'call') callee.giveTo(convention.result);
    }
  return true;
}

class CodeOfFunction implements ReadFunction {
  readonly known: ReadFunction['known'];
  /** Registers that it takes arguments in, and those that any caller reads results from: a bit each. */
  taken = 0;
  given = 0;
  isPointedTo = false;

  code: readonly Instruction[];

  constructor(
    program: Program,
    readonly piece: Piece,
    code: readonly Instruction[],
  ) {
    const { wordSize } = program.arch;
    const { funTable } = program.request.abi;
    this.known = knownPlaces(program, piece, code);
    this.code = code.map((instruction, index) => {
      const entry = firmwareEntry(piece, instruction, this.known[index], wordSize);
      const raises = entry !== undefined && alwaysRaises(funTable[entry]);
      return raises ? { ...instruction, next: [], leaves: false } : instruction;
    });
  }

  /** For callers that are not known. */
  giveTo(result: number): void {
    this.given |= result;
    this.isPointedTo = true;
  }
}

/** @returns which function of the firmware is called; undefined for anything else, or one that is not known */
function firmwareEntry(
  piece: Piece,
  { operation: { effect }, relocation }: Instruction,
  known: readonly (Known | undefined)[] | undefined,
  wordSize: number,
): number | undefined {
  if (effect?.kind !== 'call') return undefined;
  if (effect.through !== undefined) {
    const place = known?.[effect.through];
    return place?.isWord ? place.offset / wordSize : undefined;
  }
  const target = relocation && piece.object?.targets[relocation.symbol];
  if (target?.kind === 'entry') return target.index;
  return target?.kind === 'piece' ? target.piece.continuesIn : undefined;
}

/** One value for each place, so that equal ones are the same. */
function knownPlaces(program: Program, piece: Piece, code: readonly Instruction[]): ReadFunction['known'] {
  const places = new Map<number, Known>();
  const place = (offset: number, isWord: boolean) => {
    const key = offset * 2 + (isWord ? 1 : 0);
    const known = places.get(key) ?? { offset, isWord };
    places.set(key, known);
    return known;
  };
  return flowForwards<Known>(code, ({ operation: { effect }, relocation }, values) => {
    if (effect?.kind === 'copy') return values[effect.from];
    if (effect?.kind === 'literal') {
      const held = literalOf(program, piece, relocation);
      return held?.target.kind === 'table' ? place((held.target.offset ?? 0) + held.addend, false) : undefined;
    }
    const base = effect?.kind === 'load' ? values[effect.from] : undefined;
    return effect?.kind === 'load' && base && !base.isWord ? place(base.offset + effect.offset, true) : undefined;
  });
}

/** From no arguments and, but for the firmware, no results, until no function takes or gives more. */
class Settler {
  private givenToAny = 0;

  constructor(
    private readonly program: Program,
    private readonly rearranging: Rearranging,
    private readonly read: ReadonlyMap<Piece, CodeOfFunction>,
  ) {}

  settle(): void {
    const all = [...this.read.values()].map((each) => [each, each.code] as const);
    // To and fro: arguments are told from the functions called, results from the callers.
    for (let isChanged = true; isChanged; all.reverse()) {
      isChanged = false;
      for (const [each, code] of all) if (this.pass(each, code)) isChanged = true;
    }
  }

  private pass(each: CodeOfFunction, original: readonly Instruction[]): boolean {
    const { convention } = this.rearranging;
    let isChanged = false;
    const code = original.map((instruction, index) => ({
      ...instruction,
      operation: this.narrowed(each, instruction, index),
    }));
    each.code = code;
    const behind = liveBehind(code, (index) => code[index].operation);
    for (const [index, { operation, isEntry }] of code.entries()) {
      if (isEntry) {
        const live = operation.reads | (behind[index] & ~operation.writes);
        const taken = each.taken | (live & convention.arguments);
        if (taken !== each.taken) isChanged = true;
        each.taken = taken;
      }
      if (operation.effect?.kind !== 'call') continue;
      const wanted = (behind[index] >> convention.shift) & convention.results;
      const callee = this.calleeOf(each, code[index], index);
      const given = wanted | (callee === 'any' ? this.givenToAny : typeof callee === 'object' ? callee.given : wanted);
      if (callee === 'any' && given !== this.givenToAny) {
        this.givenToAny = given;
        isChanged = true;
      } else if (typeof callee === 'object' && given !== callee.given) {
        callee.given = given;
        isChanged = true;
      }
    }
    return isChanged;
  }

  private narrowed(each: CodeOfFunction, instruction: Instruction, index: number): Operation {
    const { operation } = instruction;
    const { convention } = this.rearranging;
    const { effect } = operation;
    if (effect?.kind === 'return') {
      const given = each.given | (each.isPointedTo ? this.givenToAny : 0);
      return { ...operation, reads: (operation.reads & ~convention.results) | given };
    }
    if (effect?.kind !== 'call') return operation;
    const callee = this.calleeOf(each, instruction, index);
    const taken = callee === 'any' ? undefined : typeof callee === 'object' ? callee.taken : this.firmwareTakes(callee);
    if (taken === undefined) return operation;
    const through = effect.through === undefined ? 0 : 1 << effect.through;
    const others = operation.reads & ~(convention.arguments << convention.shift);
    return { ...operation, reads: others | through | (taken << convention.shift) };
  }

  /** @returns a function of the module; the index of an entry of the function table; or that it may be any function */
  private calleeOf({ piece, known }: CodeOfFunction, instruction: Instruction, index: number) {
    const entry = firmwareEntry(piece, instruction, known[index], this.program.arch.wordSize);
    if (entry !== undefined) return entry;
    const target = instruction.relocation && piece.object?.targets[instruction.relocation.symbol];
    return (target?.kind === 'piece' ? this.read.get(target.piece) : undefined) ?? 'any';
  }

  private firmwareTakes(entry: number): number | undefined {
    const { convention } = this.rearranging;
    const count = tableArguments(this.program.request.abi.funTable[entry]);
    if (count === undefined) return undefined;
    // The first argument is in the lowest of the registers.
    let taken = 0;
    for (let register = 0, left = count; left > 0; register++)
      if (convention.arguments & (1 << register)) {
        taken |= 1 << register;
        left--;
      }
    return taken;
  }
}
