// Which variable a relocation means. Compilers name a static one by its section and a distance that, where code counts from
// itself, holds other things besides.

import { machines } from '../elf/constants.ts';
import type { ObjectFile, ObjectRelocation, ObjectSymbol } from '../elf/object-file.ts';
import type { Piece } from './program.ts';

/** @returns the variable's name; several where it can't be told which one; the section's name when it has no symbols */
export function variablesMeant(piece: Piece, relocation: ObjectRelocation, addend: number): string[] {
  const file = piece.object?.file;
  const symbol = file?.symbols[relocation.symbol];
  if (!file || !symbol) return ['(no symbol)'];
  const isLabel = symbol.type === 'section' || /^(\.|$)/.test(symbol.name);
  if (!isLabel) return [symbol.name];
  const all = file.symbols.filter(
    ({ place, section, type, name, binding }) =>
      place === 'section' && section === symbol.section && type === 'object' && name !== '' && binding === 'local',
  );
  const found = new Set(
    displacements(file).flatMap((displacement) => names(all, symbol.value + addend + displacement)),
  );
  if (found.size > 0) return [...found];
  return all.length > 0 ? all.map(({ name }) => name) : [symbol.name || '(no symbol)'];
}

/** What has to be added to S + A. x86-64 counts from the end of the instruction, which may hold another operand. */
function displacements(file: ObjectFile): number[] {
  if (file.machine === machines.x64) return [4, 5, 6, 8];
  // ARM counts from the instruction that adds: nothing in the object tells where that is.
  return file.machine === machines.arm ? [] : [0];
}

function names(variables: readonly ObjectSymbol[], offset: number): string[] {
  return variables
    .filter(({ value, size }) => offset >= value && offset < value + Math.max(size, 1))
    .map(({ name }) => name);
}
