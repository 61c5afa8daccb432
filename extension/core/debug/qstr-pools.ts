// The interned strings of a running firmware: a chain of tables, the newest on the heap, the oldest in ROM. The tables' layout
// is a matter of configuration; it is told by whether the first table then makes sense.
// Structure: https://github.com/micropython/micropython/blob/master/py/qstr.h

import type { FirmwareSymbols } from './target.ts';
import { type TargetMemory, wordsOf } from './target-memory.ts';

interface Layout {
  /** Words before the table of pointers: firmware without hashes has one fewer. */
  readonly header: 5 | 6;
  /** Bytes of a string's length. */
  readonly lengthSize: 1 | 2;
}

interface Pool {
  readonly address: number;
  /** Number of its first string. */
  readonly first: number;
  readonly count: number;
}

const layouts: readonly Layout[] = [
  { header: 6, lengthSize: 1 },
  { header: 6, lengthSize: 2 },
  { header: 5, lengthSize: 1 },
  { header: 5, lengthSize: 2 },
];
const longestChain = 64;
const mostStrings = 0x1_0000;
/** How far into mp_state_ctx the newest pool's address is looked for, in words: it comes behind the thread's state. */
const stateWords = 96;
const decoder = new TextDecoder();

export class QstrPools {
  readonly #memory: TargetMemory;
  readonly #pools: readonly Pool[];
  readonly #layout: Layout;

  private constructor(memory: TargetMemory, pools: readonly Pool[], layout: Layout) {
    this.#memory = memory;
    this.#pools = pools;
    this.#layout = layout;
  }

  /** @param address of the newest pool @returns undefined when that is none */
  static async open(memory: TargetMemory, address: number): Promise<QstrPools | undefined> {
    const pools = await readChain(memory, address).catch(() => undefined);
    if (!pools) return undefined;
    for (const layout of layouts)
      if (await isSound(memory, pools[pools.length - 1], layout).catch(() => false))
        return new QstrPools(memory, pools, layout);
    return undefined;
  }

  /** How many strings there are. */
  get count(): number {
    return this.#pools[0].first + this.#pools[0].count;
  }

  /** @returns undefined for a number that no string has @throws Unreadable */
  async text(number: number): Promise<string | undefined> {
    const pool = this.#pools.find((each) => each.first <= number);
    return pool && number - pool.first < pool.count ? read(this.#memory, pool, this.#layout, number) : undefined;
  }
}

async function read(memory: TargetMemory, pool: Pool, layout: Layout, number: number): Promise<string> {
  const { pointer, length } = await entry(memory, pool, layout, number - pool.first);
  return decoder.decode(await memory.bytes(pointer, length));
}

async function entry(memory: TargetMemory, pool: Pool, layout: Layout, index: number) {
  const { wordSize } = memory;
  const lengths = await memory.word(pool.address + (layout.header - 1) * wordSize);
  const length = Number(await memory.wide(lengths + index * layout.lengthSize, layout.lengthSize));
  const pointer = await memory.word(pool.address + (layout.header + index) * wordSize);
  return { pointer, length };
}

/** @returns newest first @throws Unreadable */
async function readChain(memory: TargetMemory, newest: number): Promise<readonly Pool[] | undefined> {
  const pools: Pool[] = [];
  const bits = 8 * memory.wordSize;
  for (let address = newest, end: number | undefined; pools.length < longestChain; ) {
    const [previous, , , count] = await memory.words(address, 4);
    // The topmost bit tells a sorted table.
    const first = Number(BigInt.asUintN(bits - 1, await memory.wide(address + memory.wordSize, memory.wordSize)));
    if (count > mostStrings || first > mostStrings || (end !== undefined && first + count !== end)) return undefined;
    pools.push({ address, first, count });
    if (previous === 0) return first === 0 && count > 100 ? pools : undefined;
    if (first === 0) return undefined;
    end = first;
    address = previous;
  }
  return undefined;
}

/** Strings of the oldest pool, whose first two are empty, end where their lengths say. */
async function isSound(memory: TargetMemory, oldest: Pool, layout: Layout): Promise<boolean> {
  const seen = new Set<number>();
  for (let index = 2; index < 24; index++) {
    const { pointer, length } = await entry(memory, oldest, layout, index);
    const bytes = await memory.bytes(pointer, length + 1);
    if (length === 0 || bytes.indexOf(0) !== length) return false;
    seen.add(length);
  }
  return seen.size > 3;
}

/** @returns the newest pool reachable from the firmware's symbols: that of the running state, else what lies in ROM */
export async function findPoolsBySymbols(
  memory: TargetMemory,
  symbols: FirmwareSymbols,
): Promise<QstrPools | undefined> {
  const state = await symbols.addressOf('mp_state_ctx');
  if (state !== undefined) {
    const found = await firstPool(
      memory,
      wordsOf(await memory.available(state, stateWords * memory.wordSize), memory.wordSize),
    );
    if (found) return found;
  }
  for (const name of ['mp_qstr_frozen_const_pool', 'mp_qstr_const_pool']) {
    const address = await symbols.addressOf(name);
    const pools = address === undefined ? undefined : await QstrPools.open(memory, address);
    if (pools) return pools;
  }
  return undefined;
}

async function firstPool(memory: TargetMemory, candidates: readonly number[]): Promise<QstrPools | undefined> {
  for (const address of candidates) {
    if (address === 0 || address % memory.wordSize !== 0) continue;
    const pools = await QstrPools.open(memory, address);
    if (pools) return pools;
  }
  return undefined;
}

const chunk = 0x8000;
/** Nothing larger is searched: over a debug probe it would take minutes. */
const mostSearched = 0x100_0000;

/**
 * Searches RAM for a pool on the heap, whose own tables lie behind it, which nothing else looks like.
 * @returns the newest one; undefined when the firmware has not interned anything yet
 */
export async function findPoolsInRam(
  memory: TargetMemory,
  ram: readonly { readonly start: number; readonly end: number }[],
): Promise<QstrPools | undefined> {
  const { wordSize } = memory;
  let best: QstrPools | undefined;
  for (const { start, end } of ram)
    for (let at = start - (start % wordSize); at < Math.min(end, start + mostSearched); at += chunk) {
      // Six words of the next piece too, for a header across the border.
      const words = wordsOf(await memory.available(at, Math.min(chunk + 6 * wordSize, end - at)), wordSize);
      for (let index = 0; index + 6 <= words.length; index++) {
        if (!isHeapPool(words, index, at + index * wordSize, wordSize)) continue;
        const pools = await QstrPools.open(memory, at + index * wordSize);
        if (pools && pools.count >= (best?.count ?? 0)) best = pools;
      }
    }
  return best;
}

function isHeapPool(words: readonly number[], index: number, address: number, wordSize: number): boolean {
  const [previous, , alloc, count, table, next] = words.slice(index, index + 6);
  if (previous === 0 || alloc < 8 || alloc > mostStrings || count > alloc) return false;
  const behind = (header: number) => address + (header + alloc) * wordSize;
  return table === behind(5) || (table === behind(6) && (next === table + alloc || next === table + 2 * alloc));
}
