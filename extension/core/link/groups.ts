// COMDAT groups: sections that every object gets which may need them (inline functions of C++ with their constants, GCC's thunks
// on x86). The first object's are kept; of the others names are left, which mean the first one's.
// Specification: "Section Groups" in https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.sheader.html

import { sectionFlags } from '../elf/constants.ts';
import type { ObjectFile } from '../elf/object-file.ts';
import type { Program } from './program.ts';

/** @returns sections that an earlier object has, by index: the path of that object. Nothing for the reference linker, which reads no groups. */
export function findCopies({ compat, groups }: Program, file: ObjectFile): Map<number, string> {
  const copies = new Map<number, string>();
  if (compat) return copies;
  for (const { signature, sections } of file.groups) {
    const kept = groups.get(signature);
    if (kept === undefined) groups.set(signature, file.path);
    // Debug information is read with that of its own object.
    else for (const index of sections) if (file.sections[index].flags & sectionFlags.alloc) copies.set(index, kept);
  }
  return copies;
}

/**
 * The object with its symbols of the copies left undefined, but for local ones, which nothing else has. Not weak any more: where
 * the first object's group lacks one, that is a mistake and no zero.
 */
export function withoutCopies(file: ObjectFile, copies: ReadonlyMap<number, string>): ObjectFile {
  return {
    ...file,
    symbols: file.symbols.map((symbol) =>
      symbol.binding !== 'local' && symbol.place === 'section' && copies.has(symbol.section)
        ? { ...symbol, binding: 'global', place: 'undefined', section: 0, value: 0, size: 0 }
        : symbol,
    ),
  };
}
