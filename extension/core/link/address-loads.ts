// Part of the third stage: which addresses code loads out of the global offset table, and which of them may be counted from others.
// In a register that holds one anyway, or in one that the function does not need for a while.

import type { Rearranging } from '../arch/architecture.ts';
import { flowForwards, type Instruction, literalOf, liveBehind, type Values } from './flow.ts';
import { alignUp } from './layout.ts';
import type { Piece, PieceRelocation, Program } from './program.ts';

/** A place in a block; one value for each, so that equal ones are the same. */
export interface Place {
  readonly space: 'rodata' | 'bss';
  /** Of the block, in bytes. */
  readonly address: number;
  /** Loads of it that are left. */
  loads: number;
}

export class Places {
  private readonly starts = new Map<Piece, number>();
  private readonly known = new Map<string, Place>();

  constructor(private readonly program: Program) {
    const ends = { text: 0, rodata: 0, bss: 0 };
    for (const piece of program.pieces) {
      const start = alignUp(ends[piece.space], piece.align);
      this.starts.set(piece, start);
      ends[piece.space] = start + piece.size;
    }
    for (const piece of program.pieces)
      for (const relocation of piece.relocations) {
        const place = this.find(piece, relocation);
        if (place) place.loads++;
      }
  }

  find(piece: Piece, relocation: PieceRelocation | undefined): Place | undefined {
    const held = literalOf(this.program, piece, relocation);
    if (held?.target.kind !== 'piece') return undefined;
    const { target, addend } = held;
    const { space } = target.piece;
    const start = this.starts.get(target.piece);
    if (space === 'text' || start === undefined) return undefined;
    const address = start + target.offset + addend;
    const key = `${space} ${address}`;
    let place = this.known.get(key);
    if (!place) this.known.set(key, (place = { space, address, loads: 0 }));
    return place;
  }
}

/** A register that holds an address from before an instruction until it is read last. */
interface Kept {
  readonly before: number;
  readonly last: number;
  readonly register: number;
  readonly place: Place;
}

interface Counted {
  readonly code: readonly number[];
  readonly from: number;
}

/** What the program's file has less, in bytes; more is less than nothing. */
interface Tried {
  readonly kept: Kept;
  readonly counted: ReadonlyMap<number, Counted>;
  readonly gain: number;
}

/** Code that loads addresses. */
export class AddressLoads {
  /** By the index of the instruction. */
  readonly loads = new Map<
    number,
    { readonly place: Place; readonly to: number; readonly relocation: PieceRelocation }
  >();
  /** What stands in place of a load. */
  readonly counted = new Map<number, Counted>();
  readonly kept: Kept[] = [];
  private readonly sources: readonly (readonly number[])[];

  constructor(
    readonly piece: Piece,
    readonly code: readonly Instruction[],
    places: Places,
    private readonly rearranging: Rearranging,
    private size = piece.size,
  ) {
    for (const [index, { operation, relocation }] of code.entries()) {
      const { effect } = operation;
      const place = effect?.kind === 'literal' ? places.find(piece, relocation) : undefined;
      if (effect?.kind === 'literal' && place && relocation)
        this.loads.set(index, { place, to: effect.to, relocation });
    }
    const sources: number[][] = code.map(() => []);
    for (const [index, { next }] of code.entries()) for (const to of next) sources[to].push(index);
    this.sources = sources;
  }

  /** From what a register holds anyway. */
  countFromKnown(): void {
    if (this.loads.size < 2) return;
    const indices = new Map(this.code.map(({ at }, index) => [at, index]));
    const before = flowForwards<Place>(this.code, ({ at, operation: { effect } }, values) => {
      if (effect?.kind === 'copy') return values[effect.from];
      return effect?.kind === 'literal' ? this.loads.get(indices.get(at) ?? -1)?.place : undefined;
    });
    for (const [index, { place, to }] of this.loads) {
      const shortest = this.shortest(before[index], place, to);
      if (!shortest) continue;
      const saved = this.code[index].size - shortest.code.length;
      if (saved > 0 || place.loads === 1) this.count(index, shortest);
    }
  }

  private shortest(values: Values<Place> | undefined, { space, address }: Place, to: number): Counted | undefined {
    let found: Counted | undefined;
    for (const [from, value] of (values ?? []).entries()) {
      if (value?.space !== space) continue;
      const code = this.rearranging.addresses.add(to, from, address - value.address);
      if (code && (!found || code.length < found.code.length)) found = { code, from };
    }
    return found;
  }

  private count(index: number, counted: Counted): void {
    this.counted.set(index, counted);
    this.size -= this.code[index].size - counted.code.length;
    const load = this.loads.get(index);
    if (load) load.place.loads--;
  }

  /** In registers that the function does not need for a while. */
  keepInRegisters(): void {
    for (let best = this.best(); best; best = this.best()) {
      const { kept, counted } = best;
      this.kept.push(kept);
      this.size += this.loadSize;
      kept.place.loads++;
      for (const [index, each] of counted) this.count(index, each);
    }
  }

  private get loadSize(): number {
    return this.rearranging.addresses.load(0).code.length;
  }

  private best(): Tried | undefined {
    if (this.loads.size - this.counted.size < 2) return undefined;
    let found: Tried | undefined;
    const inUse = this.registersInUse();
    for (const [index, { place }] of this.loads) {
      if (this.counted.has(index) || this.code[index].isLabel) continue;
      for (let register = 2; register < 16; register++) {
        const end = this.freeUntil(index, register, inUse);
        const left = [...this.loads.keys()].filter(
          (at) => at >= index && at < end && !this.counted.has(at) && this.loads.get(at)?.place.space === place.space,
        );
        for (const at of left) {
          const base = this.loads.get(at)?.place;
          const tried = base && this.tryKeeping(index, register, base, left);
          if (tried && tried.gain > (found?.gain ?? 0)) found = tried;
        }
      }
    }
    return found;
  }

  /** Registers that each instruction needs as they are before it, or changes; a bit each. */
  private registersInUse(): readonly number[] {
    const readBy = (index: number) => {
      const from = this.counted.get(index)?.from;
      return from === undefined ? 0 : 1 << from;
    };
    const usesOf = (index: number) => {
      const { reads, writes } = this.code[index].operation;
      return { reads: reads | readBy(index), writes };
    };
    const behind = liveBehind(this.code, usesOf);
    return this.code.map((_, index) => {
      const { reads, writes } = usesOf(index);
      const kept = this.kept.filter(({ before, last }) => index >= before && index <= last);
      return kept.reduce((bits, { register }) => bits | (1 << register), reads | writes | (behind[index] & ~writes));
    });
  }

  /** @returns the index behind the last instruction that is reached only over this one and has the register free */
  private freeUntil(first: number, register: number, inUse: readonly number[]): number {
    let end = first;
    const most = Math.min(this.code.length, first + mostInstructions);
    while (end < most && !(inUse[end] & (1 << register)) && !(end > first && this.code[end].isEntry)) end++;
    // What is reached from elsewhere, be it from behind, ends it.
    for (let at = first + 1; at < end; at++)
      if (this.sources[at].some((from) => from < first || from >= end)) {
        end = at;
        at = first;
      }
    return end;
  }

  private tryKeeping(first: number, register: number, base: Place, left: readonly number[]): Tried {
    const counted = new Map<number, Counted>();
    const freed = new Map<Place, number>();
    let size = this.size + this.loadSize;
    let last = first;
    for (const index of left) {
      const load = this.loads.get(index);
      const code = load && this.rearranging.addresses.add(load.to, register, load.place.address - base.address);
      if (!load || !code) continue;
      counted.set(index, { code, from: register });
      size -= this.code[index].size - code.length;
      freed.set(load.place, (freed.get(load.place) ?? 0) + 1);
      last = index;
    }
    const { align } = this.piece;
    let gain = alignUp(this.size, align) - alignUp(size, align);
    for (const [place, count] of freed) if (place !== base && count === place.loads) gain += wordSize;
    return { kept: { before: first, last, register, place: base }, counted, gain };
  }

  /** Of all that is counted, what the function and its words in the global offset table take: in bytes, for comparisons. */
  get cost(): number {
    const freed = new Set([...this.loads.values()].flatMap(({ place }) => (place.loads === 0 ? [place] : [])));
    return costOf(this.size, this.piece.align) - wordSize * freed.size;
  }

  /** For others to count, when this was a try. */
  undo(): void {
    for (const index of this.counted.keys()) {
      const load = this.loads.get(index);
      if (load) load.place.loads++;
    }
    for (const { place } of this.kept) place.loads--;
  }

  /** The load of a kept address is that of one that is counted. */
  readonly relocationFor = (place: Place): PieceRelocation | undefined =>
    [...this.loads.values()].find((load) => load.place === place)?.relocation;
}

/** Of a function, for comparisons: what padding hides now may show later. */
export const costOf = (size: number, align: number) => alignUp(size, align) + size / 64;

/** More are not worth the time it takes to look. */
const mostInstructions = 500;

/** Of the global offset table; what is rearranged has 32 bits. */
const wordSize = 4;
