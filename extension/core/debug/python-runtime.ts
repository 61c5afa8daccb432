// Reads Python values and the Python call stack out of a stopped MicroPython, by reading its memory only: nothing is called in
// the target, so it works in the middle of the collector or after a crash. Memory may be damaged; no question to it rejects.

import { bufferShape, mapShape, objectsShape } from './c-structures.ts';
import { decoders } from './decoders.ts';
import { findKnownTypes, findLayout, type ObjectLayout } from './object-layout.ts';
import { decodeObjectWord, encodeConstant, encodeSmallInt } from './object-word.ts';
import { findPythonFrames } from './python-frames.ts';
import { PythonTypes } from './python-types.ts';
import type { PythonFrame, PythonPart, PythonValue } from './python-value.ts';
import { findPoolsBySymbols, findPoolsInRam, type QstrPools } from './qstr-pools.ts';
import { floatText, quoteText } from './scalars.ts';
import { cut, mostItems, type Preview, type Reader, type Shape, type ShapePart } from './shape.ts';
import type { Target } from './target.ts';
import { hex, TargetMemory, Unreadable } from './target-memory.ts';

const outermost: Preview = { depth: 0, path: new Set() };

export class PythonRuntime {
  readonly layout: ObjectLayout;
  readonly #target: Target;
  readonly #memory: TargetMemory;
  readonly #reader: Reader;
  #pools: Promise<QstrPools | undefined> | undefined;
  #qstrs = new Map<number, Promise<string>>();

  private constructor(target: Target, memory: TargetMemory, layout: ObjectLayout, known: ReadonlyMap<string, number>) {
    this.#target = target;
    this.#memory = memory;
    this.layout = layout;
    const qstr = (number: number) => this.#qstr(number);
    this.#reader = {
      memory,
      layout,
      symbols: target.symbols,
      types: new PythonTypes(memory, layout, target.symbols, known, qstr),
      qstr,
      text: async (word, preview) => textOf(await this.#shape(word), preview),
    };
  }

  /** Finds out how the firmware is configured; `layout.evidence` tells how. Never rejects. */
  static async open(target: Target): Promise<PythonRuntime> {
    // A debugger that has gone answers nothing any more.
    const { symbols } = target;
    const constant = await symbols?.constant?.().catch(() => []);
    const memory = new TargetMemory(target.read, target.wordSize, constant);
    const patient: Target = symbols
      ? {
          ...target,
          symbols: {
            addressOf: (name) => symbols.addressOf(name).catch(() => undefined),
            symbolAt: (address) => symbols.symbolAt(address).catch(() => undefined),
          },
        }
      : target;
    const known = await findKnownTypes(memory, patient);
    return new PythonRuntime(patient, memory, await findLayout(memory, patient, known), known);
  }

  /** To be called when the target has run or its memory was written. */
  forget(): void {
    this.#memory.forget();
    this.#reader.types.forget();
    this.#pools = undefined;
    this.#qstrs = new Map();
  }

  /** @param word the bits of an mp_obj_t */
  async value(word: bigint): Promise<PythonValue> {
    const unsigned = BigInt.asUintN(8 * this.layout.objectSize, word);
    return this.#present(await this.#shape(unsigned));
  }

  /** @param address of an mp_obj_t variable */
  async valueAt(address: number): Promise<PythonValue> {
    try {
      return await this.value(await this.#memory.wide(address, this.layout.objectSize));
    } catch (fault) {
      return this.#present(unreadable(fault));
    }
  }

  /** @param address of the first of several mp_obj_t in a row */
  objects(address: number, count: number): Promise<PythonValue> {
    return this.#present(objectsShape(this.#reader, address, count));
  }

  /** @param address of an mp_map_t or an mp_buffer_info_t */
  async structure(kind: 'map' | 'buffer', address: number): Promise<PythonValue> {
    try {
      return await this.#present(await (kind === 'map' ? mapShape : bufferShape)(this.#reader, address));
    } catch (fault) {
      return this.#present(unreadable(fault));
    }
  }

  /** @param number a qstr @returns e.g. `'append'` */
  async qstr(number: number): Promise<string> {
    return quoteText(await this.#qstr(number));
  }

  /**
   * The bits of an mp_obj_t for what needs no object in memory, and for constants.
   * @param literal `None`, `True`, `False` or a decimal integer
   * @returns undefined for any other, and for integers that are too large
   */
  async encode(literal: string): Promise<bigint | undefined> {
    const { representation, wordSize } = this.layout;
    if (/^[+-]?\d{1,30}$/.test(literal)) return encodeSmallInt(BigInt(literal), representation, wordSize);
    if (literal !== 'None' && literal !== 'True' && literal !== 'False') return undefined;
    const object = await this.#target.symbols?.addressOf(`mp_const_${literal.toLowerCase()}_obj`);
    return object === undefined ? encodeConstant(literal, representation) : BigInt(object);
  }

  /**
   * The Python functions that are running, innermost first.
   * @param stackPointer of the innermost frame
   * @param stackTop where the C stack began; by default what the firmware has noted, else 16 KB up
   */
  async frames(stackPointer: number, stackTop?: number): Promise<readonly PythonFrame[]> {
    const top = stackTop ?? (await this.#stackTop());
    return findPythonFrames(this.#reader, stackPointer, top, (part) => this.#part(part));
  }

  /** The first field of the firmware's state, of its main thread. */
  async #stackTop(): Promise<number | undefined> {
    const state = await this.#target.symbols?.addressOf('mp_state_ctx');
    return state === undefined ? undefined : this.#memory.word(state).catch(() => undefined);
  }

  async #shape(word: bigint): Promise<Shape> {
    const { representation, wordSize } = this.layout;
    const object = decodeObjectWord(word, representation, wordSize);
    try {
      switch (object.kind) {
        case 'int':
          return { type: 'int', text: String(object.value) };
        case 'float':
          return { type: 'float', text: floatText(object.value, object.single, representation === 'C' ? 2 : 0) };
        case 'qstr':
          return { type: 'str', text: cut(quoteText(await this.#qstr(object.number))) };
        case 'constant':
          return { type: object.value === 'None' ? 'NoneType' : 'bool', text: object.value };
        case 'null':
          return { type: '', text: '<null>' };
        case 'invalid':
          return { type: '', text: `<no object: ${hex(word)}>` };
        case 'pointer':
          return await this.#shapeAt(object.address);
      }
    } catch (fault) {
      return unreadable(fault);
    }
  }

  async #shapeAt(address: number): Promise<Shape> {
    if (address === 4) return { type: '', text: '<sentinel>' };
    const typeAddress = await this.#memory.word(address);
    const type = await this.#reader.types.at(typeAddress);
    if (!type) return { type: '', text: `<no object at ${hex(address)}>` };
    return { address, ...(await decoders[type.kind](this.#reader, address, type)) };
  }

  async #present(shape: Shape): Promise<PythonValue> {
    const { type, address, parts } = shape;
    const total = Math.min(shape.count ?? 0, mostItems);
    return {
      text: await textOf(shape, outermost),
      type,
      address,
      count: total,
      indexed: shape.indexed ?? false,
      parts: async (start = 0, count = total) => {
        const wanted = Math.max(0, Math.min(count, total - start));
        if (!parts || wanted === 0) return [];
        try {
          const found = await parts(start, wanted);
          return await Promise.all(found.map((part) => this.#part(part)));
        } catch (fault) {
          return [{ name: '...', value: await this.#present(unreadable(fault)) }];
        }
      },
    };
  }

  async #part({ name, word, shape }: ShapePart): Promise<PythonPart> {
    return { name, value: await this.#present(shape ?? (await this.#shape(word ?? 0n))) };
  }

  #qstr(number: number): Promise<string> {
    let text = this.#qstrs.get(number);
    if (!text) {
      text = this.#findQstr(number);
      this.#qstrs.set(number, text);
    }
    return text;
  }

  async #findQstr(number: number): Promise<string> {
    this.#pools ??= this.#findPools().catch(() => undefined);
    const pools = await this.#pools;
    const found = await pools?.text(number).catch(() => undefined);
    return found ?? this.#target.qstrs?.get(number) ?? this.#target.abi.staticQstrs[number - 1] ?? `qstr #${number}`;
  }

  async #findPools(): Promise<QstrPools | undefined> {
    const { symbols, ram } = this.#target;
    const found = symbols && (await findPoolsBySymbols(this.#memory, symbols));
    return found ?? (ram && findPoolsInRam(this.#memory, ram));
  }
}

/** @throws what is a fault of ours */
function unreadable(fault: unknown): Shape {
  if (!(fault instanceof Unreadable)) throw fault;
  return { type: '', text: fault.message };
}

async function textOf(shape: Shape, preview: Preview): Promise<string> {
  if (typeof shape.text === 'string') return shape.text;
  try {
    return await shape.text(preview);
  } catch (fault) {
    return unreadable(fault).text as string;
  }
}
