// Between the third and the fourth stage: an order of pieces that wastes little on the jump to mpy_init, which comes first, and
// on alignment.

import { fillersOf } from './fill-gap.ts';
import { alignUp } from './layout.ts';
import type { Piece, Program, Space } from './program.ts';

/**
 * Code comes before constants, so that calls stay short; where it needs no alignment, calls are of one length.
 * @param hasOrder the code is in order already
 */
export function orderPieces(program: Program, spaces: readonly Space[], hasOrder = false): void {
  const { pieces, entry } = program;
  const rest = pieces.filter(({ space }) => !spaces.includes(space));
  const ordered = spaces.flatMap((space) => {
    const own = pieces.filter((piece) => piece.space === space);
    const isFirst = (piece: Piece) => piece === entry?.piece;
    const isCode = ({ content }: Piece) => content === 'text';
    const packer = new Packer();
    packer.pack(own.filter(isFirst));
    const others = own.filter((piece) => !isFirst(piece));
    // Behind code alone, with its literals in front, nothing comes that would leave a gap.
    if (program.arch.literalSections && others.every(isCode)) {
      packer.pack(withLargestGapLast(others));
      return packer.packed;
    }
    const code = others.filter(isCode);
    const isFree =
      !program.arch.literalSections && own.filter(isCode).every(({ align, object }) => align === 1 || !object);
    if (isFree) return packer.fill(others).packed;
    if (hasOrder) for (const piece of code) packer.pack([piece]);
    else packer.pack(code);
    packer.pack(others.filter((piece) => !isCode(piece)));
    return packer.packed;
  });
  program.pieces = [...rest, ...ordered];
}

function withLargestGapLast(pieces: readonly Piece[]): readonly Piece[] {
  const gapBehind = ({ size, align }: Piece) => alignUp(size, align) - size;
  const most = Math.max(0, ...pieces.map(gapBehind));
  const last = pieces.find((piece) => gapBehind(piece) === most);
  return last ? [...pieces.filter((piece) => piece !== last), last] : pieces;
}

class Packer {
  constructor(
    readonly packed: Piece[] = [],
    private end = 0,
  ) {}

  /**
   * What wants alignment lies together, behind as much of the rest as leaves the smallest gap before it, but not more: the
   * loader's records of places near the start are shorter.
   */
  fill(pieces: readonly Piece[]): Packer {
    const aligned = pieces.filter(({ align }) => align > 1);
    const loose = pieces.filter(({ align }) => align === 1);
    const strictest = Math.max(1, ...aligned.map(({ align }) => align));
    const tried = fillersOf(loose, strictest).map((fillers) => {
      const packer = new Packer([...this.packed], this.end);
      packer.pack(fillers);
      packer.pack(aligned);
      packer.pack(loose.filter((piece) => !fillers.includes(piece)));
      return packer;
    });
    return tried.reduce((best, packer) => (packer.end < best.end ? packer : best));
  }

  /** Pieces of one alignment keep their order. */
  pack(pieces: readonly Piece[]): void {
    const queues = queuesOf(pieces);
    for (let left = pieces.length; left > 0; left--) {
      // The strictest alignment that costs nothing here, else the cheapest.
      let best: Queue | undefined;
      for (const queue of queues)
        if (queue.next < queue.pieces.length && (!best || this.padding(queue) < this.padding(best))) best = queue;
      const piece = best?.pieces[best.next++];
      if (!best || !piece) return;
      this.end = alignUp(this.end, piece.align) + piece.size;
      this.packed.push(piece);
    }
  }

  private padding({ align }: Queue): number {
    return alignUp(this.end, align) - this.end;
  }
}

interface Queue {
  readonly align: number;
  readonly pieces: Piece[];
  next: number;
}

/** By alignment, the strictest first; what the loader relocates lies together, so that its records need no offsets. */
function queuesOf(pieces: readonly Piece[]): Queue[] {
  const queues = new Map<number, Queue>();
  const isRelocated = (piece: Piece) => piece.relocations.length > 0 || !piece.object;
  for (const piece of [...pieces.filter((piece) => !isRelocated(piece)), ...pieces.filter(isRelocated)]) {
    const queue = queues.get(piece.align);
    if (queue) queue.pieces.push(piece);
    else queues.set(piece.align, { align: piece.align, pieces: [piece], next: 0 });
  }
  return [...queues.values()].sort((a, b) => b.align - a.align);
}
