// The collector's heap, as far as telling whether a block on it is in use: two bits for each block, of four mp_int_t.
// Structure: https://github.com/micropython/micropython/blob/master/py/gc.c

import type { FirmwareSymbols } from './target.ts';
import { type TargetMemory, wordsOf } from './target-memory.ts';

const blocksPerByte = 4;
const bitsOfHead = 1;
/** How far into mp_state_ctx the heap's bounds are looked for, in words. */
const stateWords = 1024;

export class GcHeap {
  readonly #memory: TargetMemory;
  readonly #table: number;
  /** In bytes. */
  readonly #blockSize: number;
  readonly start: number;
  readonly end: number;

  private constructor(memory: TargetMemory, table: number, blockSize: number, start: number, end: number) {
    this.#memory = memory;
    this.#table = table;
    this.#blockSize = blockSize;
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
        // Representation D has integers wider than words.
        const blockSize = [4 * wordSize, 32].find((size) => end - start === bytes * blocksPerByte * size);
        if (bytes > 16 && table !== 0 && start >= table + bytes && blockSize !== undefined)
          return new GcHeap(memory, table, blockSize, start, end);
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
    if (offset % this.#blockSize !== 0) return false;
    const block = offset / this.#blockSize;
    const bits = await this.#memory.byte(this.#table + Math.floor(block / blocksPerByte)).catch(() => 0);
    return ((bits >> (2 * (block % blocksPerByte))) & 3) === bitsOfHead;
  }
}
