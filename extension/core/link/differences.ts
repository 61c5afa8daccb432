// Part of the fifth stage: differences of labels where the assembler cannot know them (RISC-V). Several relocations at one
// place set, add and subtract; only their sum means something, and only if every address in it cancels out, because a block's
// address is known only to the loader.

import type { Space } from './program.ts';
import type { Site } from './relocate.ts';

export interface Difference {
  /** The first of its relocations. */
  readonly site: Site;
  /** The sum replaces what the field held before. */
  readonly isSet: boolean;
  readonly sum: number;
  /** No block's address is left in the sum. */
  readonly isWhole: boolean;
}

export class Differences {
  private readonly byPlace = new Map<string, Sum>();

  /** @param s the symbol's place in its space, or its absolute value */
  add(site: Site, isSet: boolean, sign: 1 | -1, s: number): void {
    const { piece, target, address, addend, field } = site;
    const key = `${piece.space} ${address} ${field.bytes}`;
    let sum = this.byPlace.get(key);
    if (!sum || isSet) {
      sum = { site, isSet, sum: 0, blocks: { text: 0, rodata: 0, bss: 0 } };
      this.byPlace.set(key, sum);
    }
    sum.sum += sign * (s + addend);
    if (target.kind !== 'absolute') sum.blocks[target.kind === 'piece' ? target.piece.space : 'text'] += sign;
  }

  *all(): Iterable<Difference> {
    for (const { site, isSet, sum, blocks } of this.byPlace.values())
      yield { site, isSet, sum, isWhole: Object.values(blocks).every((count) => count === 0) };
  }
}

interface Sum {
  readonly site: Site;
  readonly isSet: boolean;
  sum: number;
  /** How many times each block's address is in the sum. */
  readonly blocks: Record<Space, number>;
}
