// Functions that compilers call for loops over strings and memory, where a module has its own: GCC takes the loop in it for such
// a one, too, so that the function calls itself for ever.
// https://gcc.gnu.org/onlinedocs/gcc/Optimize-Options.html#index-ftree-loop-distribute-patterns

import { placeOf } from './entry.ts';
import { callsItself } from './errors.ts';
import { startOf } from './places.ts';
import type { Program } from './program.ts';

const madeOfLoops = new Set(['memcpy', 'memmove', 'memset', 'rawmemchr', 'strlen']);

export function warnOfSelfCalls(program: Program): void {
  const kept = new Set(program.pieces);
  for (const object of program.objects)
    for (const symbol of object.file.symbols) {
      const piece = symbol.place === 'section' ? object.pieces[symbol.section] : undefined;
      if (!madeOfLoops.has(symbol.name) || !piece || !kept.has(piece)) continue;
      const start = startOf(object.file, symbol);
      const isInside = (offset: number) => offset >= start && offset < start + symbol.size;
      if (piece.relocations.some((call) => call.symbol === symbol.index && isInside(call.offset)))
        program.diagnostics.push(callsItself(symbol.name, { ...placeOf({ object, symbol }), symbol: symbol.name }));
    }
}
