// Last stage, for people: turns places in objects into places in sources, where the objects were compiled with -g; else
// tells the function.

import type { Diagnostic, Where } from '../diagnostic.ts';
import { machines, sectionFlags } from '../elf/constants.ts';
import { type LineLookup, readLines } from '../elf/dwarf-lines.ts';
import { readVariables, type VariableLookup } from '../elf/dwarf-variables.ts';
import { literalUse } from '../elf/literal-use.ts';
import type { ObjectFile, ObjectSymbol } from '../elf/object-file.ts';
import type { Program } from './program.ts';

/** A hostile object may have as many faults as bytes; beyond these only the place in the object is told. */
const mostPlaces = 1000;

/** @returns the program's diagnostics, with places in sources as far as they are known. */
export function inSources(program: Program): Diagnostic[] {
  const known = new Map<string, Known>();
  let left = mostPlaces;
  const explain = (where: Where): Where => {
    if (where.file === undefined || where.section === undefined || where.offset === undefined || left-- <= 0)
      return where;
    let object = known.get(where.file);
    if (!object) {
      const file = program.objects.find((candidate) => candidate.file.path === where.file)?.file;
      if (!file) return where;
      known.set(where.file, (object = { file, lines: readLines(file), variables: readVariables(file) }));
    }
    return inSource(object, where, where.section, where.offset);
  };
  return program.diagnostics.map((diagnostic) => {
    const where = diagnostic.where && explain(diagnostic.where);
    const related = diagnostic.related?.map((other) => ({ ...other, where: explain(other.where) }));
    if (where === diagnostic.where && !related) return diagnostic;
    return related ? { ...diagnostic, where, related } : { ...diagnostic, where };
  });
}

interface Known {
  readonly file: ObjectFile;
  readonly lines: LineLookup;
  readonly variables: VariableLookup;
}

function inSource({ file, lines, variables }: Known, where: Where, sectionName: string, offset: number): Where {
  const section = findSection(file, sectionName, offset);
  if (section === undefined) return where;
  const isDefinition = file.symbols.some(
    (symbol) => symbol.name === where.symbol && symbol.section === section && startOf(file, symbol) === offset,
  );
  const code = (!isDefinition && literalUse(file, section, offset)) || { section, offset };
  const line = isDefinition ? lines.starting(section, offset) : lines.at(code.section, code.offset);
  if (line) return { ...where, object: where.file, ...line };
  const symbol = symbolAround(file, code.section, code.offset);
  const defined = symbol && variables.at(code.section, startOf(file, symbol));
  if (defined) return { ...where, object: where.file, ...defined };
  const source = sourceName(file, symbol);
  return {
    ...where,
    ...(symbol && { inside: symbol.name + distance(code.offset - startOf(file, symbol)) }),
    ...(source !== undefined && { source }),
  };
}

/** Several sections may have one name; then the one with a relocation at the place is meant. */
function findSection(file: ObjectFile, name: string, offset: number): number | undefined {
  const named = file.sections.filter(
    (section) => section.name === name && section.flags & sectionFlags.alloc && offset <= section.size,
  );
  if (named.length <= 1) return named[0]?.index;
  const relocated = named.filter((section) => section.relocations.some((relocation) => relocation.offset === offset));
  return relocated.length === 1 ? relocated[0].index : undefined;
}

/** The function or variable with the place in it; assembly without sizes: the nearest one before. */
export function symbolAround(file: ObjectFile, section: number, offset: number): ObjectSymbol | undefined {
  let best: ObjectSymbol | undefined;
  for (const symbol of file.symbols) {
    if (symbol.place !== 'section' || symbol.section !== section || !names(symbol)) continue;
    const from = startOf(file, symbol);
    if (from > offset || (symbol.size > 0 && offset >= from + symbol.size)) continue;
    if (!best || from > startOf(file, best)) best = symbol;
  }
  return best;
}

/** Compilers' and assemblers' own labels name nothing that an author knows. */
function names(symbol: ObjectSymbol): boolean {
  if (symbol.type === 'function' || symbol.type === 'object') return true;
  return symbol.type === 'none' && symbol.name !== '' && !/^[.$]/.test(symbol.name);
}

/** @returns a symbol's offset in its section; a Thumb function's value is odd. */
export function startOf(file: ObjectFile, symbol: ObjectSymbol): number {
  return file.machine === machines.arm && symbol.type === 'function' ? symbol.value - (symbol.value % 2) : symbol.value;
}

/** An object joined of several has several file symbols, each before its own locals. */
function sourceName(file: ObjectFile, symbol: ObjectSymbol | undefined): string | undefined {
  const sources = file.symbols.filter((candidate) => candidate.type === 'file' && candidate.name !== '');
  const before = symbol?.binding === 'local' ? sources.filter((source) => source.index < symbol.index) : [];
  return before.at(-1)?.name ?? (sources.length === 1 ? sources[0].name : undefined);
}

function distance(value: number): string {
  return value === 0 ? '' : `+0x${value.toString(16)}`;
}
