// Where a module that was imported before has its pieces, in firmware that tells nobody: the interpreter says at which addresses the
// module's functions are objects, these point into the code, and the code shows what the loader has written into it.
// The loader's work: mp_native_relocate in https://github.com/micropython/micropython/blob/master/py/persistentcode.c

import type { Relocation } from '../mpy/module.ts';
import type { Block, Blocks, ModuleSymbols } from './module-symbols.ts';
import { type TargetMemory, wideOf, wordsOf } from './target-memory.ts';

export interface LocatedModule {
  readonly blocks: Blocks;
  /** Address of mp_fun_table; undefined when the module does not use it. */
  readonly funTable: number | undefined;
}

/** Words of an object that may point to its code: behind the type, the numbers of arguments, the slots of a type. */
const objectWords = 24;

/**
 * @param objects addresses of the module's functions and types
 * @returns undefined when none of them leads to the module's code
 */
export async function locateModule(
  module: ModuleSymbols,
  objects: readonly number[],
  memory: TargetMemory,
): Promise<LocatedModule | undefined> {
  const changed = changedBytes(module, memory.wordSize);
  const tried = new Set<number>();
  for (const object of objects) {
    const words = wordsOf(await memory.available(object, objectWords * memory.wordSize), memory.wordSize);
    for (const word of words.slice(1)) {
      // Bit 0 of an ARM function's address tells the instruction set.
      const address = word - (word % 2);
      if (tried.has(address)) continue;
      tried.add(address);
      for (const offset of module.functions) {
        const text = address - offset;
        if (text > 0 && (await isCode(module, changed, text, memory))) return readPlaces(module, text, memory);
      }
    }
  }
  return undefined;
}

/** How much is compared before the whole is read. */
const glance = 16;

/** @param changed offsets of the bytes that the loader has changed */
async function isCode(
  { code }: ModuleSymbols,
  changed: ReadonlySet<number>,
  text: number,
  memory: TargetMemory,
): Promise<boolean> {
  for (let at = 0, size = glance; at < code.length; at += size, size = longestPiece) {
    const wanted = code.subarray(at, at + size);
    // Candidates lie close together: glances come out of the blocks that are kept, not each through a probe.
    const found = await (at === 0
      ? memory.bytes(text, wanted.length).catch(() => none)
      : memory.available(text + at, wanted.length));
    if (found.length < wanted.length) return false;
    if (wanted.some((byte, index) => byte !== found[index] && !changed.has(at + index))) return false;
  }
  return code.length > 0;
}

const none = new Uint8Array();
const longestPiece = 0x4000;

function changedBytes({ relocations }: ModuleSymbols, wordSize: number): Set<number> {
  const changed = new Set<number>();
  for (const { base, offset } of relocations)
    if (base === 'text') for (let byte = 0; byte < wordSize; byte++) changed.add(offset + byte);
  return changed;
}

/** What the loader has added to a word is the address that the word is about. */
async function readPlaces(module: ModuleSymbols, text: number, memory: TargetMemory): Promise<LocatedModule> {
  const places: Record<Block | 'table', number | undefined> = {
    text,
    rodata: undefined,
    bss: undefined,
    table: undefined,
  };
  const contents = { text: module.code, rodata: module.rodata };
  for (const base of ['text', 'rodata'] as const)
    for (const relocation of module.relocations) {
      const { kind } = relocation.target;
      if (relocation.base !== base || !isPlace(kind) || places[kind] !== undefined) continue;
      const start = places[base];
      if (start === undefined) continue;
      places[kind] = await addedTo(relocation, start, contents[base], memory);
    }
  // What nothing points to, nothing uses.
  return { blocks: { text, rodata: places.rodata ?? 0, bss: places.bss ?? 0 }, funTable: places.table };
}

async function addedTo(
  { offset }: Relocation,
  start: number,
  original: Uint8Array,
  memory: TargetMemory,
): Promise<number | undefined> {
  const { wordSize } = memory;
  const now = await memory.wide(start + offset, wordSize).catch(() => undefined);
  if (now === undefined || offset + wordSize > original.length) return undefined;
  return Number(BigInt.asUintN(8 * wordSize, now - wideOf(original, offset, wordSize)));
}

function isPlace(kind: Relocation['target']['kind']): kind is Block | 'table' {
  return kind === 'text' || kind === 'rodata' || kind === 'bss' || kind === 'table';
}
