// Serialises a module. The loader reads it front to back, so everything comes in the order it is needed.
// Specification: https://docs.micropython.org/en/latest/reference/mpyfiles.html

import { archNumbers, wordSizeOf } from '../arch/names.ts';
import { ByteWriter } from '../bytes/byte-writer.ts';
import { entryTooHigh } from './errors.ts';
import {
  codeKinds,
  feature,
  lastEntry,
  magics,
  objectKinds,
  relocationOps,
  relocationsEnd,
  scopeFlags,
} from './format.ts';
import type { MpyHeader, MpyModule, MpyObject, Qstr, RawCode, Relocation, RelocationTarget } from './module.ts';

const utf8 = new TextEncoder();

export interface WriteOptions {
  /** Gives every relocation record its offset, needed or not, as the reference linker does. */
  readonly everyOffset?: boolean | undefined;
}

/** @throws Failure `mpy/entry` when a relocation names an entry the format can't express */
export function writeModule(module: MpyModule, options: WriteOptions = {}): Uint8Array {
  const out = new ByteWriter();
  writeHeader(out, module.header);
  out.vuint(module.qstrs.length);
  out.vuint(module.objects.length);
  for (const qstr of module.qstrs) writeQstr(out, qstr);
  for (const object of module.objects) writeObject(out, object);
  writeRawCode(out, module.code, module.header, options);
  return out.finish();
}

function writeHeader(out: ByteWriter, header: MpyHeader): void {
  const arch = header.arch ? archNumbers[header.arch] : 0;
  out.byte(magics[header.flavour]);
  out.byte(header.version);
  out.byte((header.archFlags === undefined ? 0 : feature.archFlags) | (arch << feature.archShift) | header.subVersion);
  out.byte(header.smallIntBits);
  if (header.archFlags !== undefined) out.vuint(header.archFlags);
}

function writeQstr(out: ByteWriter, qstr: Qstr): void {
  if (qstr.staticIndex !== undefined) {
    out.vuint(qstr.staticIndex * 2 + 1);
    return;
  }
  const bytes = utf8.encode(qstr.text);
  out.vuint(bytes.length * 2);
  out.append(bytes);
  out.byte(0);
}

function writeObject(out: ByteWriter, object: MpyObject): void {
  out.byte(objectKinds.indexOf(object.kind));
  if (object.kind === 'tuple') {
    out.vuint(object.items.length);
    for (const item of object.items) writeObject(out, item);
  } else if ('bytes' in object) {
    out.vuint(object.bytes.length);
    out.append(object.bytes);
    if (object.kind === 'str' || object.kind === 'bytes') out.byte(0);
  }
}

function writeRawCode(out: ByteWriter, code: RawCode, header: MpyHeader, options: WriteOptions): void {
  const hasChildren = code.children.length > 0;
  out.vuint(code.code.length * 8 + (hasChildren ? 4 : 0) + codeKinds.indexOf(code.kind));
  out.append(code.code);
  if (code.kind === 'native') out.vuint(code.preludeOffset);
  if (code.kind === 'viper' || code.kind === 'asm') {
    const bits = scopeFlags[header.flavour];
    const viper = code.kind === 'viper' ? code : undefined;
    out.vuint(
      code.scopeFlags |
        (code.relocations ? bits.relocations : 0) |
        (viper?.rodata ? bits.rodata : 0) |
        (viper?.bssSize === undefined ? 0 : bits.bss),
    );
    if (viper?.rodata) out.vuint(viper.rodata.length);
    if (viper?.bssSize !== undefined) out.vuint(viper.bssSize);
    if (viper?.rodata) out.append(viper.rodata);
  }
  if (code.kind === 'asm') {
    out.vuint(code.positionalArguments);
    out.vuint(code.typeSignature);
  }
  if (hasChildren) {
    out.vuint(code.children.length);
    for (const child of code.children) writeRawCode(out, child, header, options);
  }
  if ((code.kind === 'viper' || code.kind === 'asm') && code.relocations)
    writeRelocations(out, code.relocations, header.arch ? wordSizeOf(header.arch) : 4, options);
}

/** Neighbouring words with one target share a record where the format has a count; a record behind its predecessor needs no offset. */
function writeRelocations(
  out: ByteWriter,
  relocations: readonly Relocation[],
  wordSize: number,
  options: WriteOptions,
): void {
  let next: Pick<Relocation, 'base' | 'offset'> | undefined;
  for (let index = 0; index < relocations.length; ) {
    const { base, offset, target } = relocations[index];
    const op = operation(target);
    let count = 1;
    if (op < relocationOps['qstr-table'])
      while (continues(relocations[index + count], relocations[index + count - 1], wordSize)) count++;
    const needsOffset = options.everyOffset || next?.base !== base || next.offset !== offset;
    out.byte(((op + (count > 1 ? 1 : 0)) << 1) | (needsOffset ? 1 : 0));
    if (needsOffset) out.vuint((offset / wordSize) * 2 + (base === 'rodata' ? 1 : 0));
    if (count > 1) out.vuint(count);
    next = { base, offset: offset + count * wordSize };
    index += count;
  }
  out.byte(relocationsEnd);
}

function continues(relocation: Relocation | undefined, previous: Relocation, wordSize: number): boolean {
  return (
    relocation !== undefined &&
    relocation.target.kind === previous.target.kind &&
    relocation.base === previous.base &&
    relocation.offset === previous.offset + wordSize
  );
}

function operation(target: RelocationTarget): number {
  if (target.kind !== 'entry') return relocationOps[target.kind];
  if (target.index > lastEntry) throw entryTooHigh(target.index, lastEntry);
  return relocationOps.firstEntry + target.index;
}
