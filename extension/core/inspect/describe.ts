// Turns a .mpy file into rows that a person or a script reads: what it is, where it runs, what it costs, what each byte is.
// The text dump, `inspect --json`, the comparison and the inspector panel all show these rows. A broken file is described up
// to its fault.

import { type AbiProfile, abiProfiles } from '../abi/profiles.ts';
import { archByNumber } from '../arch/names.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import type { MpyHeader, MpyObject, RawCode, Relocation, RelocationTarget } from '../mpy/module.ts';
import { type CodePlace, type PartialModule, readPartial, type Span } from '../mpy/read.ts';
import { type OperandNames, readPrelude, signatureText } from './bytecode.ts';
import { abiOf, type CompatibilityRow, compatibility } from './compatibility.ts';
import { type CostRow, cost } from './cost.ts';
import { archNumberOf, describeHeader, type HeaderBits } from './header-bits.ts';
import { type CodeSymbols, type ModuleSymbol, readSymbols } from './module-symbols.ts';
import { objectText, shortenText, wholeText } from './object-text.ts';
import { escapeControls, quoteText } from './plain-text.ts';

export interface Description {
  /** Of the whole file, in bytes. */
  readonly size: number;
  /** Why reading ended before the end of the file; null when it did not. */
  readonly fault: Diagnostic | null;
  readonly header: HeaderRow;
  readonly compatibility: readonly CompatibilityRow[];
  readonly cost: readonly CostRow[];
  readonly qstrs: readonly QstrRow[];
  readonly objects: readonly ObjectRow[];
  /** Every function of the file, outermost first. */
  readonly codes: readonly CodeRow[];
  readonly relocations: readonly RelocationRow[];
  /** Functions and variables; empty without the build's debug image. */
  readonly symbols: readonly SymbolRow[];
  /** Why the debug image that was given is of no use; null when it is, or there is none. */
  readonly imageFault: string | null;
  /** Sorted; they cover the file without gap or overlap. */
  readonly spans: readonly Span[];
}

/** Null: not in the file, or not read. */
export interface HeaderRow {
  readonly flavour: string | null;
  /** Version and native sub-version, e.g. "6.3"; of other versions than 6 the version alone. */
  readonly abi: string | null;
  /** Null: bytecode only, runs everywhere; or not in the header, or not known, as `bits` tells. */
  readonly arch: string | null;
  readonly archFlags: number | null;
  readonly smallIntBits: number | null;
  readonly bits: readonly HeaderBits[];
}

/** A row with a place in the file: bytes `start` to before `end`. */
interface Placed {
  readonly start: number;
  readonly end: number;
}

export interface QstrRow extends Placed {
  readonly index: number;
  readonly text: string;
  /** Number among MicroPython's static qstrs, or null for a qstr of the file's own. */
  readonly static: number | null;
}

export interface ObjectRow extends Placed {
  readonly index: number;
  readonly kind: MpyObject['kind'];
  /** As Python writes it, shortened. */
  readonly text: string;
}

/** Sizes in bytes. */
export interface CodeRow extends Placed {
  /** "0" for the module itself, "0.1" for its second nested function. */
  readonly path: string;
  readonly kind: RawCode['kind'];
  /** Name and arguments of a Python function, null when the file has none. */
  readonly signature: string | null;
  readonly text: number;
  readonly rodata: number;
  readonly bss: number;
  readonly relocations: number;
  /** Where the text and the rodata lie in the file. */
  readonly textStart: number;
  readonly rodataStart: number | null;
}

/** A function or variable. Null: it takes no bytes of the file. */
export interface SymbolRow extends ModuleSymbol {
  /** `path` of the code it belongs to. */
  readonly code: string;
  readonly start: number | null;
  readonly end: number | null;
}

/** The linked ELF file that a build writes beside the .mpy. */
export interface DebugImage {
  /** For messages. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Its place is that of its record; several relocations of neighbouring words share one. */
export interface RelocationRow extends Placed {
  /** `path` of the code it belongs to. */
  readonly code: string;
  readonly base: Relocation['base'];
  /** Of the word, in bytes. */
  readonly offset: number;
  /** E.g. "text", "mp_fun_table[50] memset_". */
  readonly target: string;
  /** The record's bytes in hexadecimal. */
  readonly encoding: string;
}

export interface Inspection {
  /** The file. */
  readonly bytes: Uint8Array;
  readonly description: Description;
  readonly module: PartialModule;
  /** By `path`. */
  readonly codes: ReadonlyMap<string, RawCode>;
  /** What bytecode's operands refer to, for a function. */
  readonly names: (code: RawCode) => OperandNames;
  readonly target: (relocation: Relocation) => string;
  /** Of the machine code that the debug image is of. */
  readonly symbols: (code: RawCode) => CodeSymbols | undefined;
}

/** Never throws: what is wrong is in `fault`. */
export function describe(bytes: Uint8Array, path: string, image?: DebugImage): Description {
  return inspect(bytes, path, image).description;
}

/** The description and what it was made from, for those who also disassemble. */
export function inspect(bytes: Uint8Array, path: string, image?: DebugImage): Inspection {
  const module = readPartial(bytes, path);
  const { facts, header, qstrs, places, spans, fault } = module;
  const codes = new Map<string, RawCode>();
  if (module.code) collectCodes(codes, module.code, '0');
  const texts = new ModuleTexts(module);
  const names = (code: RawCode) => new ModuleNames(texts, code);
  const funTable = funTableOf(header);
  const target = (relocation: Relocation) => describeTarget(relocation.target, funTable);
  const codeRows: CodeRow[] = [];
  const relocations: RelocationRow[] = [];
  for (const [codePath, code] of codes) {
    const place = places.codes.get(code);
    if (!place) continue;
    codeRows.push(describeCode(code, codePath, place, names(code)));
    describeRelocations(relocations, code, codePath, place, bytes, target);
  }
  const { symbols, fault: imageFault } = symbolsOf(image, codes);
  const description: Description = {
    size: bytes.length,
    fault: fault ?? null,
    header: {
      flavour: facts.flavour ?? null,
      abi: header ? abiOf(header) : facts.version === undefined ? null : String(facts.version),
      arch: archByNumber(archNumberOf(facts) ?? 0) ?? null,
      archFlags: facts.archFlags ?? null,
      smallIntBits: facts.smallIntBits ?? null,
      bits: describeHeader(facts, spans),
    },
    compatibility: compatibility(module),
    cost: cost(bytes.length, module, codeRows),
    qstrs: qstrs.map((qstr, index) => ({
      index,
      text: qstr.text,
      static: qstr.staticIndex ?? null,
      ...places.qstrs[index],
    })),
    objects: module.objects.map(({ kind }, index) => ({
      index,
      kind,
      text: wholeText(texts.object(index), bytes, places.objects[index]),
      ...places.objects[index],
    })),
    codes: codeRows,
    relocations,
    symbols: codeRows.flatMap((row) => symbolRows(row, symbols.get(codes.get(row.path)))),
    imageFault: imageFault ?? null,
    spans,
  };
  return { bytes, description, module, codes, names, target, symbols: (code) => symbols.get(code) };
}

type SymbolsByCode = Map<RawCode | undefined, CodeSymbols>;

function symbolsOf(
  image: DebugImage | undefined,
  codes: ReadonlyMap<string, RawCode>,
): { symbols: SymbolsByCode; fault?: string } {
  const symbols: SymbolsByCode = new Map();
  if (!image) return { symbols };
  try {
    for (const code of codes.values()) {
      const found = code.kind === 'viper' ? readSymbols(image.bytes, image.path, code) : undefined;
      if (found) return { symbols: symbols.set(code, found) };
    }
    return { symbols, fault: `${image.path} is of another build: its code is not that of this module` };
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    return { symbols, fault: `${image.path}: ${failure.message}` };
  }
}

function symbolRows(row: CodeRow, symbols: CodeSymbols | undefined): SymbolRow[] {
  const starts = { text: row.textStart, rodata: row.rodataStart, bss: null };
  return (symbols?.all ?? []).map((symbol) => {
    const start = starts[symbol.block];
    const place = start === null ? null : start + symbol.offset;
    return { ...symbol, code: row.path, start: place, end: place === null ? null : place + symbol.size };
  });
}

function collectCodes(codes: Map<string, RawCode>, code: RawCode, path: string): void {
  codes.set(path, code);
  for (let index = 0; index < code.children.length; index++)
    collectCodes(codes, code.children[index], `${path}.${index}`);
}

function describeCode(code: RawCode, path: string, place: CodePlace, names: OperandNames): CodeRow {
  const viper = code.kind === 'viper' ? code : undefined;
  const at = preludeOffset(code);
  const prelude = at === undefined ? undefined : readPrelude(code.code, at, names);
  return {
    path,
    kind: code.kind,
    signature: prelude ? signatureText(prelude) : null,
    text: code.code.length,
    rodata: viper?.rodata?.length ?? 0,
    bss: viper?.bssSize ?? 0,
    relocations: relocationsOf(code).length,
    start: place.start,
    end: place.end,
    textStart: place.text,
    rodataStart: place.rodata ?? null,
  };
}

/** @returns where in `code.code` a Python function's signature and names start; undefined: it has none */
export function preludeOffset(code: RawCode): number | undefined {
  if (code.kind === 'bytecode') return 0;
  return code.kind === 'native' ? code.preludeOffset : undefined;
}

export function relocationsOf(code: RawCode): readonly Relocation[] {
  return 'relocations' in code ? (code.relocations ?? []) : [];
}

function describeRelocations(
  rows: RelocationRow[],
  code: RawCode,
  path: string,
  place: CodePlace,
  bytes: Uint8Array,
  target: (relocation: Relocation) => string,
): void {
  const relocations = relocationsOf(code);
  for (const { start, end, first, count } of place.records) {
    const encoding = hexText(bytes.subarray(start, end));
    const name = target(relocations[first]);
    for (const { base, offset } of relocations.slice(first, first + count))
      rows.push({ code: path, base, offset, target: name, encoding, start, end });
  }
}

export function hexText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += `${text && ' '}${byte.toString(16).padStart(2, '0')}`;
  return text;
}

/** @returns names of the table's entries; none for an ABI without a profile */
function funTableOf(header: MpyHeader | undefined): readonly string[] {
  const same = ({ abi }: AbiProfile) => abi.flavour === header?.flavour && abi.subVersion === header.subVersion;
  return abiProfiles.find(same)?.abi.funTable ?? [];
}

function describeTarget(target: RelocationTarget, funTable: readonly string[]): string {
  switch (target.kind) {
    case 'entry': {
      const name = funTable[target.index];
      return `mp_fun_table[${target.index}]${name ? ` ${name}` : ''}`;
    }
    case 'table':
      return 'mp_fun_table';
    case 'qstr-table':
      return 'qstr table';
    case 'obj-table':
      return 'object table';
    default:
      return target.kind;
  }
}

/** What qstrs and objects are called in listings. Each is written once, however many instructions refer to it. */
class ModuleTexts {
  private readonly qstrs: string[] = [];
  private readonly strings: string[] = [];
  private readonly objects: string[] = [];

  constructor(private readonly module: PartialModule) {}

  qstr(index: number): string {
    return (this.qstrs[index] ??= this.written(index, escapeControls));
  }

  string(index: number): string {
    return (this.strings[index] ??= this.written(index, quoteText));
  }

  object(index: number): string {
    const object = this.module.objects[index];
    if (!object) return `object ${index}?`;
    return (this.objects[index] ??= objectText(object));
  }

  private written(index: number, write: (text: string) => string): string {
    const qstr = this.module.qstrs[index];
    return qstr ? shortenText(qstr.text, write) : `qstr ${index}?`;
  }
}

/** A class, because files have thousands of functions and closures for each take longer than reading them. */
class ModuleNames implements OperandNames {
  constructor(
    private readonly texts: ModuleTexts,
    private readonly code: RawCode,
  ) {}

  qstr(index: number): string {
    return this.texts.qstr(index);
  }

  string(index: number): string {
    return this.texts.string(index);
  }

  object(index: number): string {
    return this.texts.object(index);
  }

  child(index: number): string {
    return `function ${index}${this.code.children[index] ? '' : '?'}`;
  }
}
