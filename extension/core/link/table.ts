// Tables of words that the linker makes in the module's text: the global offset table and the literals behind it.

import type { LinkedObject, Piece, Program, Target, Word } from './program.ts';

/** Its size is known when all words are. */
export interface Table extends Piece {
  size: number;
  align: number;
  data: Uint8Array;
}

export function newTable(program: Program, name: string): Table {
  return {
    name,
    content: 'rodata',
    space: 'text',
    size: 0,
    // The reference linker aligns for its tables even when they are empty.
    align: program.compat ? program.arch.wordSize : 1,
    data: new Uint8Array(0),
    relocations: [],
    object: undefined,
    tableWords: [],
    address: 0,
  };
}

export function setSize(table: Table, words: number, wordSize: number): void {
  if (words === 0) return;
  table.size = words * wordSize;
  table.align = wordSize;
  table.data = new Uint8Array(table.size);
}

/** A word of the global offset table. */
export interface Slot extends Word {
  readonly target: Target;
  readonly addend: number;
  offset: number;
}

/** One for each address; for the reference linker's bytes, one for each symbol. */
export class Slots {
  readonly all: Slot[] = [];
  private readonly global = new Map<string, Slot>();
  private readonly local = new Map<LinkedObject | Piece, Map<string, Slot>>();

  constructor(
    private readonly piece: Piece,
    private readonly bySymbol: boolean,
  ) {}

  find(object: LinkedObject, symbol: number, addend: number): Slot | undefined {
    const [slots, key] = this.keyOf(object, symbol, addend);
    return slots.get(key);
  }

  /** @param target what the slot holds the address of, when it is not what the symbol stands for */
  add(object: LinkedObject, symbol: number, addend: number, target?: Target): Slot | undefined {
    if (object.targets[symbol].kind === 'got') return undefined;
    const [slots, key] = this.keyOf(object, symbol, addend);
    let slot = slots.get(key);
    if (!slot) {
      slot = { piece: this.piece, target: target ?? object.targets[symbol], addend: target ? 0 : addend, offset: 0 };
      slots.set(key, slot);
      this.all.push(slot);
    }
    return slot;
  }

  /** A slot that the loader fills although no code uses it. */
  addUnnamed(target: Target): void {
    this.all.push({ piece: this.piece, target, addend: 0, offset: 0 });
  }

  private keyOf(object: LinkedObject, symbol: number, addend: number): [Map<string, Slot>, string] {
    const target = object.targets[symbol];
    if (!this.bySymbol && target.kind === 'piece') return [this.localTo(target.piece), `${target.offset + addend}`];
    // A global name means one thing in the whole program, a local symbol only in its object.
    const { binding, name } = object.file.symbols[symbol];
    const key = `${binding === 'local' ? symbol : name}${addend === 0 ? '' : `+${addend}`}`;
    return [binding === 'local' ? this.localTo(object) : this.global, key];
  }

  private localTo(owner: LinkedObject | Piece): Map<string, Slot> {
    let slots = this.local.get(owner);
    if (!slots) this.local.set(owner, (slots = new Map()));
    return slots;
  }
}
