// Between the third and the fourth stage: an order of pieces that wastes little on the jump to mpy_init, which comes first, and
// on alignment.

import { alignUp } from './layout.ts';
import type { Piece, Program, Space } from './program.ts';

/**
 * Code comes before constants, so that calls stay short.
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
    const code = own.filter((piece) => isCode(piece) && !isFirst(piece));
    if (hasOrder) for (const piece of code) packer.pack([piece]);
    else packer.pack(code);
    packer.pack(own.filter((piece) => !isCode(piece)));
    return packer.packed;
  });
  program.pieces = [...rest, ...ordered];
}

class Packer {
  readonly packed: Piece[] = [];
  private end = 0;

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
