// Second stage: finds out what each symbol of each object stands for. Definitions come from the objects, then from fixed
// addresses of a linker script, then from the firmware's function table.

import { tableEntry } from '../abi/table-entry.ts';
import type { TableJump } from '../arch/architecture.ts';
import type { ObjectSymbol } from '../elf/object-file.ts';
import { type Definition, findEntry, placeOf } from './entry.ts';
import { commonSymbol, duplicateSymbol } from './errors.ts';
import type { LinkedObject, Piece, Program, Target } from './program.ts';
import { UndefinedSymbols } from './undefined.ts';

/** Symbols that an object may leave undefined although none defines them: the loader or the linker has them. */
const tables: ReadonlyMap<string, Target> = new Map([
  ['_GLOBAL_OFFSET_TABLE_', { kind: 'got' }],
  ['mp_fun_table', { kind: 'table' }],
  ['mp_native_qstr_table', { kind: 'qstr-table' }],
  ['mp_native_obj_table', { kind: 'obj-table' }],
]);

/** Field of the function table behind a C library function that every module may call. */
const memoryFunctions: ReadonlyMap<string, string> = new Map([
  ['memset', 'memset_'],
  ['memcpy', 'memmove_'],
  ['memmove', 'memmove_'],
]);

/** Sets every object's `targets` and the program's `entry`; adds pieces for stubs. Reports duplicates and what is undefined. */
export function resolveSymbols(program: Program): void {
  const definitions = collectDefinitions(program);
  const stubs = new Map<string, Piece>();
  const undefinedSymbols = new UndefinedSymbols(program, [...memoryFunctions.keys(), ...tables.keys(), 'mpy_init']);
  for (const object of program.objects) {
    object.targets = object.file.symbols.map((symbol) => {
      // An object's own weak function gives way to another object's strong one, in that object too.
      const isOverridable = symbol.binding === 'weak' && symbol.place !== 'undefined';
      const own = isOverridable ? undefined : ownTarget(program, object, symbol);
      if (own) return own;
      const table = isOverridable ? undefined : tables.get(symbol.name);
      if (table) return table;
      const definition = definitions.get(symbol.name);
      if (definition) return ownTarget(program, definition.object, definition.symbol) ?? { kind: 'nothing' };
      const outside = outsideTarget(program, object, symbol, stubs);
      if (outside) return outside;
      if (symbol.binding === 'weak') return { kind: 'weak-undefined' };
      undefinedSymbols.report(object, symbol);
      return { kind: 'nothing' };
    });
  }
  // The reference linker puts each new stub behind the first section.
  program.pieces.splice(1, 0, ...[...stubs.values()].reverse());
  findEntry(program, definitions);
}

/** Whether a symbol that no object defines is there all the same, so that no library need be searched for it. */
export function isOffered(program: Program, name: string): boolean {
  const { abi, externs } = program.request;
  if (tables.has(name)) return true;
  // The reference linker prefers a library's memset to the firmware's, and its functions to those at fixed addresses.
  if (program.compat) return false;
  return (
    externs?.has(name) ||
    memoryFunctions.has(name) ||
    program.arch.memoryCalls?.has(name) ||
    tableEntry(name, abi) !== undefined
  );
}

function collectDefinitions(program: Program): Map<string, Definition> {
  const definitions = new Map<string, Definition>();
  for (const object of program.objects) {
    for (const symbol of object.file.symbols) {
      if (symbol.binding === 'local' || symbol.place === 'undefined') continue;
      const first = definitions.get(symbol.name);
      if (!first || (first.symbol.binding === 'weak' && symbol.binding === 'global'))
        definitions.set(symbol.name, { object, symbol });
      else if (symbol.binding === 'global' && !isPcThunk(symbol.name))
        program.diagnostics.push(duplicateSymbol(symbol.name, placeOf(first), placeOf({ object, symbol })));
    }
  }
  return definitions;
}

/** GCC gives each x86 object its own copy of these, in a COMDAT group. */
const isPcThunk = (name: string) => name.startsWith('__x86.get_pc_thunk.');

/** @returns undefined for a symbol that is not defined in its own object. */
function ownTarget(program: Program, object: LinkedObject, symbol: ObjectSymbol): Target | undefined {
  switch (symbol.place) {
    case 'section': {
      const piece = object.pieces[symbol.section];
      return piece ? { kind: 'piece', piece, offset: symbol.value } : { kind: 'nothing' };
    }
    case 'absolute':
      return symbol.type === 'file' ? { kind: 'nothing' } : { kind: 'absolute', value: symbol.value };
    case 'common':
      program.diagnostics.push(commonSymbol(symbol.name, object.file.path, symbol.size));
      return { kind: 'nothing' };
    case 'undefined':
      return symbol.index === 0 ? { kind: 'nothing' } : undefined;
  }
}

function outsideTarget(
  program: Program,
  object: LinkedObject,
  symbol: ObjectSymbol,
  stubs: Map<string, Piece>,
): Target | undefined {
  const { abi, externs } = program.request;
  const { name } = symbol;
  const address = externs?.get(name);
  if (address !== undefined) return { kind: 'absolute', value: address };
  const memoryField = memoryFunctions.get(name);
  if (memoryField) {
    if (program.compat && !program.compat.memoryStubs) return undefined;
    const index = abi.funTable.indexOf(memoryField);
    if (index < 0) return undefined;
    const isCalled = (program.compat && program.arch.reference.idleStubs) || isUsedDirectly(program, object, symbol);
    return { kind: 'entry', index, stub: isCalled ? jumpTo(program, memoryField, index, stubs) : undefined };
  }
  const call = program.compat ? undefined : program.arch.memoryCalls?.get(name);
  if (call) {
    const index = abi.funTable.indexOf(call.field);
    if (index < 0) return undefined;
    // Its address, too, is the stub's: the function in the table takes its arguments in another order.
    return { kind: 'piece', piece: stubFor(program, call.jump, name, index, stubs), offset: call.entry };
  }
  const index = tableEntry(name, abi);
  return index === undefined ? undefined : { kind: 'entry', index, stub: undefined };
}

/** Whether code reaches the symbol at a distance, not only through words that hold its address. */
function isUsedDirectly(program: Program, object: LinkedObject, symbol: ObjectSymbol): boolean {
  return object.pieces.some((piece) =>
    piece?.relocations.some((relocation) => {
      const row = program.arch.relocations[relocation.type];
      return relocation.symbol === symbol.index && row && 'formula' in row && row.formula === 'S + A - P';
    }),
  );
}

function jumpTo(program: Program, field: string, entry: number, stubs: Map<string, Piece>): Piece | undefined {
  const { tableJump } = program.arch;
  return tableJump && stubFor(program, tableJump, field, entry, stubs);
}

function stubFor(program: Program, jump: TableJump, name: string, entry: number, stubs: Map<string, Piece>): Piece {
  let stub = stubs.get(name);
  if (!stub) {
    stub = {
      name: `(jump to ${name})`,
      content: 'text',
      space: 'text',
      size: jump.code.length,
      align: program.arch.wordSize,
      data: jump.code,
      relocations: [],
      object: undefined,
      tableWords: [{ offset: jump.word, entry }],
      start: jump.start,
      address: 0,
    };
    stubs.set(name, stub);
  }
  return stub;
}
