// MOD.map, the map of a linked module as a text for people: one line for each section of an object and each function and
// variable in it, block by block, and why the object is in.

import type { LinkMap } from './map.ts';

/** @param shorten makes a path the same wherever the project lies */
export function writeMap({ jump, pieces }: LinkMap, shorten: (path: string) => string): string {
  const lines = ['block   address     size  section, symbol'];
  if (jump > 0) lines.push(row('text', 0, jump, '(jump to mpy_init)', 'made by the linker'));
  for (const space of ['text', 'rodata', 'bss'])
    for (const piece of pieces.filter((candidate) => candidate.space === space)) {
      const from = piece.object === undefined ? '' : ` of ${shorten(piece.object)}`;
      lines.push(row(space, piece.address, piece.size, piece.name + from, shorten(piece.why)));
      for (const { name, address, size } of piece.symbols) lines.push(row('', address, size, `  ${name}`));
    }
  return lines.map((line) => `${line}\n`).join('');
}

function row(block: string, address: number, size: number, name: string, why = ''): string {
  const place = `${block.padEnd(6)} ${address.toString(16).padStart(8, '0')} ${String(size).padStart(8)}  ${name}`;
  return why === '' ? place : `${place}  [${why}]`;
}
