// The memory of a stopped target, read in blocks that are kept until it runs again, or for good where nothing writes. Whatever
// lies there may be damaged: a place that cannot be read is a value (`Unreadable` is thrown and shown as text), never a fault
// of the debugger.

/**
 * Reads up to `length` bytes; fewer when the rest is not readable. May reject.
 * The address is exact up to 2^53, which all native architectures of MicroPython stay below.
 */
export type ReadMemory = (address: number, length: number) => Promise<Uint8Array>;

/** Thrown by `TargetMemory` and caught where values are made into text. */
export class Unreadable extends Error {
  readonly address: number;

  constructor(address: number, why = 'unreadable') {
    super(`<${why} at ${hex(address)}>`);
    this.name = 'Unreadable';
    this.address = address;
  }
}

/** e.g. `0x20001f40` */
export function hex(value: number | bigint): string {
  return `0x${value.toString(16)}`;
}

/** In bytes: no request is longer. What is longer in the target is shown in part. */
const longestRead = 0x10000;
/** A request costs more than some hundred bytes do, also through a probe. */
const blockSize = 256;

/** Addresses; `end` is the first behind. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export class TargetMemory {
  readonly wordSize: 4 | 8;
  readonly #read: ReadMemory;
  readonly #constant: readonly Range[];
  readonly #blocks = new Map<number, Promise<Uint8Array | undefined>>();
  readonly #lasting = new Map<number, Promise<Uint8Array | undefined>>();

  /** @param constant where nothing writes while the target runs */
  constructor(read: ReadMemory, wordSize: 4 | 8, constant: readonly Range[] = []) {
    this.#read = read;
    this.wordSize = wordSize;
    this.#constant = constant;
  }

  /** The target has run, or its memory was written: all is read anew. */
  forget(): void {
    this.#blocks.clear();
  }

  /** @throws Unreadable unless every byte can be read */
  async bytes(address: number, length: number): Promise<Uint8Array> {
    if (!this.#isPlausible(address) || !(length >= 0)) throw new Unreadable(address);
    if (length > longestRead) throw new Unreadable(address, `${length} bytes, too many to read,`);
    if (length === 0) return new Uint8Array();
    const first = address - (address % blockSize);
    if (address + length > first + 2 * blockSize) return this.#exactly(address, length);
    const found = new Uint8Array(length);
    for (let start = first; start < address + length; start += blockSize) {
      const from = Math.max(address, start);
      const to = Math.min(address + length, start + blockSize);
      // At the edge of a region a whole block may be refused though the bytes asked for are there.
      const block = await this.#block(start);
      const piece = block ? block.subarray(from - start, to - start) : await this.#exactly(from, to - from);
      found.set(piece, from - address);
    }
    return found;
  }

  /** As many of the bytes as can be read, perhaps none. */
  async available(address: number, length: number): Promise<Uint8Array> {
    if (!this.#isPlausible(address)) return new Uint8Array();
    const wanted = Math.min(length, longestRead);
    const first = address - (address % blockSize);
    const end = Math.ceil((address + wanted) / blockSize) * blockSize;
    if (end - first <= longestRead) {
      const known = (await this.#kept(first, end)) ?? (await this.#readBlocks(first, end));
      const found = known.subarray(address - first, address - first + wanted);
      if (found.length === wanted) return found;
    }
    const bytes = await this.#read(address, wanted).catch(() => new Uint8Array());
    return bytes.subarray(0, wanted);
  }

  /** @returns undefined unless all of it was read before */
  async #kept(first: number, end: number): Promise<Uint8Array | undefined> {
    const found = new Uint8Array(end - first);
    for (let start = first; start < end; start += blockSize) {
      const block = await this.#blocksWith(start).get(start);
      if (!block) return undefined;
      found.set(block, start - first);
    }
    return found;
  }

  async #readBlocks(first: number, end: number): Promise<Uint8Array> {
    const bytes = await this.#read(first, end - first).catch(() => new Uint8Array());
    for (let at = 0; at + blockSize <= bytes.length; at += blockSize)
      this.#blocksWith(first + at).set(first + at, Promise.resolve(bytes.subarray(at, at + blockSize)));
    return bytes;
  }

  async byte(address: number): Promise<number> {
    return (await this.bytes(address, 1))[0];
  }

  async half(address: number): Promise<number> {
    const [low, high] = await this.bytes(address, 2);
    return low | (high << 8);
  }

  /** A pointer or size_t. */
  async word(address: number): Promise<number> {
    return (await this.words(address, 1))[0];
  }

  async words(address: number, count: number): Promise<number[]> {
    return wordsOf(await this.bytes(address, count * this.wordSize), this.wordSize);
  }

  /** Little-endian numbers without sign. */
  async wide(address: number, size: number): Promise<bigint> {
    return wideOf(await this.bytes(address, size), 0, size);
  }

  #isPlausible(address: number): boolean {
    const end = this.wordSize === 4 ? 2 ** 32 : 2 ** 53;
    return Number.isSafeInteger(address) && address > 0 && address < end;
  }

  async #exactly(address: number, length: number): Promise<Uint8Array> {
    const bytes = await this.#read(address, length).catch(() => undefined);
    if (!bytes || bytes.length < length) throw new Unreadable(address + (bytes?.length ?? 0));
    return bytes.subarray(0, length);
  }

  #block(start: number): Promise<Uint8Array | undefined> {
    const blocks = this.#blocksWith(start);
    let block = blocks.get(start);
    if (!block) {
      block = this.#exactly(start, blockSize).catch(() => {
        // What failed once, as while the target ran, need not fail for good.
        this.#lasting.delete(start);
        return undefined;
      });
      blocks.set(start, block);
    }
    return block;
  }

  #blocksWith(start: number) {
    const isConstant = this.#constant.some((range) => range.start <= start && start + blockSize <= range.end);
    return isConstant ? this.#lasting : this.#blocks;
  }
}

export function wideOf(bytes: Uint8Array, at: number, size: number): bigint {
  let value = 0n;
  for (let index = size - 1; index >= 0; index--) value = (value << 8n) | BigInt(bytes[at + index]);
  return value;
}

/** Words beyond 2^53 lose their lower bits: they are no addresses. */
export function wordsOf(bytes: Uint8Array, wordSize: 4 | 8): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const words: number[] = [];
  for (let at = 0; at + wordSize <= bytes.length; at += wordSize)
    words.push(view.getUint32(at, true) + (wordSize === 8 ? view.getUint32(at + 4, true) * 2 ** 32 : 0));
  return words;
}
