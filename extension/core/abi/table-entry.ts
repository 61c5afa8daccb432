// Which entry of the function table a C symbol stands for.

import type { Abi } from './abi.ts';

/**
 * Any field links by its own name, or with MicroPython's prefix: `type_str` and `mp_type_str` are entry 74. A fork that
 * appends fields needs no change here. The plain name `raise` stays C's own: it takes a signal number.
 * @returns the entry's index, or undefined when the table does not offer the symbol
 */
export function tableEntry(symbol: string, abi: Abi): number | undefined {
  if (symbol === 'raise') return undefined;
  const plain = symbol.replace(/^mp_/, '');
  const index = abi.funTable.findIndex((field) => field === plain || field === symbol);
  return index < 0 ? undefined : index;
}
