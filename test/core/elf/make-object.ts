// Makes relocatable ELF objects from a description, so that tests need no compiler and can make what none would.

import { machines, sectionFlags, sectionTypes } from '../../../extension/core/elf/constants.ts';

export interface MadeObject {
  readonly machine: keyof typeof machines;
  /** Processor flags of the header. */
  readonly flags?: number;
  /** Absent: 64 for x64, else 32. */
  readonly elfClass?: 32 | 64;
  readonly sections: readonly MadeSection[];
  readonly symbols: readonly MadeSymbol[];
}

export interface MadeSection {
  readonly name: string;
  /** Bytes, or a size for a section without any (bss). */
  readonly data: Uint8Array | readonly number[] | number;
  readonly align?: number;
  readonly flags?: number;
  readonly type?: number;
  /** Of a section of constants that may be merged. */
  readonly entrySize?: number;
  /** Name of the symbol that a group of sections is known by. */
  readonly signature?: string;
  readonly relocations?: readonly {
    readonly offset: number;
    readonly type: number;
    readonly symbol: string;
    readonly addend?: number;
  }[];
}

export interface MadeSymbol {
  readonly name: string;
  /** Section name; absent: undefined symbol; '*abs*', '*common*'. */
  readonly section?: string;
  readonly value?: number;
  readonly size?: number;
  readonly binding?: 'local' | 'global' | 'weak';
  readonly type?: keyof typeof symbolTypes;
}

const symbolTypes = { none: 0, object: 1, function: 2, section: 3, file: 4, tls: 6, ifunc: 10 } as const;

const usesAddends = { x86: false, arm: false, x64: true, xtensa: true, riscv: true };

/** @returns the bytes of a .o file */
export function makeObject(object: MadeObject): Uint8Array {
  const wide = (object.elfClass ?? (object.machine === 'x64' ? 64 : 32)) === 64;
  const rela = usesAddends[object.machine];
  const strings = new Strings();
  const locals = object.symbols.filter((symbol) => symbol.binding === 'local');
  const symbols = [...locals, ...object.symbols.filter((symbol) => symbol.binding !== 'local')];
  const sectionIndex = (name: string) => object.sections.findIndex((section) => section.name === name) + 1;
  const symbolIndex = (name: string) => symbols.findIndex((symbol) => symbol.name === name) + 1;

  const symtab = new Out();
  for (const symbol of [undefined, ...symbols]) {
    const name = symbol ? strings.add(symbol.name) : 0;
    const info = symbol
      ? ({ local: 0, global: 1, weak: 2 }[symbol.binding ?? 'global'] << 4) | symbolTypes[symbol.type ?? 'none']
      : 0;
    const section =
      symbol?.section === '*abs*'
        ? 0xfff1
        : symbol?.section === '*common*'
          ? 0xfff2
          : symbol?.section
            ? sectionIndex(symbol.section)
            : 0;
    symtab.u32(name);
    if (wide)
      symtab
        .u8(info)
        .u8(0)
        .u16(section)
        .u64(symbol?.value ?? 0)
        .u64(symbol?.size ?? 0);
    else
      symtab
        .u32(symbol?.value ?? 0)
        .u32(symbol?.size ?? 0)
        .u8(info)
        .u8(0)
        .u16(section);
  }

  interface Row {
    name: string;
    type: number;
    flags: number;
    body: Uint8Array;
    size: number;
    link: number;
    info: number;
    align: number;
    entry: number;
  }
  const rows: Row[] = [
    { name: '', type: 0, flags: 0, body: new Uint8Array(0), size: 0, link: 0, info: 0, align: 0, entry: 0 },
  ];
  for (const section of object.sections) {
    const body = typeof section.data === 'number' ? new Uint8Array(0) : Uint8Array.from(section.data);
    const size = typeof section.data === 'number' ? section.data : body.length;
    const type = section.type ?? (typeof section.data === 'number' ? sectionTypes.nobits : sectionTypes.progbits);
    const flags = section.flags ?? defaultFlags(section.name);
    rows.push({
      name: section.name,
      type,
      flags,
      body,
      size,
      link: 0,
      info: 0,
      align: section.align ?? 4,
      entry: section.entrySize ?? 0,
    });
  }
  const symtabIndex = rows.length + object.sections.filter((section) => section.relocations).length;
  object.sections.forEach(({ signature }, index) => {
    if (signature === undefined) return;
    rows[index + 1].link = symtabIndex;
    rows[index + 1].info = symbolIndex(signature);
  });
  object.sections.forEach((section, index) => {
    if (!section.relocations) return;
    const out = new Out();
    for (const { offset, type, symbol, addend } of section.relocations) {
      const number = symbolIndex(symbol);
      if (wide)
        out
          .u64(offset)
          .u32(type)
          .u32(number)
          .u64(addend ?? 0);
      else {
        out.u32(offset).u32(((number << 8) | type) >>> 0);
        if (rela) out.u32((addend ?? 0) >>> 0);
      }
    }
    rows.push({
      name: `${rela ? '.rela' : '.rel'}${section.name}`,
      type: rela ? sectionTypes.rela : sectionTypes.rel,
      flags: 0,
      body: out.finish(),
      size: out.length,
      link: symtabIndex,
      info: index + 1,
      align: 4,
      entry: (wide ? 16 : 8) + (rela ? (wide ? 8 : 4) : 0),
    });
  });
  rows.push({
    name: '.symtab',
    type: sectionTypes.symtab,
    flags: 0,
    body: symtab.finish(),
    size: symtab.length,
    link: symtabIndex + 1,
    info: locals.length + 1,
    align: 8,
    entry: wide ? 24 : 16,
  });
  const names = rows.map((row) => strings.add(row.name));
  const strtabName = strings.add('.strtab');
  rows.push({
    name: '.strtab',
    type: sectionTypes.strtab,
    flags: 0,
    body: strings.bytes(),
    size: strings.bytes().length,
    link: 0,
    info: 0,
    align: 1,
    entry: 0,
  });
  names.push(strtabName);

  const out = new Out();
  const headerSize = wide ? 64 : 52;
  const bodies = new Out();
  const offsets = rows.map((row) => {
    while ((headerSize + bodies.length) % 8) bodies.u8(0);
    const offset = headerSize + bodies.length;
    bodies.append(row.body);
    return offset;
  });
  while ((headerSize + bodies.length) % 8) bodies.u8(0);
  out.append(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  out.u16(1).u16(machines[object.machine]).u32(1);
  const word = (value: number) => (wide ? out.u64(value) : out.u32(value));
  word(0);
  word(0);
  word(headerSize + bodies.length);
  out
    .u32(object.flags ?? 0)
    .u16(headerSize)
    .u16(0)
    .u16(0)
    .u16(wide ? 64 : 40)
    .u16(rows.length)
    .u16(rows.length - 1);
  out.append(bodies.finish());
  rows.forEach((row, index) => {
    out.u32(names[index]).u32(row.type);
    word(row.flags);
    word(0);
    word(index === 0 ? 0 : offsets[index]);
    word(row.size);
    out.u32(row.link).u32(row.info);
    word(row.align);
    word(row.entry);
  });
  return out.finish();
}

function defaultFlags(name: string): number {
  if (name.startsWith('.text')) return sectionFlags.alloc | sectionFlags.exec;
  if (name.startsWith('.rodata')) return sectionFlags.alloc;
  return sectionFlags.alloc | sectionFlags.write;
}

class Strings {
  private readonly out = new Out().u8(0);

  add(text: string): number {
    if (text === '') return 0;
    const at = this.out.length;
    this.out.append(new TextEncoder().encode(text)).u8(0);
    return at;
  }

  bytes(): Uint8Array {
    return this.out.finish();
  }
}

class Out {
  private readonly bytes: number[] = [];

  get length(): number {
    return this.bytes.length;
  }

  u8(value: number): this {
    this.bytes.push(value & 0xff);
    return this;
  }

  u16(value: number): this {
    return this.u8(value).u8(value >> 8);
  }

  u32(value: number): this {
    return this.u16(value).u16(value >>> 16);
  }

  /** Two's complement, within 2^53. */
  u64(value: number): this {
    const wide = BigInt.asUintN(64, BigInt(value));
    return this.u32(Number(wide & 0xffff_ffffn)).u32(Number(wide >> 32n));
  }

  append(bytes: Uint8Array): this {
    for (const byte of bytes) this.bytes.push(byte);
    return this;
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}
