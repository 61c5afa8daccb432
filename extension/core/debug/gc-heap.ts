// The collector's heap, as far as telling whether a block on it is in use: two bits for each block of four words.
// Structure: https://github.com/micropython/micropython/blob/master/py/gc.c

import type { FirmwareSymbols } from './target.ts';
import { type TargetMemory, wordsOf } from './target-memory.ts';

const wordsPerBlock = 4;
const blocksPerByte = 4;
const bitsOfHead = 1;
/** How far into mp_state_ctx the heap's bounds are looked for, in words. */
const stateWords = 1024;

export class GcHeap {
  readonly #memory: TargetMemory;
  readonly #table: number;
  readonly start: number;
  readonly end: number;

  private constructor(memory: TargetMemory, table: number, start: number, end: number) {
    this.#memory = memory;
    this.#table = table;
    this.start = start;
    this.end = end;
  }

  /**
   * Finds the bounds by how they agree with each other: the table has two bits for each block of the pool.
   * @returns undefined without symbols; of a heap in several areas the first
   */
  static async find(memory: TargetMemory, symbols: FirmwareSymbols | undefined): Promise<GcHeap | undefined> {
    const state = await symbols?.addressOf('mp_state_ctx');
    if (state === undefined) return undefined;
    const { wordSize } = memory;
    const words = wordsOf(await memory.available(state, stateWords * wordSize), wordSize);
    for (let index = 0; index + 5 < words.length; index++) {
      const [table, bytes] = words.slice(index, index + 2);
      // Tables for finalisers and weak references may come between.
      for (let between = 0; between < 3; between++) {
        const [start, end] = words.slice(index + 2 + between, index + 4 + between);
        const covered = bytes * blocksPerByte * wordsPerBlock * wordSize;
        if (bytes > 16 && table !== 0 && start >= table + bytes && end - start === covered)
          return new GcHeap(memory, table, start, end);
      }
    }
    return undefined;
  }

  holds(address: number): boolean {
    return address >= this.start && address < this.end;
  }

  /** Whether a block in use begins there. */
  async isAllocated(address: number): Promise<boolean> {
    const offset = address - this.start;
    const blockSize = wordsPerBlock * this.#memory.wordSize;
    if (offset % blockSize !== 0) return false;
    const block = offset / blockSize;
    const bits = await this.#memory.byte(this.#table + Math.floor(block / blocksPerByte)).catch(() => 0);
    return ((bits >> (2 * (block % blocksPerByte))) & 3) === bitsOfHead;
  }
}
