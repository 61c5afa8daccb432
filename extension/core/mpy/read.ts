// Reads a .mpy file back into a module, and says of every byte what it is.
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

/** Bytes `start` to before `end` of the file are `what`. A file's spans follow each other without gap or overlap. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly what: string;
}

export interface ReadModule {
  readonly module: MpyModule;
  readonly spans: readonly Span[];
}

/**
 * @param bytes a whole .mpy file
 * @param path for diagnostics
 * @throws Failure with the code, the byte and what was expected there: `mpy/magic`, `mpy/version`, `mpy/truncated`, ...
 */
export function readModule(bytes: Uint8Array, path: string): ReadModule {
  const reader = new Reader(bytes, path);
  const header = readHeader(reader);
  const qstrCount = reader.count('number of qstrs');
  const objectCount = reader.count('number of constant objects');
  const qstrs = Array.from({ length: qstrCount }, (_, index) => readQstr(reader, index));
  const objects = Array.from({ length: objectCount }, (_, index) => readObject(reader, `object ${index}`, 0));
  const code = readRawCode(reader, header, 'code', 0);
  if (reader.at < bytes.length) throw reader.fault(errors.trailingBytes(path, reader.at, bytes.length - reader.at));
  return { module: { header, qstrs, objects, code }, spans: reader.spans };
}

/** Nesting that no compiler makes; the loader itself would overflow its stack. */
const deepest = 100;

const utf8 = new TextDecoder();

function readHeader(reader: Reader): MpyHeader {
  const { path } = reader;
  const magic = reader.byte('magic');
  const flavour = (Object.keys(magics) as MpyHeader['flavour'][]).find((name) => magics[name] === magic);
  if (!flavour) throw reader.fault(errors.notMpy(path, magic.toString(16).padStart(2, '0')));
  const version = reader.byte('format version');
  if (version !== currentVersion) throw reader.fault(errors.otherVersion(path, version, currentVersion));
  const features = reader.byte('architecture and sub-version');
  if (features & feature.reserved) throw reader.fault(errors.reservedBit(path, features));
  const number = (features >> feature.archShift) & feature.archMask;
  const arch = number === 0 ? undefined : archByNumber(number);
  if (number !== 0 && !arch) throw reader.fault(errors.unknownArch(path, number));
  const smallIntBits = reader.byte('bits of a small int');
  const archFlags = features & feature.archFlags ? reader.vuint('architecture flags') : undefined;
  return { flavour, version, subVersion: features & feature.subVersionMask, arch, archFlags, smallIntBits };
}

function readQstr(reader: Reader, index: number): Qstr {
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

function readObject(reader: Reader, what: string, depth: number): MpyObject {
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
      return { kind, items: Array.from({ length }, (_, index) => readObject(reader, `${what}[${index}]`, depth + 1)) };
    }
    default: {
      const bytes = reader.take(reader.vuint(`${what}: length`), `${what}: ${kind}`);
      if (kind === 'str' || kind === 'bytes') reader.terminator(what);
      return { kind, bytes };
    }
  }
}

function readRawCode(reader: Reader, header: MpyHeader, what: string, depth: number): RawCode {
  if (depth > deepest) throw reader.fault(errors.tooDeep(reader.path, reader.at));
  const kindAndLength = reader.vuint(`${what}: kind and length`);
  const kind = codeKinds[kindAndLength % 4];
  const hasChildren = Math.floor(kindAndLength / 4) % 2 === 1;
  const code = reader.take(
    Math.floor(kindAndLength / 8),
    `${what}: ${kind === 'bytecode' ? 'bytecode' : 'machine code'}`,
  );
  const children = () => (hasChildren ? readChildren(reader, header, what, depth) : []);
  if (kind === 'bytecode') return { kind, code, children: children() };
  if (kind === 'native')
    return { kind, code, preludeOffset: reader.vuint(`${what}: prelude offset`), children: children() };

  const bits = scopeFlags[header.flavour];
  const flags = reader.vuint(`${what}: scope flags`);
  const plainFlags = flags & ~(bits.relocations | bits.rodata | bits.bss);
  const hasRelocations = (flags & bits.relocations) !== 0;
  const wordSize = header.arch ? wordSizeOf(header.arch) : 4;
  if (kind === 'asm') {
    const positionalArguments = reader.vuint(`${what}: number of arguments`);
    const typeSignature = reader.vuint(`${what}: types of the arguments`);
    const nested = children();
    const relocations = hasRelocations
      ? readRelocations(reader, what, wordSize, { text: code.length, rodata: 0 })
      : undefined;
    return {
      kind,
      code,
      scopeFlags: flags & ~bits.relocations,
      positionalArguments,
      typeSignature,
      relocations,
      children: nested,
    };
  }
  const rodataSize = flags & bits.rodata ? reader.vuint(`${what}: size of rodata`) : undefined;
  const bssSize = flags & bits.bss ? reader.vuint(`${what}: size of bss`) : undefined;
  const rodata = rodataSize === undefined ? undefined : reader.take(rodataSize, `${what}: rodata`);
  const nested = children();
  const relocations = hasRelocations
    ? readRelocations(reader, what, wordSize, { text: code.length, rodata: rodataSize ?? 0 })
    : undefined;
  return { kind: 'viper', code, scopeFlags: plainFlags, rodata, bssSize, relocations, children: nested };
}

function readChildren(reader: Reader, header: MpyHeader, what: string, depth: number): RawCode[] {
  const length = reader.count(`${what}: number of nested functions`);
  return Array.from({ length }, (_, index) => readRawCode(reader, header, `${what}.${index}`, depth + 1));
}

function readRelocations(
  reader: Reader,
  what: string,
  wordSize: number,
  sizes: Readonly<Record<Relocation['base'], number>>,
): Relocation[] {
  const relocations: Relocation[] = [];
  let place: { base: Relocation['base']; offset: number } | undefined;
  for (let record = 0; ; record++) {
    const start = reader.at;
    const label = `${what}: relocation ${record}`;
    const byte = reader.quietByte(label);
    if (byte === relocationsEnd) {
      reader.note(start, `${what}: end of relocations`);
      return relocations;
    }
    if (byte & 1) {
      const number = reader.quietVuint(label);
      place = { base: number % 2 === 1 ? 'rodata' : 'text', offset: Math.floor(number / 2) * wordSize };
    }
    if (!place) throw reader.fault(errors.firstRelocation(reader.path, start));
    const { target, counted } = relocationTarget(byte >> 1);
    const count = counted ? reader.quietVuint(label) : 1;
    const { base } = place;
    if (place.offset + count * wordSize > sizes[base]) {
      // Named by its first word outside, and before a hostile count is expanded.
      const outside = Math.max(place.offset, Math.floor(sizes[base] / wordSize) * wordSize);
      throw reader.fault(errors.wildRelocation(reader.path, base, outside, sizes[base], start));
    }
    for (let index = 0; index < count; index++, place.offset += wordSize)
      relocations.push({ base, offset: place.offset, target });
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

class Reader {
  at = 0;
  readonly spans: Span[] = [];

  constructor(
    private readonly bytes: Uint8Array,
    readonly path: string,
  ) {}

  byte(what: string): number {
    const start = this.at;
    const value = this.quietByte(what);
    this.note(start, what);
    return value;
  }

  vuint(what: string): number {
    const start = this.at;
    const value = this.quietVuint(what);
    this.note(start, what);
    return value;
  }

  /** A number of things that take at least one byte each. */
  count(what: string): number {
    const start = this.at;
    const value = this.vuint(what);
    if (value > this.bytes.length - this.at)
      throw this.fault(errors.countTooLarge(this.path, what, value, start, this.bytes.length));
    return value;
  }

  take(length: number, what: string): Uint8Array {
    const start = this.at;
    if (length > this.bytes.length - start)
      throw this.fault(errors.endsEarly(this.path, what, start, length, this.bytes.length));
    this.at += length;
    if (length > 0) this.note(start, what);
    return this.bytes.subarray(start, this.at);
  }

  terminator(what: string): void {
    const start = this.at;
    const byte = this.byte(`${what}: end`);
    if (byte !== 0) throw this.fault(errors.noTerminator(this.path, what, byte, start));
  }

  /** Reads without making a span; the caller notes a larger one. */
  quietByte(what: string): number {
    if (this.at >= this.bytes.length)
      throw this.fault(errors.endsEarly(this.path, what, this.at, 1, this.bytes.length));
    return this.bytes[this.at++];
  }

  quietVuint(what: string): number {
    const start = this.at;
    let value = 0;
    for (;;) {
      const byte = this.quietByte(what);
      value = value * 128 + (byte & 0x7f);
      if (value > 0xffff_ffff) throw this.fault(errors.numberTooLarge(this.path, what, start));
      if (byte < 0x80) return value;
    }
  }

  note(start: number, what: string): void {
    this.spans.push({ start, end: this.at, what });
  }

  fault(diagnostic: Diagnostic): Failure {
    return new Failure(diagnostic);
  }
}
