// Recognises the type of a Python object: by the firmware's symbol for it or its place in the function table, else by the name
// that it carries; whatever a class is called, those written in Python say so in a flag.
// Structure: mp_obj_type_t in https://github.com/micropython/micropython/blob/master/py/obj.h

import { fieldAt, type KnownTypes, type ObjectLayout, readSlot } from './object-layout.ts';
import type { FirmwareSymbols } from './target.ts';
import type { TargetMemory } from './target-memory.ts';

/** How an object is laid out. */
export type Kind =
  | 'none'
  | 'bool'
  | 'int'
  | 'float'
  | 'complex'
  | 'str'
  | 'bytes'
  | 'array'
  | 'memoryview'
  | 'tuple'
  | 'namedtuple'
  | 'list'
  | 'deque'
  | 'dict'
  | 'set'
  | 'frozenset'
  | 'range'
  | 'slice'
  | 'singleton'
  | 'cell'
  | 'unnamed'
  | 'builtin'
  | 'builtin-var'
  | 'function'
  | 'native-function'
  | 'assembler-function'
  | 'checked-function'
  | 'generator-function'
  | 'generator'
  | 'bound-method'
  | 'closure'
  | 'wrapper'
  | 'property'
  | 'module'
  | 'type'
  | 'exception'
  | 'instance'
  | 'other';

export interface TypeInfo {
  readonly address: number;
  readonly name: string;
  readonly kind: Kind;
  /** Addresses; empty: object alone. */
  readonly parents: readonly number[];
}

/** By C name, without `mp_type_`. */
const kindsBySymbol: Readonly<Record<string, Kind>> = {
  NoneType: 'none',
  bool: 'bool',
  int: 'int',
  float: 'float',
  complex: 'complex',
  str: 'str',
  bytes: 'bytes',
  bytearray: 'array',
  array: 'array',
  memoryview: 'memoryview',
  tuple: 'tuple',
  attrtuple: 'tuple',
  list: 'list',
  deque: 'deque',
  dict: 'dict',
  ordereddict: 'dict',
  set: 'set',
  frozenset: 'frozenset',
  range: 'range',
  slice: 'slice',
  singleton: 'singleton',
  cell: 'cell',
  fun_builtin_0: 'builtin',
  fun_builtin_1: 'builtin',
  fun_builtin_2: 'builtin',
  fun_builtin_3: 'builtin',
  fun_builtin_var: 'builtin-var',
  fun_bc: 'function',
  fun_native: 'native-function',
  fun_viper: 'assembler-function',
  fun_asm: 'assembler-function',
  checked_fun: 'checked-function',
  gen_wrap: 'generator-function',
  native_gen_wrap: 'native-function',
  gen_instance: 'generator',
  bound_meth: 'bound-method',
  closure: 'closure',
  staticmethod: 'wrapper',
  classmethod: 'wrapper',
  property: 'property',
  module: 'module',
  type: 'type',
};

/** By Python name, where no symbol tells. */
const kindsByName: Readonly<Record<string, Kind>> = {
  ...Object.fromEntries(
    Object.entries(kindsBySymbol).filter(([name]) => !/^(fun|gen|checked)_|_gen_|singleton|cell|attrtuple/.test(name)),
  ),
  OrderedDict: 'dict',
  bound_method: 'bound-method',
  function: 'function',
  generator: 'generator',
  '': 'unnamed',
};

const isWrittenInPython = 0x200;
/** No class has more ancestors in one line than this; memory that says so is damaged. */
const longestLine = 20;

export class PythonTypes {
  readonly #memory: TargetMemory;
  readonly #layout: ObjectLayout;
  readonly #symbols: FirmwareSymbols | undefined;
  readonly #known: ReadonlyMap<number, string>;
  readonly #nameOf: (qstr: number) => Promise<string>;
  #infos = new Map<number, Promise<TypeInfo | undefined>>();

  constructor(
    memory: TargetMemory,
    layout: ObjectLayout,
    symbols: FirmwareSymbols | undefined,
    known: KnownTypes,
    nameOf: (qstr: number) => Promise<string>,
  ) {
    this.#memory = memory;
    this.#layout = layout;
    this.#symbols = symbols;
    this.#known = new Map([...known].map(([name, address]) => [address, name]));
    this.#nameOf = nameOf;
  }

  forget(): void {
    this.#infos = new Map();
  }

  /** @returns undefined when there is no type at the address */
  at(address: number): Promise<TypeInfo | undefined> {
    let info = this.#infos.get(address);
    if (!info) {
      info = this.#read(address).catch(() => undefined);
      this.#infos.set(address, info);
    }
    return info;
  }

  /** Whether the type, or one above it, is BaseException. */
  async #isException(type: number): Promise<boolean> {
    for (let at = type, steps = 0; at !== 0 && steps < longestLine; steps++) {
      if ((await this.#qstrName(at)) === 'BaseException') return true;
      at = (await this.#parents(at))[0] ?? 0;
    }
    return false;
  }

  async #read(address: number): Promise<TypeInfo | undefined> {
    if (address % this.#memory.wordSize !== 0) return undefined;
    const { wordSize } = this.#memory;
    // A type's type is `type`, which is its own type.
    const meta = await this.#memory.word(address);
    if (meta % wordSize !== 0 || (await this.#memory.word(meta)) !== meta) return undefined;
    const flags = await this.#memory.half(address + wordSize);
    const name = await this.#qstrName(address);
    const parents = await this.#parents(address);
    return { address, name, parents, kind: await this.#kind(address, flags, name, parents) };
  }

  async #kind(address: number, flags: number, name: string, parents: readonly number[]): Promise<Kind> {
    if (flags & isWrittenInPython) return 'instance';
    const bySymbol = kindsBySymbol[(await this.#symbolOf(address))?.replace(/^mp_type_/, '') ?? ''];
    if (bySymbol) return bySymbol;
    if (await this.#isException(address)) return 'exception';
    if (parents.length === 1 && (await this.#qstrName(parents[0])) === 'tuple') return 'namedtuple';
    return kindsByName[name] ?? 'other';
  }

  async #symbolOf(address: number): Promise<string | undefined> {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    const symbol = await this.#symbols?.symbolAt(address);
    return symbol?.offset === 0 && symbol.name.startsWith('mp_type_') ? symbol.name : undefined;
  }

  async #qstrName(type: number): Promise<string> {
    return this.#nameOf(await this.#memory.half(type + this.#memory.wordSize + 2));
  }

  /** One type, or a tuple of several. */
  async #parents(type: number): Promise<readonly number[]> {
    const parent = await readSlot(this.#memory, type, 'parent');
    if (parent === 0) return [];
    const meta = await this.#memory.word(parent);
    if ((await this.#memory.word(meta)) !== meta) return [];
    if (meta === (await this.#memory.word(type))) return [parent];
    const { wordSize, objectSize } = this.#layout;
    const count = await this.#memory.word(parent + wordSize);
    if (count > longestLine) return [];
    const items = parent + fieldAt(this.#layout, 2 * wordSize, objectSize);
    return Promise.all(Array.from({ length: count }, (_, index) => this.#memory.word(items + index * objectSize)));
  }
}
