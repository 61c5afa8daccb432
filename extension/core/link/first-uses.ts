// Where an object first refers to a symbol: the place to show for what is wrong with the symbol itself.

import type { Where } from '../diagnostic.ts';
import { sectionFlags } from '../elf/constants.ts';
import type { LinkedObject } from './program.ts';

/** Looks through each object once. */
export class FirstUses {
  private readonly byObject = new Map<LinkedObject, ReadonlyMap<number, Where>>();

  /** @returns the object itself for a symbol that nothing refers to */
  first(object: LinkedObject, symbol: number): Where {
    let uses = this.byObject.get(object);
    if (!uses) this.byObject.set(object, (uses = usesIn(object)));
    return uses.get(symbol) ?? { file: object.file.path };
  }
}

/** By symbol index. */
function usesIn({ file }: LinkedObject): Map<number, Where> {
  const uses = new Map<number, Where>();
  for (const section of file.sections) {
    if (!(section.flags & sectionFlags.alloc)) continue;
    for (const { symbol, offset } of section.relocations)
      if (!uses.has(symbol)) uses.set(symbol, { file: file.path, section: section.name, offset });
  }
  return uses;
}
