// Reads a .mpy file back into a module, and says of every byte what it is. A broken file is read up to its fault.
// Specification: https://docs.micropython.org/en/latest/reference/mpyfiles.html, py/persistentcode.c

import { staticQstrs } from '../abi/static-qstrs.ts';
import { archByNumber, wordSizeOf } from '../arch/names.ts';
import { type Diagnostic, Failure } from '../diagnostic.ts';
import * as errors from './errors.ts';
import {
  codeKinds,
  currentVersion,
  feature,
  magics,
  objectKinds,
  relocationOps,
  relocationsEnd,
  scopeFlags,
} from './format.ts';
import type { MpyHeader, MpyModule, MpyObject, Qstr, RawCode, Relocation, RelocationTarget } from './module.ts';
import { mostParts, type Span, SpanReader } from './span-reader.ts';

export type { Span } from './span-reader.ts';

export interface ReadModule {
  readonly module: MpyModule;
  readonly spans: readonly Span[];
}

/** What could be read of a file; all of it when there is no `fault`. */
export interface PartialModule {
  readonly facts: HeaderFacts;
  /** Undefined when the file is of another version or its header is broken. */
  readonly header: MpyHeader | undefined;
  readonly qstrs: readonly Qstr[];
  readonly objects: readonly MpyObject[];
  readonly code: RawCode | undefined;
  /** Cover the file, whatever is in it; bytes behind the fault are one span. */
  readonly spans: readonly Span[];
  readonly places: Places;
  /** `where.offset` is the byte. */
  readonly fault: Diagnostic | undefined;
}

/** The header's bytes as they stand, of any version. */
export interface HeaderFacts {
  readonly flavour?: MpyHeader['flavour'];
  readonly version?: number;
  readonly features?: number;
  readonly smallIntBits?: number;
  readonly archFlags?: number;
}

export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Where in the file things stand. */
export interface Places {
  /** By index. */
  readonly qstrs: readonly Range[];
  /** By index. */
  readonly objects: readonly Range[];
  readonly codes: ReadonlyMap<RawCode, CodePlace>;
}

export interface CodePlace {
  readonly start: number;
  /** Behind the children and relocations. */
  readonly end: number;
  /** Offsets of the first byte of `code` and of `rodata`. */
  readonly text: number;
  readonly rodata: number | undefined;
  /** Each stands for `count` relocations, from index `first` on. */
  readonly records: readonly RelocationRecord[];
}

export interface RelocationRecord extends Range {
  readonly first: number;
  readonly count: number;
}

/**
 * @param bytes a whole .mpy file
 * @param path for diagnostics
 * @throws Failure with the code, the byte and what was expected there: `mpy/magic`, `mpy/version`, `mpy/truncated`, ...
 */
export function readModule(bytes: Uint8Array, path: string): ReadModule {
  const { header, qstrs, objects, code, spans, fault } = readPartial(bytes, path);
  if (fault || !header || !code) throw new Failure(fault ?? []);
  return { module: { header, qstrs, objects, code }, spans };
}

/** Reads up to the first fault. Never throws, and takes bounded time and memory whatever the bytes are. */
export function readPartial(bytes: Uint8Array, path: string): PartialModule {
  const draft: Draft = {
    reader: new SpanReader(bytes, path),
    facts: {},
    header: undefined,
    qstrs: [],
    objects: [],
    codes: [],
    places: { qstrs: [], objects: [], codes: new Map() },
    relocations: 0,
  };
  let fault: Diagnostic | undefined;
  try {
    readFile(draft);
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    [fault] = thrown.diagnostics;
  }
  const { facts, header, qstrs, objects, codes, places, reader } = draft;
  if (fault) reader.finish(fault.code === 'mpy/trailing' ? 'behind the module' : 'not read');
  return { facts, header, qstrs, objects, code: codes[0], spans: reader.spans, places, fault };
}

/** What has been read so far. Each thing is put in its place before its own parts are read. */
interface Draft {
  readonly reader: SpanReader;
  readonly facts: { -readonly [K in keyof HeaderFacts]: HeaderFacts[K] };
  header: MpyHeader | undefined;
  readonly qstrs: Qstr[];
  readonly objects: MpyObject[];
  readonly codes: RawCode[];
  readonly places: { readonly qstrs: Range[]; readonly objects: Range[]; readonly codes: Map<RawCode, CodePlace> };
  /** In all codes together. */
  relocations: number;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Nesting that no compiler makes; the loader itself would overflow its stack. */
const deepest = 100;

const utf8 = new TextDecoder();

function readFile(draft: Draft): void {
  const { reader, qstrs, objects, places } = draft;
  draft.header = readHeader(draft);
  const qstrCount = reader.count('number of qstrs');
  const objectCount = reader.count('number of constant objects');
  for (let index = 0; index < qstrCount; index++) {
    const start = reader.at;
    qstrs.push(readQstr(reader, index));
    places.qstrs.push({ start, end: reader.at });
  }
  for (let index = 0; index < objectCount; index++) {
    const start = reader.at;
    objects.push(readObject(reader, `object ${index}`, 0));
    places.objects.push({ start, end: reader.at });
  }
  readRawCode(draft, draft.header, draft.codes, 'code', 0);
  const left = reader.bytes.length - reader.at;
  if (left > 0) throw reader.fault(errors.trailingBytes(reader.path, reader.at, left));
}

function readHeader({ reader, facts }: Draft): MpyHeader {
  const { path } = reader;
  const magic = reader.byte('magic');
  const flavour = (Object.keys(magics) as MpyHeader['flavour'][]).find((name) => magics[name] === magic);
  if (!flavour) throw reader.fault(errors.notMpy(path, magic.toString(16).padStart(2, '0')));
  const second = reader.bytes[reader.at] ?? 0;
  if (isPrintable(second)) throw reader.fault(errors.textNotMpy(path, String.fromCharCode(magic, second)));
  facts.flavour = flavour;
  const version = (facts.version = reader.byte('format version'));
  if (version < currentVersion) readOldHeader(reader, facts, version);
  if (version !== currentVersion) throw reader.fault(errors.otherVersion(path, version, currentVersion, flavour));
  const features = (facts.features = reader.byte('architecture and sub-version'));
  const smallIntBits = (facts.smallIntBits = reader.byte('bits of a small int'));
  if (features & feature.reserved) throw reader.fault(errors.reservedBit(path, features));
  const archFlags = features & feature.archFlags ? reader.vuint('architecture flags') : undefined;
  if (archFlags !== undefined) facts.archFlags = archFlags;
  const number = (features >> feature.archShift) & feature.archMask;
  const arch = number === 0 ? undefined : archByNumber(number);
  if (number !== 0 && !arch) throw reader.fault(errors.unknownArch(path, number));
  return { flavour, version, subVersion: features & feature.subVersionMask, arch, archFlags, smallIntBits };
}

/** Versions are small numbers: this is the second letter of a text that begins with M or C. */
const isPrintable = (byte: number) => byte >= 0x20 && byte < 0x7f;

/** Versions 0 to 5 have the same four bytes in front; what follows is another format each time. */
function readOldHeader(reader: SpanReader, facts: Draft['facts'], version: number): void {
  if (reader.bytes.length < 4) return;
  facts.features = reader.byte(version < 4 ? 'feature flags' : 'architecture and feature flags');
  facts.smallIntBits = reader.byte('bits of a small int');
}

function readQstr(reader: SpanReader, index: number): Qstr {
  const start = reader.at;
  const number = reader.vuint(`qstr ${index}: length or static number`);
  if (number % 2 === 1) {
    const staticIndex = (number - 1) / 2;
    const text = staticQstrs[staticIndex - 1];
    if (text === undefined)
      throw reader.fault(errors.unknownStatic(reader.path, staticIndex, staticQstrs.length, start));
    return { text, staticIndex };
  }
  const text = utf8.decode(reader.take(number / 2, `qstr ${index}: text`));
  reader.terminator(`qstr ${index}`);
  return { text };
}

function readObject(reader: SpanReader, what: string, depth: number): MpyObject {
  const start = reader.at;
  if (depth > deepest) throw reader.fault(errors.tooDeep(reader.path, start));
  const type = reader.byte(`${what}: type`);
  const kind = objectKinds[type];
  switch (kind) {
    case undefined:
      throw reader.fault(errors.unknownObject(reader.path, type, start));
    case 'fun_table':
    case 'none':
    case 'false':
    case 'true':
    case 'ellipsis':
      return { kind };
    case 'tuple': {
      const length = reader.count(`${what}: number of items`);
      const items: MpyObject[] = [];
      while (items.length < length) items.push(readObject(reader, `${what}[${items.length}]`, depth + 1));
      return { kind, items };
    }
    default: {
      const bytes = reader.take(reader.vuint(`${what}: length`), `${what}: ${kind}`);
      if (kind === 'str' || kind === 'bytes') reader.terminator(what);
      return { kind, bytes };
    }
  }
}

function readRawCode(draft: Draft, header: MpyHeader, siblings: RawCode[], what: string, depth: number): void {
  const { reader, places } = draft;
  const start = reader.at;
  if (depth > deepest) throw reader.fault(errors.tooDeep(reader.path, start));
  const kindAndLength = reader.vuint(`${what}: kind and length`);
  const kind = codeKinds[kindAndLength % 4];
  const text = reader.at;
  const children: RawCode[] = [];
  const put = (bytes: Uint8Array) => {
    const code = blankCode(kind, bytes, children);
    const place: Writable<CodePlace> = { start, end: reader.at, text, rodata: undefined, records: [] };
    siblings.push(code);
    places.codes.set(code, place);
    return { code, place };
  };
  const length = Math.floor(kindAndLength / 8);
  const bytes = reader.take(length, `${what}: ${kind === 'bytecode' ? 'bytecode' : 'machine code'}`, put);
  const { code, place } = put(bytes);
  try {
    const hasRelocations = readProperties(reader, header, code, place, what);
    if (Math.floor(kindAndLength / 4) % 2 === 1) {
      const count = reader.count(`${what}: number of nested functions`);
      for (let index = 0; index < count; index++) readRawCode(draft, header, children, `${what}.${index}`, depth + 1);
    }
    if (hasRelocations && 'relocations' in code) readRelocations(draft, header, code, place, what);
  } finally {
    place.end = reader.at;
  }
}

function blankCode(kind: RawCode['kind'], code: Uint8Array, children: RawCode[]): Writable<RawCode> {
  switch (kind) {
    case 'bytecode':
      return { kind, code, children };
    case 'native':
      return { kind, code, preludeOffset: 0, children };
    case 'viper':
      return { kind, code, scopeFlags: 0, rodata: undefined, bssSize: undefined, relocations: undefined, children };
    case 'asm':
      return { kind, code, scopeFlags: 0, positionalArguments: 0, typeSignature: 0, relocations: undefined, children };
  }
}

/** @returns whether relocations follow behind the children */
function readProperties(
  reader: SpanReader,
  header: MpyHeader,
  code: Writable<RawCode>,
  place: Writable<CodePlace>,
  what: string,
): boolean {
  if (code.kind === 'bytecode') return false;
  if (code.kind === 'native') {
    code.preludeOffset = reader.vuint(`${what}: prelude offset`);
    return false;
  }
  const bits = scopeFlags[header.flavour];
  const flags = reader.vuint(`${what}: scope flags`);
  if (code.kind === 'asm') {
    code.scopeFlags = flags & ~bits.relocations;
    code.positionalArguments = reader.vuint(`${what}: number of arguments`);
    code.typeSignature = reader.vuint(`${what}: types of the arguments`);
  } else {
    code.scopeFlags = flags & ~(bits.relocations | bits.rodata | bits.bss);
    const rodataSize = flags & bits.rodata ? reader.vuint(`${what}: size of rodata`) : undefined;
    if (flags & bits.bss) code.bssSize = reader.vuint(`${what}: size of bss`);
    if (rodataSize !== undefined) {
      place.rodata = reader.at;
      code.rodata = reader.take(rodataSize, `${what}: rodata`, (rest) => {
        code.rodata = rest;
      });
    }
  }
  return (flags & bits.relocations) !== 0;
}

function readRelocations(
  draft: Draft,
  header: MpyHeader,
  code: Writable<Extract<RawCode, { relocations: unknown }>>,
  place: Writable<CodePlace>,
  what: string,
): void {
  const { reader } = draft;
  const wordSize = header.arch ? wordSizeOf(header.arch) : 4;
  const sizes = { text: code.code.length, rodata: code.kind === 'viper' ? (code.rodata?.length ?? 0) : 0 };
  const relocations: Relocation[] = (code.relocations = []);
  const records: RelocationRecord[] = (place.records = []);
  let next: { base: Relocation['base']; offset: number } | undefined;
  for (;;) {
    const start = reader.at;
    const label = `${what}: relocation ${records.length}`;
    const byte = reader.quietByte(label);
    if (byte === relocationsEnd) {
      reader.note(start, `${what}: end of relocations`);
      return;
    }
    if (byte & 1) {
      const number = reader.quietVuint(label);
      next = { base: number % 2 === 1 ? 'rodata' : 'text', offset: Math.floor(number / 2) * wordSize };
    }
    if (!next) throw reader.fault(errors.firstRelocation(reader.path, start));
    const { target, counted } = relocationTarget(byte >> 1);
    const count = counted ? reader.quietVuint(label) : 1;
    const { base } = next;
    if (next.offset + count * wordSize > sizes[base]) {
      // Named by its first word outside, and before a hostile count is expanded.
      const outside = Math.max(next.offset, Math.floor(sizes[base] / wordSize) * wordSize);
      throw reader.fault(errors.wildRelocation(reader.path, base, outside, sizes[base], start));
    }
    draft.relocations += count;
    if (draft.relocations > mostParts)
      throw reader.fault(
        errors.tooManyParts(reader.path, 'the number of relocations', draft.relocations, mostParts, start),
      );
    records.push({ start, end: reader.at, first: relocations.length, count });
    for (let index = 0; index < count; index++, next.offset += wordSize)
      relocations.push({ base, offset: next.offset, target });
    reader.note(start, label);
  }
}

function relocationTarget(op: number): { target: RelocationTarget; counted: boolean } {
  switch (op) {
    case relocationOps['qstr-table']:
      return { target: { kind: 'qstr-table' }, counted: false };
    case relocationOps['obj-table']:
      return { target: { kind: 'obj-table' }, counted: false };
    case relocationOps.table:
      return { target: { kind: 'table' }, counted: false };
  }
  if (op >= relocationOps.firstEntry)
    return { target: { kind: 'entry', index: op - relocationOps.firstEntry }, counted: false };
  return { target: { kind: (['text', 'rodata', 'bss'] as const)[op >> 1] }, counted: op % 2 === 1 };
}
