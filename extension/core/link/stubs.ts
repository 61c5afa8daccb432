// Code of ours that jumps to a function of the firmware's table, for functions that compilers call at a distance.

import type { TableJump } from '../arch/architecture.ts';
import type { ObjectSymbol } from '../elf/object-file.ts';
import { placeFor } from './own-runtime.ts';
import type { LinkedObject, Piece, Program } from './program.ts';

/** Makes each stub once. */
export class Stubs {
  private readonly byName = new Map<string, Piece>();
  private readonly uses = new Map<LinkedObject, ReadonlySet<number>>();

  constructor(private readonly program: Program) {}

  /** In the order in which they were asked for. */
  get pieces(): Piece[] {
    return [...this.byName.values()];
  }

  /** @returns undefined when the architecture has no such jump. */
  jumpTo(field: string, entry: number): Piece | undefined {
    const { tableJump } = this.program.arch;
    return tableJump && this.get(tableJump, field, entry);
  }

  get(jump: TableJump, name: string, entry: number): Piece {
    let stub = this.byName.get(name);
    if (!stub) {
      stub = {
        name: `(jump to ${name})`,
        content: 'text',
        space: 'text',
        size: jump.code.length,
        align: this.program.arch.wordSize,
        data: jump.code,
        relocations: [],
        object: undefined,
        tableWords: [{ offset: jump.word, entry }],
        start: jump.start,
        address: 0,
      };
      this.byName.set(name, stub);
    }
    return stub;
  }

  /** A function of our own, made when it is known what is used. */
  ownFunction(name: string): Piece {
    let piece = this.byName.get(name);
    if (!piece) this.byName.set(name, (piece = placeFor(name)));
    return piece;
  }

  /** Whether code reaches the symbol at a distance, not only through words that hold its address. */
  isUsed(object: LinkedObject, symbol: ObjectSymbol): boolean {
    let used = this.uses.get(object);
    if (!used) this.uses.set(object, (used = directUses(this.program, object)));
    return used.has(symbol.index);
  }
}

function directUses(program: Program, object: LinkedObject): Set<number> {
  const used = new Set<number>();
  for (const piece of object.pieces)
    for (const relocation of piece?.relocations ?? []) {
      const row = program.arch.relocations[relocation.type];
      if (row && 'formula' in row && row.formula === 'S + A - P') used.add(relocation.symbol);
    }
  return used;
}
