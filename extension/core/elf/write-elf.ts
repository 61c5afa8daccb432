// Writes an ELF file with a place for each section, little-endian, as a linker does: for debuggers, disassemblers and whatever
// else reads ELF. There are no program headers: nothing executes it.
// Specification: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html

import { type ElfClass, sectionIndices, sectionTypes } from './constants.ts';

export interface ElfImage {
  readonly elfClass: ElfClass;
  /** EM_* */
  readonly machine: number;
  /** Processor flags of the header. */
  readonly flags: number;
  /** Address of the first instruction. */
  readonly entry: number;
  /** Without the null section and the tables of symbols and names, which are made here. */
  readonly sections: readonly ElfSection[];
  readonly symbols: readonly ElfSymbol[];
}

export interface ElfSection {
  readonly name: string;
  /** SHT_* */
  readonly type: number;
  /** SHF_* bits */
  readonly flags: number;
  /** 0 for a section that is not in memory. */
  readonly address: number;
  /** In bytes; of SHT_NOBITS, which has no data, and else that of the data. */
  readonly size: number;
  readonly data: Uint8Array;
  /** In bytes, a power of two. */
  readonly align: number;
  /** Size of one entry of a mergeable section, in bytes; else 0. */
  readonly entrySize: number;
}

export interface ElfSymbol {
  readonly name: string;
  /** An address; of a Thumb function with bit 0 set. */
  readonly value: number;
  readonly size: number;
  readonly binding: keyof typeof bindings;
  readonly type: keyof typeof types;
  readonly hidden?: boolean | undefined;
  /** Index into the image's sections; undefined: none, the value stands for itself. */
  readonly section: number | undefined;
}

const bindings = { local: 0, global: 1, weak: 2 } as const;
const types = { none: 0, object: 1, function: 2, section: 3, file: 4 } as const;

const executable = 2;

export function writeElf(image: ElfImage): Uint8Array {
  const wide = image.elfClass === 64;
  const headerSize = wide ? 64 : 52;
  const word = wide ? 8 : 4;
  const symbols = [...image.symbols].sort((a, b) => Number(a.binding !== 'local') - Number(b.binding !== 'local'));
  const symbolNames = new Names();
  const symbolTable = writeSymbols(image.elfClass, symbols, symbolNames);
  const own = image.sections.length + 1;
  const rows: Row[] = [
    nullRow,
    ...image.sections.map((section) => ({ ...section, link: 0, info: 0 })),
    {
      ...nullRow,
      name: '.symtab',
      type: sectionTypes.symtab,
      data: symbolTable,
      align: word,
      entrySize: wide ? 24 : 16,
      link: own + 1,
      info: 1 + symbols.filter((symbol) => symbol.binding === 'local').length,
    },
    { ...nullRow, name: '.strtab', type: sectionTypes.strtab, data: symbolNames.finish(), align: 1 },
  ];
  const sectionNames = new Names();
  for (const { name } of rows) sectionNames.add(name);
  sectionNames.add('.shstrtab');
  rows.push({ ...nullRow, name: '.shstrtab', type: sectionTypes.strtab, data: sectionNames.finish(), align: 1 });

  let end = headerSize;
  const offsets = rows.map(({ type, data, align }) => {
    if (type === sectionTypes.null) return 0;
    const offset = alignUp(end, align);
    end = offset + data.length;
    return offset;
  });
  const tableAt = alignUp(end, word);
  const bytes = new Uint8Array(tableAt + rows.length * (wide ? 64 : 40));
  const file = new Fields(bytes, wide);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1]);
  file.at = 16;
  file.u16(executable, image.machine).u32(1).word(image.entry, 0, tableAt).u32(image.flags);
  file.u16(headerSize, 0, 0, wide ? 64 : 40, rows.length, rows.length - 1);
  rows.forEach((row, index) => {
    bytes.set(row.data, offsets[index]);
    file.at = tableAt + index * (wide ? 64 : 40);
    file.u32(sectionNames.add(row.name), row.type);
    file.word(row.flags, row.address, offsets[index], row.type === sectionTypes.nobits ? row.size : row.data.length);
    file.u32(row.link, row.info).word(row.align, row.entrySize);
  });
  return bytes;
}

interface Row extends ElfSection {
  readonly link: number;
  readonly info: number;
}

const nullRow: Row = {
  name: '',
  type: sectionTypes.null,
  flags: 0,
  address: 0,
  size: 0,
  data: new Uint8Array(0),
  align: 0,
  entrySize: 0,
  link: 0,
  info: 0,
};

function writeSymbols(elfClass: ElfClass, symbols: readonly ElfSymbol[], names: Names): Uint8Array {
  const wide = elfClass === 64;
  const size = wide ? 24 : 16;
  const bytes = new Uint8Array((symbols.length + 1) * size);
  const table = new Fields(bytes, wide);
  symbols.forEach((symbol, index) => {
    const kind = (bindings[symbol.binding] << 4) | types[symbol.type] | (symbol.hidden ? 0x200 : 0);
    const section = symbol.section === undefined ? sectionIndices.absolute : symbol.section + 1;
    table.at = (index + 1) * size;
    table.u32(names.add(symbol.name));
    if (wide) table.u16(kind, section).word(symbol.value, symbol.size);
    else table.word(symbol.value, symbol.size).u16(kind, section);
  });
  return bytes;
}

/** Each name once, at a place that does not change any more. */
class Names {
  private readonly offsets = new Map<string, number>([['', 0]]);
  private readonly texts: Uint8Array[] = [];
  private size = 1;

  add(name: string): number {
    let offset = this.offsets.get(name);
    if (offset === undefined) {
      offset = this.size;
      const text = utf8.encode(`${name}\0`);
      this.texts.push(text);
      this.offsets.set(name, offset);
      this.size += text.length;
    }
    return offset;
  }

  finish(): Uint8Array {
    const bytes = new Uint8Array(this.size);
    let at = 1;
    for (const text of this.texts) {
      bytes.set(text, at);
      at += text.length;
    }
    return bytes;
  }
}

const utf8 = new TextEncoder();

/** Writes numbers one behind the other. */
class Fields {
  at = 0;
  private readonly view: DataView;

  constructor(
    bytes: Uint8Array,
    private readonly wide: boolean,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u16(...values: readonly number[]): this {
    for (const value of values) {
      this.view.setUint16(this.at, value, true);
      this.at += 2;
    }
    return this;
  }

  u32(...values: readonly number[]): this {
    for (const value of values) {
      this.view.setUint32(this.at, value >>> 0, true);
      this.at += 4;
    }
    return this;
  }

  /** As wide as an address. */
  word(...values: readonly number[]): this {
    for (const value of values) {
      this.u32(value);
      if (this.wide) this.u32(Math.floor(value / 0x1_0000_0000));
    }
    return this;
  }
}

function alignUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}
