// Second stage: finds out what each symbol of each object stands for. Definitions come from the objects, then from fixed
// addresses of a linker script, then from the firmware's function table.

import { tableEntry } from '../abi/table-entry.ts';
import type { ObjectSymbol } from '../elf/object-file.ts';
import { Commons } from './commons.ts';
import { type Definition, findEntry, placeOf } from './entry.ts';
import { commonSymbol, duplicateSymbol, qstrsMissing } from './errors.ts';
import { FirstUses } from './first-uses.ts';
import { isChosenAtLoad, versionForAll } from './ifunc.ts';
import type { LinkedObject, Program, Target } from './program.ts';
import { Stubs } from './stubs.ts';
import { UndefinedSymbols } from './undefined.ts';

/** A symbol that nothing defines. */
export interface Missing {
  readonly object: LinkedObject;
  readonly symbol: ObjectSymbol;
  /** Defined is only what would choose the function. */
  readonly chooser?: Definition;
}

/** Symbols that an object may leave undefined although none defines them: the loader or the linker has them. */
const tables: ReadonlyMap<string, Target> = new Map([
  ['_GLOBAL_OFFSET_TABLE_', { kind: 'got' }],
  ['mp_fun_table', { kind: 'table' }],
  ['mp_native_qstr_table', { kind: 'qstr-table' }],
  ['mp_native_obj_table', { kind: 'obj-table' }],
]);

/** What `configHeader` calls a place inside the function table. */
function placeInTable(name: string): Target | undefined {
  const [, offset] = /^mp_fun_table\.(\d+)$/.exec(name) ?? [];
  return offset === undefined ? undefined : { kind: 'table', offset: Number(offset) };
}

/** Field of the function table behind a C library function that every module may call. */
const memoryFunctions: ReadonlyMap<string, string> = new Map([
  ['memset', 'memset_'],
  ['memcpy', 'memmove_'],
  ['memmove', 'memmove_'],
]);

/**
 * Sets every object's `targets` and the program's `entry`; adds pieces for stubs. Reports duplicates.
 * @returns what is undefined
 */
export function resolveSymbols(program: Program): Missing[] {
  const definitions = collectDefinitions(program);
  const stubs = new Stubs(program);
  const commons = new Commons(program);
  const missing: Missing[] = [];
  const targetOf = (definition: Definition, user: Definition): Target | undefined => {
    if (!isChosenAtLoad(definition)) return ownTarget(program, definition.object, definition.symbol, commons);
    const version = definitions.get(versionForAll(program, definition) ?? '');
    if (version && !isChosenAtLoad(version)) return ownTarget(program, version.object, version.symbol, commons);
    missing.push({ ...user, chooser: definition });
    return { kind: 'nothing' };
  };
  for (const object of program.objects) {
    object.targets = object.file.symbols.map((symbol) => {
      // An object's own weak function gives way to another object's strong one, in that object too.
      const isOverridable =
        symbol.binding !== 'local' &&
        (symbol.place === 'common' ? !program.compat : symbol.place !== 'undefined' && strength(symbol) < strongest);
      const own = isOverridable ? undefined : targetOf({ object, symbol }, { object, symbol });
      if (own) return own;
      const table = isOverridable ? undefined : (tables.get(symbol.name) ?? placeInTable(symbol.name));
      if (table) return table;
      const definition = definitions.get(symbol.name);
      if (definition) return targetOf(definition, { object, symbol }) ?? { kind: 'nothing' };
      const outside = outsideTarget(program, object, symbol, stubs);
      if (outside) return outside;
      if (symbol.binding === 'weak') return { kind: 'weak-undefined' };
      missing.push({ object, symbol });
      return { kind: 'nothing' };
    });
  }
  // The reference linker puts each new stub behind the first section.
  program.pieces.splice(1, 0, ...stubs.pieces.reverse());
  program.pieces = program.pieces.concat(commons.pieces);
  findEntry(program, definitions);
  if (program.request.qstrs.length === 0) warnOfMissingQstrs(program);
  return missing;
}

/** Their numbers in the code are those of a header that nobody has shown us. */
function warnOfMissingQstrs({ objects, diagnostics }: Program): void {
  for (const object of objects) {
    const index = object.targets.findIndex(({ kind }) => kind === 'qstr-table');
    if (index < 0) continue;
    diagnostics.push(qstrsMissing(new FirstUses().first(object, index)));
    return;
  }
}

/** Of code that is left out nobody needs to know what it lacks. */
export function reportMissing(program: Program, missing: readonly Missing[]): void {
  const undefinedSymbols = new UndefinedSymbols(program, [...memoryFunctions.keys(), ...tables.keys(), 'mpy_init']);
  const used = new Map<LinkedObject, Set<number>>();
  for (const { object, relocations } of [...program.pieces, ...program.literalSections]) {
    if (!object) continue;
    const symbols = used.get(object) ?? new Set();
    used.set(object, symbols);
    for (const { symbol } of relocations) symbols.add(symbol);
  }
  for (const { object, symbol, chooser } of missing)
    if ((!program.isShrunk && !chooser) || used.get(object)?.has(symbol.index))
      undefinedSymbols.report(object, symbol, chooser);
}

/** Whether a symbol that no object defines is there all the same, so that no library need be searched for it. */
export function isOffered(program: Program, name: string): boolean {
  const { abi, externs } = program.request;
  if (tables.has(name) || placeInTable(name)) return true;
  // The reference linker prefers a library's memset to the firmware's, and its functions to those at fixed addresses.
  if (program.compat) return false;
  return (
    externs?.has(name) ||
    memoryFunctions.has(name) ||
    program.arch.memoryCalls?.has(name) ||
    program.arch.ownRuntime?.has(name) ||
    // A plain name, which the table has without the prefix, may be a library's own function.
    (name.startsWith('mp_') && tableEntry(name, abi) !== undefined)
  );
}

function collectDefinitions(program: Program): Map<string, Definition> {
  const definitions = new Map<string, Definition>();
  const { externs } = program.request;
  for (const object of program.objects) {
    for (const symbol of object.file.symbols) {
      if (symbol.binding === 'local' || symbol.place === 'undefined') continue;
      if (object.isFallback && externs?.has(symbol.name)) continue;
      const first = definitions.get(symbol.name);
      if (!first || strength(symbol) > strength(first.symbol)) definitions.set(symbol.name, { object, symbol });
      else if (strength(symbol) === strongest && strength(first.symbol) === strongest && !isPcThunk(symbol.name))
        program.diagnostics.push(duplicateSymbol(symbol.name, placeOf(first), placeOf({ object, symbol })));
    }
  }
  return definitions;
}

const strongest = 3;

/** Of two definitions the stronger holds; two of the strongest are a mistake. */
function strength({ binding, place }: ObjectSymbol): number {
  if (place === 'common') return 2;
  return binding === 'weak' ? 1 : strongest;
}

/** GCC gives each x86 object its own copy of these, in a COMDAT group. */
const isPcThunk = (name: string) => name.startsWith('__x86.get_pc_thunk.');

/** @returns undefined for a symbol that is not defined in its own object. */
function ownTarget(program: Program, object: LinkedObject, symbol: ObjectSymbol, commons: Commons): Target | undefined {
  switch (symbol.place) {
    case 'section': {
      const piece = object.pieces[symbol.section];
      return piece ? { kind: 'piece', piece, offset: symbol.value, size: symbol.size } : { kind: 'nothing' };
    }
    case 'absolute':
      return symbol.type === 'file'
        ? { kind: 'nothing' }
        : { kind: 'absolute', value: symbol.value, size: symbol.size };
    case 'common':
      if (!program.compat) {
        const piece = commons.get(symbol.name);
        return { kind: 'piece', piece, offset: 0, size: piece.size };
      }
      program.diagnostics.push(commonSymbol(symbol.name, object.file.path, symbol.size));
      return { kind: 'nothing' };
    case 'undefined':
      return symbol.index === 0 ? { kind: 'nothing' } : undefined;
  }
}

function outsideTarget(program: Program, object: LinkedObject, symbol: ObjectSymbol, stubs: Stubs): Target | undefined {
  const { abi, externs } = program.request;
  const { name } = symbol;
  const address = externs?.get(name);
  if (address !== undefined) return { kind: 'absolute', value: address };
  const memoryField = memoryFunctions.get(name);
  if (memoryField) {
    if (program.compat && !program.compat.memoryStubs) return undefined;
    const index = abi.funTable.indexOf(memoryField);
    if (index < 0) return undefined;
    const isCalled = (program.compat && program.arch.reference.idleStubs) || stubs.isUsed(object, symbol);
    return { kind: 'entry', index, stub: isCalled ? stubs.jumpTo(memoryField, index) : undefined };
  }
  const call = program.compat ? undefined : program.arch.memoryCalls?.get(name);
  if (call) {
    const index = abi.funTable.indexOf(call.field);
    if (index < 0) return undefined;
    // Its address, too, is the stub's: the function in the table takes its arguments in another order.
    return { kind: 'piece', piece: stubs.get(call.jump, name, index), offset: call.entry };
  }
  if (!program.compat && program.arch.ownRuntime?.has(name))
    return { kind: 'piece', piece: stubs.ownFunction(name), offset: 0 };
  const index = tableEntry(name, abi);
  return index === undefined ? undefined : { kind: 'entry', index, stub: undefined };
}
