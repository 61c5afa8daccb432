// The symbol table of an ELF file.
// Specification: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.symtab.html

import { sectionIndices, sectionTypes } from './constants.ts';
import { malformed } from './errors.ts';
import type { ObjectSection, ObjectSymbol } from './object-file.ts';
import { type OpenFile, type SectionHeader, sectionBytes, signedNumber, stringTable, wideNumber } from './open-file.ts';

export function readSymbols(
  file: OpenFile,
  headers: readonly SectionHeader[],
  sections: readonly Pick<ObjectSection, 'name'>[],
): ObjectSymbol[] {
  const table = headers.find((header) => header.type === sectionTypes.symtab);
  if (!table) return [nullSymbol];
  const { view, path } = file;
  const wide = file.elfClass === 64;
  const entrySize = wide ? 24 : 16;
  sectionBytes(file, table);
  if (table.size % entrySize !== 0)
    throw malformed(path, `symbol table of ${table.size} bytes is not a multiple of ${entrySize}`, table.name);
  const names = headers[table.link];
  if (!names)
    throw malformed(
      path,
      `symbol names are in section ${table.link}, but there are ${headers.length} sections`,
      table.name,
    );
  const text = stringTable(file, names, 'the symbol name table');
  const extended = headers.find((header) => header.type === sectionTypes.symtabShndx);
  if (extended) sectionBytes(file, extended);

  const symbols: ObjectSymbol[] = [];
  for (let index = 0, at = table.offset; index < table.size / entrySize; index++, at += entrySize) {
    const info = view.getUint8(at + (wide ? 4 : 12));
    const type = types[info & 15] ?? 'other';
    let section = view.getUint16(at + (wide ? 6 : 14), true);
    const isExtended = section === sectionIndices.extended;
    if (isExtended) {
      if (!extended || (index + 1) * 4 > extended.size)
        throw malformed(
          path,
          `symbol ${index} has an extended section index, but there is no table of them`,
          table.name,
        );
      section = view.getUint32(extended.offset + index * 4, true);
    }
    const place =
      isExtended || section < sectionIndices.reserved
        ? section === 0
          ? 'undefined'
          : 'section'
        : section === sectionIndices.common
          ? 'common'
          : 'absolute';
    if (place === 'section' && section >= sections.length)
      throw malformed(path, `symbol ${index} is in section ${section}, but there are ${sections.length}`, table.name);
    const name = text(view.getUint32(at, true));
    symbols.push({
      index,
      name: type === 'section' && name === '' && place === 'section' ? sections[section].name : name,
      value: wide ? signedNumber(view, at + 8, path, `value of symbol ${index}`) : view.getUint32(at + 4, true),
      size: wide ? wideNumber(view, at + 16, path, `size of symbol ${index}`) : view.getUint32(at + 8, true),
      binding: bindings[info >> 4] ?? 'global',
      type,
      hidden: (view.getUint8(at + (wide ? 5 : 13)) & 3) !== 0,
      place,
      section: place === 'section' ? section : 0,
    });
  }
  return symbols.length > 0 ? symbols : [nullSymbol];
}

const nullSymbol: ObjectSymbol = {
  index: 0,
  name: '',
  value: 0,
  size: 0,
  binding: 'local',
  type: 'none',
  hidden: false,
  place: 'undefined',
  section: 0,
};

const bindings: Readonly<Record<number, ObjectSymbol['binding']>> = {
  0: 'local',
  1: 'global',
  2: 'weak',
  // Of a template's or inline function's variable: every object that uses it has one.
  10: 'weak',
};
const types: Readonly<Record<number, ObjectSymbol['type']>> = {
  0: 'none',
  1: 'object',
  2: 'function',
  3: 'section',
  4: 'file',
  5: 'object',
  6: 'tls',
  10: 'ifunc',
};
