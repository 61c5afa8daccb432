// mpy_init, the function that the loader calls: where it is, or why there is none.

import type { Where } from '../diagnostic.ts';
import type { ObjectSymbol } from '../elf/object-file.ts';
import { chosenAtLoad, entryEmpty, entryIsData, entryNotCode, entryOutside, noEntry, staticEntry } from './errors.ts';
import { nearest } from './nearest.ts';
import { startOf } from './places.ts';
import type { LinkedObject, Program } from './program.ts';

const entryName = 'mpy_init';

export interface Definition {
  readonly object: LinkedObject;
  readonly symbol: ObjectSymbol;
}

/** Sets the program's `entry`. */
export function findEntry(program: Program, definitions: ReadonlyMap<string, Definition>): void {
  const definition = definitions.get(entryName);
  if (!definition) {
    program.diagnostics.push(explainMissing(program, definitions));
    return;
  }
  const { object, symbol } = definition;
  const piece = symbol.place === 'section' ? object.pieces[symbol.section] : undefined;
  const where = placeOf(definition);
  if (piece?.content !== 'text') {
    program.diagnostics.push(entryNotCode(object.file.path, where.section ?? symbol.place));
    return;
  }
  if (symbol.type === 'ifunc') {
    program.diagnostics.push(chosenAtLoad(entryName, where));
  } else if (symbol.type === 'object' || symbol.type === 'tls') {
    program.diagnostics.push(entryIsData(where));
  } else if (symbol.value < 0 || symbol.value >= piece.size) {
    program.diagnostics.push(entryOutside(symbol.value, piece.size, where));
  } else {
    // Assembly often gives no size.
    if (symbol.type === 'function' && symbol.size === 0 && isCompiled(object))
      program.diagnostics.push(entryEmpty(where));
    program.entry = { piece, offset: symbol.value };
  }
}

function isCompiled(object: LinkedObject): boolean {
  return object.file.symbols.some(({ type, name }) => type === 'file' && /\.(c|cc|cpp|cxx)$/i.test(name));
}

function explainMissing(program: Program, definitions: ReadonlyMap<string, Definition>) {
  for (const object of program.objects) {
    const hidden = object.file.symbols.find(
      ({ name, binding, place }) => name === entryName && binding === 'local' && place === 'section',
    );
    if (hidden) return staticEntry(placeOf({ object, symbol: hidden }));
  }
  const functions = [...definitions].filter(([, { object, symbol }]) => {
    const piece = symbol.place === 'section' ? object.pieces[symbol.section] : undefined;
    return piece?.content === 'text';
  });
  const mangled = functions.find(([name]) => /^_Z8mpy_init/.test(name));
  const name =
    mangled?.[0] ??
    nearest(
      entryName,
      functions.map(([known]) => known),
    );
  const near = name === undefined ? undefined : definitions.get(name);
  return noEntry(
    program.objects.map((object) => object.file.path),
    near && {
      name: mangled ? 'the C++ function mpy_init (declare it extern "C")' : near.symbol.name,
      where: placeOf(near),
    },
  );
}

export function placeOf({ object, symbol }: Definition): Where {
  const { file } = object;
  if (symbol.place !== 'section') return { file: file.path };
  return { file: file.path, section: file.sections[symbol.section].name, offset: startOf(file, symbol) };
}
