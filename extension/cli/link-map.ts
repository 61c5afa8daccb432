// What `natmod link -v` tells besides the result: -v where the sections are, -vv the global offset table too, -vvv each
// relocation.

import type { LinkMap } from '../core/link/map.ts';

export function renderMap({ jump, pieces, slots, relocations }: LinkMap, verbosity: number): string {
  const lines = [
    ...(jump > 0 ? [row('text', 0, `${jump} bytes: jump to mpy_init`)] : []),
    ...(['text', 'rodata', 'bss'] as const).flatMap((space) =>
      pieces
        .filter((piece) => piece.space === space)
        .map(({ address, size, align, name, object }) =>
          row(
            space,
            address,
            `${size} bytes, aligned to ${align}: ${object === undefined ? name : `${name} of ${object}`}`,
          ),
        ),
    ),
  ];
  if (verbosity >= 2) {
    lines.push(`global offset table: ${slots.length} entries`);
    lines.push(...slots.map(({ address, holds }) => row('text', address, holds)));
  }
  if (verbosity >= 3) {
    lines.push(`relocations: ${relocations.length}`);
    lines.push(
      ...relocations.map(({ space, address, type, symbol, meaning }) =>
        row(space, address, `${type} ${symbol} = ${meaning}`),
      ),
    );
  }
  return lines.map((line) => `${line}\n`).join('');
}

function row(space: string, address: number, text: string): string {
  return `  ${space.padEnd(6)} ${address.toString(16).padStart(8, '0')} ${text}`;
}
