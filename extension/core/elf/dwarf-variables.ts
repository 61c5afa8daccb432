// Which source line defines a variable: the variables with a fixed place among the entries of an object's .debug_info,
// DWARF 2 to 5.
// Specification: https://dwarfstd.org/doc/DWARF5.pdf, sections 2 and 7.5

import { type DebugSection, debugSection } from './debug-section.ts';
import { Cursor } from './dwarf-cursor.ts';
import { fileName, type Strings, type Unit } from './dwarf-files.ts';
import { type Abbreviation, type Block, readAbbreviations, readValue, type Value } from './dwarf-forms.ts';
import { readFiles, type SourceLine, stringsOf } from './dwarf-lines.ts';
import type { ObjectFile } from './object-file.ts';

export interface VariableLookup {
  /** @param section header index @param offset in bytes, where the variable starts */
  at(section: number, offset: number): SourceLine | undefined;
}

/** Never throws: what can't be understood, or is compressed, has no variables. Nothing is read before the first question. */
export function readVariables(object: ObjectFile): VariableLookup {
  let known: ReadonlyMap<string, SourceLine> | undefined;
  return { at: (section, offset) => (known ??= decode(object)).get(`${section} ${offset}`) };
}

/** More entries than any module has; a hostile object is read no further. */
const mostEntries = 2 ** 20;

function decode(object: ObjectFile): Map<string, SourceLine> {
  const found = new Map<string, SourceLine>();
  const info = debugSection(object, '.debug_info');
  const abbreviations = debugSection(object, '.debug_abbrev');
  if (!info || !abbreviations) return found;
  const sections = { info, addresses: debugSection(object, '.debug_addr') };
  const tables = new Tables(object, abbreviations);
  const cursor = new Cursor(info.view, 0, info.view.byteLength);
  while (cursor.at < cursor.end && !cursor.failed && tables.spend(1)) {
    const length = cursor.u32();
    const wide = length === 0xffff_ffff;
    const end = wide ? cursor.u64() + cursor.at : length + cursor.at;
    if (cursor.failed || end <= cursor.at || end > cursor.end) break;
    readUnit(tables, sections, new Cursor(info.view, cursor.at, end, wide), (place, line) => {
      found.set(place, line);
    });
    cursor.at = end;
  }
  return found;
}

/** What units share, each read once; all of it together is bounded, because a hostile object's may overlap. */
class Tables {
  private left = mostEntries;
  private readonly knownAbbreviations = new Map<number, ReadonlyMap<number, Abbreviation>>();
  private readonly knownFiles = new Map<number, Unit | undefined>();

  private readonly lines: DebugSection | undefined;
  private readonly strings: Strings;

  constructor(
    object: ObjectFile,
    private readonly section: DebugSection,
  ) {
    this.lines = debugSection(object, '.debug_line');
    this.strings = stringsOf(object);
  }

  /** @returns whether so many entries more may be read */
  spend(entries: number): boolean {
    this.left -= entries;
    return this.left > 0;
  }

  abbreviations(offset: number): ReadonlyMap<number, Abbreviation> {
    let table = this.knownAbbreviations.get(offset);
    if (!table) {
      table = readAbbreviations(this.section, offset, () => this.spend(1));
      this.knownAbbreviations.set(offset, table);
    }
    return table;
  }

  files(offset: number): Unit | undefined {
    if (this.knownFiles.has(offset)) return this.knownFiles.get(offset);
    const unit = this.lines && this.left > 0 ? readFiles(this.lines, this.strings, offset) : undefined;
    this.spend(unit ? unit.files.length + unit.folders.length : 1);
    this.knownFiles.set(offset, unit);
    return unit;
  }
}

interface Sections {
  readonly info: DebugSection;
  readonly addresses: DebugSection | undefined;
}

const unitTypes = { compile: 1, partial: 3 } as const;
const tags = { compileUnit: 0x11, variable: 0x34 } as const;
const attributes = { location: 0x02, lines: 0x10, file: 0x3a, line: 0x3b, addressBase: 0x73 } as const;
const operations = { address: 0x03, addressIndex: 0xa1 } as const;

function readUnit(
  tables: Tables,
  { info, addresses }: Sections,
  cursor: Cursor,
  append: (place: string, line: SourceLine) => void,
): void {
  const version = cursor.u16();
  if (version < 2 || version > 5) return;
  const type = version >= 5 ? cursor.u8() : unitTypes.compile;
  if (type !== unitTypes.compile && type !== unitTypes.partial) return;
  let addressSize = version >= 5 ? cursor.u8() : 0;
  const table = tables.abbreviations(cursor.offset());
  if (version < 5) addressSize = cursor.u8();
  // In DWARF 2 a reference from elsewhere is as long as an address.
  const form = { addressSize, referenceSize: version === 2 ? addressSize : undefined };
  let files: Unit | undefined;
  let addressBase = 8;
  while (cursor.at < cursor.end && !cursor.failed && tables.spend(1)) {
    const code = cursor.uleb();
    const abbreviation = code === 0 ? undefined : table.get(code);
    if (!abbreviation) {
      if (code === 0) continue;
      return;
    }
    const values = new Map<number, Value>();
    for (const { name, ...spec } of abbreviation.attributes) values.set(name, readValue(cursor, { ...spec, ...form }));
    if (abbreviation.tag === tags.compileUnit) {
      files = tables.files(numberOf(values.get(attributes.lines)) ?? 0);
      addressBase = numberOf(values.get(attributes.addressBase)) ?? addressBase;
    } else if (abbreviation.tag === tags.variable && files) {
      const line = numberOf(values.get(attributes.line));
      const file = fileName(files, numberOf(values.get(attributes.file)) ?? 0);
      const block = values.get(attributes.location);
      const pointer =
        typeof block === 'object' ? pointerIn(block, info, addresses, addressSize, addressBase) : undefined;
      if (pointer && line && file !== undefined)
        append(`${pointer.section} ${pointer.offset}`, { file, line, column: undefined });
    }
  }
}

/** What a location expression of one operation, an address, points to. */
function pointerIn(
  block: Block,
  info: DebugSection,
  addresses: DebugSection | undefined,
  addressSize: number,
  addressBase: number,
) {
  const cursor = new Cursor(info.view, block.at, block.end);
  const operation = cursor.u8();
  if (operation === operations.address && block.end === cursor.at + addressSize)
    return info.pointerAt(cursor.at, addressSize);
  if (operation !== operations.addressIndex) return undefined;
  const index = cursor.uleb();
  return cursor.at === block.end ? addresses?.pointerAt(addressBase + index * addressSize, addressSize) : undefined;
}

const numberOf = (value: Value) => (typeof value === 'number' ? value : undefined);
