// Compilers for ARM and Xtensa keep addresses in words beside the code, and those words belong to no source line: the
// instruction that loads one does.
// Encodings: Armv7-M Architecture Reference Manual, A7.7.44 LDR (literal).

import { machines } from './constants.ts';
import type { ObjectFile } from './object-file.ts';

export interface CodePlace {
  readonly section: number;
  readonly offset: number;
}

/** @returns the first instruction that loads the word at this place, or undefined when none is found. */
export function literalUse(object: ObjectFile, section: number, offset: number): CodePlace | undefined {
  if (object.machine === machines.arm) return thumbLoad(object, section, offset);
  if (object.machine === machines.xtensa) return relocatedLoad(object, section, offset);
  return undefined;
}

/** LDR (literal) in 16 bits reaches 1 KiB forwards, in 32 bits 4 KiB. */
function thumbLoad(object: ObjectFile, section: number, offset: number): CodePlace | undefined {
  const { data } = object.sections[section];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = Math.max(0, (offset & ~1) - 4100); at < offset && at + 4 <= data.length; at += 2) {
    const base = (at & ~3) + 4;
    const high = view.getUint16(at, true);
    if (high >> 11 === 0b01001 && base + (high & 0xff) * 4 === offset) return { section, offset: at };
    if (high === 0xf8df && base + (view.getUint16(at + 2, true) & 0xfff) === offset) return { section, offset: at };
  }
  return undefined;
}

/** Xtensa's literals lie in sections of their own; the loads are relocated against them. */
function relocatedLoad(object: ObjectFile, section: number, offset: number): CodePlace | undefined {
  for (const candidate of object.sections) {
    if (candidate.index === section || !candidate.name.startsWith('.text')) continue;
    const load = candidate.relocations.find(({ symbol, addend }) => {
      const target = object.symbols[symbol];
      return target?.place === 'section' && target.section === section && target.value + (addend ?? 0) === offset;
    });
    if (load) return { section: candidate.index, offset: load.offset };
  }
  return undefined;
}
