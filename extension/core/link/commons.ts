// Common symbols: variables without a section that several objects may define, each for itself or all the same one. Old C
// makes them of `int x;` in a header (GCC before 10, or -fcommon), Fortran of COMMON blocks.
// Specification: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.symtab.html

import type { Piece, Program } from './program.ts';

const mostAlign = 4096;

/** Makes one piece for each name, as large and as aligned as the largest of its definitions. */
export class Commons {
  private readonly byName = new Map<string, Piece>();
  private sizes: ReadonlyMap<string, { size: number; align: number }> | undefined;

  constructor(private readonly program: Program) {}

  /** In the order in which they were asked for. */
  get pieces(): Piece[] {
    return [...this.byName.values()];
  }

  get(name: string): Piece {
    let piece = this.byName.get(name);
    if (!piece) {
      this.sizes ??= measure(this.program);
      const { size, align } = this.sizes.get(name) ?? { size: 0, align: 1 };
      piece = {
        name: `(common ${name})`,
        content: 'bss',
        space: 'bss',
        size,
        align,
        data: new Uint8Array(0),
        relocations: [],
        object: undefined,
        tableWords: [],
        address: 0,
      };
      this.byName.set(name, piece);
    }
    return piece;
  }
}

function measure({ objects }: Program): Map<string, { size: number; align: number }> {
  const sizes = new Map<string, { size: number; align: number }>();
  for (const { file } of objects)
    for (const { place, name, size, value } of file.symbols) {
      if (place !== 'common') continue;
      const align = value > 0 && value <= mostAlign && Number.isInteger(Math.log2(value)) ? value : 1;
      const known = sizes.get(name) ?? { size: 0, align: 1 };
      sizes.set(name, { size: Math.max(known.size, size), align: Math.max(known.align, align) });
    }
  return sizes;
}
