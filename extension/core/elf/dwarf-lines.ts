// Which source line a byte of code comes from: the line number programs of an object's .debug_line, DWARF 2 to 5.
// Specification: https://dwarfstd.org/doc/DWARF5.pdf, section 6.2

import { type DebugSection, debugSection } from './debug-section.ts';
import type { ObjectFile } from './object-file.ts';

export interface SourceLine {
  /** Absolute where the compiler noted its folder (DWARF 5), else as it was named on the command line. */
  readonly file: string;
  readonly line: number;
  /** Undefined when the compiler does not tell. */
  readonly column: number | undefined;
}

export interface LineLookup {
  /** @param section header index @param offset in bytes @returns undefined for code without a known line */
  at(section: number, offset: number): SourceLine | undefined;
  /** Of the function that starts there: its head, where `at` tells what its first instruction was made for. */
  starting(section: number, offset: number): SourceLine | undefined;
  /** @returns the files of a section's lines, each once */
  files(section: number): string[];
}

/** Never throws: what can't be understood, or is compressed, has no lines. Nothing is read before the first question. */
export function readLines(object: ObjectFile): LineLookup {
  let table: Map<number, Row[]> | undefined;
  const rowsOf = (section: number) => (table ??= decode(object)).get(section) ?? [];
  return {
    at(section, offset) {
      const rows = rowsOf(section);
      const row = rows[countUntil(rows, (start) => start <= offset) - 1];
      return row && offset < row.end ? lineOf(row) : undefined;
    },
    starting(section, offset) {
      const rows = rowsOf(section);
      const row = rows[countUntil(rows, (start) => start < offset)];
      return row?.start === offset ? lineOf(row) : undefined;
    },
    files: (section) => [...new Set(rowsOf(section).flatMap((row) => lineOf(row)?.file ?? []))],
  };
}

/** @returns how many rows at the front have such a start. */
function countUntil(rows: readonly Row[], isBefore: (start: number) => boolean): number {
  let low = 0;
  for (let high = rows.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (isBefore(rows[middle].start)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Line 0 is code that no line stands for. */
function lineOf(row: Row): SourceLine | undefined {
  const file = row.line === 0 ? undefined : fileName(row.unit, row.file);
  return file === undefined ? undefined : { file, line: row.line, column: row.column || undefined };
}

/** Code from `start` to before `end` of a section is of one line. Empty rows come before the one that counts. */
interface Row {
  readonly start: number;
  readonly end: number;
  readonly unit: Unit;
  readonly file: number;
  readonly line: number;
  readonly column: number;
}

interface Unit {
  readonly folders: readonly Name[];
  readonly files: { readonly name: Name; readonly folder: number }[];
}

/** A text, or where one begins: read only when it is asked for. */
type Name = string | { readonly section: DebugSection | undefined; readonly offset: number };

/** More rows than any module has; a hostile table is read no further. */
const mostRows = 2 ** 20;

function decode(object: ObjectFile): Map<number, Row[]> {
  const rows = new Map<number, Row[]>();
  const lines = debugSection(object, '.debug_line');
  if (!lines) return rows;
  const strings = { line: debugSection(object, '.debug_line_str'), info: debugSection(object, '.debug_str') };
  const total = { rows: 0 };
  const cursor = new Cursor(lines.view, 0, lines.view.byteLength);
  while (cursor.at < cursor.end && !cursor.failed && total.rows < mostRows) {
    const { length, wide } = unitLength(cursor);
    const end = cursor.at + length;
    if (cursor.failed || length === 0 || end > cursor.end) break;
    readUnit(new Cursor(lines.view, cursor.at, end, wide), lines, strings, rows, total);
    cursor.at = end;
  }
  for (const list of rows.values()) list.sort((a, b) => a.start - b.start || a.end - b.end);
  return rows;
}

interface Strings {
  readonly line: DebugSection | undefined;
  readonly info: DebugSection | undefined;
}

function unitLength(cursor: Cursor): { length: number; wide: boolean } {
  const length = cursor.u32();
  return length === 0xffff_ffff ? { length: cursor.u64(), wide: true } : { length, wide: false };
}

interface Program {
  readonly unit: Unit;
  readonly minimumInstruction: number;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  /** Number of operands, by opcode; for those that are not known here. */
  readonly operands: readonly number[];
}

function readUnit(
  cursor: Cursor,
  lines: DebugSection,
  strings: Strings,
  rows: Map<number, Row[]>,
  total: { rows: number },
): void {
  const version = cursor.u16();
  if (version < 2 || version > 5) return;
  if (version >= 5) cursor.skip(2);
  const headerLength = cursor.offset();
  const start = cursor.at + headerLength;
  const minimumInstruction = cursor.u8();
  if (version >= 4) cursor.skip(1);
  cursor.skip(1);
  const lineBase = (cursor.u8() << 24) >> 24;
  const lineRange = cursor.u8();
  const opcodeBase = cursor.u8();
  if (cursor.failed || lineRange === 0 || opcodeBase === 0) return;
  const operands = [0];
  for (let opcode = 1; opcode < opcodeBase; opcode++) operands.push(cursor.u8());
  const unit = version >= 5 ? readTables5(cursor, strings) : readTables2(cursor);
  if (cursor.failed || start > cursor.end) return;
  cursor.at = start;
  run(cursor, lines, { unit, minimumInstruction, lineBase, lineRange, opcodeBase, operands }, (row) => {
    if (total.rows++ >= mostRows) return false;
    const list = rows.get(row.section);
    if (list) list.push(row);
    else rows.set(row.section, [row]);
    return true;
  });
}

/** DWARF 2 to 4: names one after the other; folder 0, the compiler's own, is not among them. */
function readTables2(cursor: Cursor): Unit {
  const folders = [''];
  for (let name = cursor.text(); name !== ''; name = cursor.text()) folders.push(name);
  const files: Unit['files'] = [{ name: '', folder: 0 }];
  for (let name = cursor.text(); name !== ''; name = cursor.text()) files.push(readFile2(cursor, name));
  return { folders, files };
}

function readFile2(cursor: Cursor, name: string): Unit['files'][number] {
  const folder = cursor.uleb();
  cursor.uleb();
  cursor.uleb();
  return { name, folder };
}

/** DWARF 5: each entry is described by pairs of content and form. */
function readTables5(cursor: Cursor, strings: Strings): Unit {
  const folders = readEntries(cursor, strings).map((entry) => entry.name);
  return { folders, files: readEntries(cursor, strings) };
}

const contents = { path: 1, folder: 2 } as const;

function readEntries(cursor: Cursor, strings: Strings): Unit['files'] {
  const format: [content: number, form: number][] = [];
  for (let left = cursor.u8(); left > 0; left--) format.push([cursor.uleb(), cursor.uleb()]);
  const entries: Unit['files'] = [];
  const count = cursor.uleb();
  for (let index = 0; index < count && !cursor.failed && format.length > 0; index++) {
    const before = cursor.at;
    let name: Name = '';
    let folder = 0;
    for (const [content, form] of format) {
      const value = readForm(cursor, form, strings);
      if (content === contents.path) name = typeof value === 'number' ? '' : value;
      else if (content === contents.folder) folder = Number(value);
    }
    entries.push({ name, folder });
    if (cursor.at === before) cursor.failed = true;
  }
  return entries;
}

/** DW_FORM_*: those that the tables may use. */
function readForm(cursor: Cursor, form: number, strings: Strings): Name | number {
  switch (form) {
    case 0x08:
      return cursor.text();
    case 0x0e:
      return { section: strings.info, offset: cursor.offset() };
    case 0x1f:
      return { section: strings.line, offset: cursor.offset() };
    case 0x0b:
      return cursor.u8();
    case 0x05:
      return cursor.u16();
    case 0x06:
      return cursor.u32();
    case 0x07:
      return cursor.u64();
    case 0x0f:
      return cursor.uleb();
    case 0x1e:
      cursor.skip(16);
      return 0;
    case 0x09:
      cursor.skip(cursor.uleb());
      return 0;
    default:
      cursor.failed = true;
      return 0;
  }
}

function textOf(name: Name | undefined): string {
  if (typeof name !== 'object') return name ?? '';
  const { section, offset } = name;
  if (!section || offset >= section.view.byteLength) return '';
  return new Cursor(section.view, offset, Math.min(offset + longestName, section.view.byteLength)).text();
}

type Append = (row: Row & { readonly section: number }) => boolean;

const standard = {
  copy: 1,
  advancePc: 2,
  advanceLine: 3,
  setFile: 4,
  setColumn: 5,
  constAddPc: 8,
  fixedAdvancePc: 9,
} as const;
const extended = { endSequence: 1, setAddress: 2, defineFile: 3 } as const;

/** Runs a line number program: a machine whose registers become rows. */
function run(cursor: Cursor, lines: DebugSection, program: Program, append: Append): void {
  const { unit, minimumInstruction, lineBase, lineRange, opcodeBase, operands } = program;
  let section: number | undefined;
  let address = 0;
  let file = 1;
  let line = 1;
  let column = 0;
  let open: { start: number; file: number; line: number; column: number } | undefined;
  let goesOn = true;
  const close = () => {
    if (open && section !== undefined && address >= open.start)
      goesOn = append({ section, unit, end: address, ...open });
  };
  const emit = () => {
    close();
    open = { start: address, file, line, column };
  };
  const restart = () => {
    section = undefined;
    address = 0;
    file = 1;
    line = 1;
    column = 0;
    open = undefined;
  };
  while (goesOn && cursor.at < cursor.end && !cursor.failed) {
    const opcode = cursor.u8();
    if (opcode >= opcodeBase) {
      const adjusted = opcode - opcodeBase;
      address += Math.floor(adjusted / lineRange) * minimumInstruction;
      line += lineBase + (adjusted % lineRange);
      emit();
      continue;
    }
    switch (opcode) {
      case 0: {
        const length = cursor.uleb();
        const next = cursor.at + length;
        if (length === 0 || next > cursor.end) return;
        const kind = cursor.u8();
        if (kind === extended.endSequence) {
          close();
          restart();
        } else if (kind === extended.setAddress) {
          const pointer = lines.pointerAt(cursor.at, next - cursor.at);
          // Behind alignment assemblers name the address anew, and the row before goes on until there.
          if (pointer?.section !== section || (pointer?.offset ?? 0) < address) open = undefined;
          section = pointer?.section;
          address = pointer?.offset ?? 0;
        } else if (kind === extended.defineFile) unit.files.push(readFile2(cursor, cursor.text()));
        cursor.at = next;
        break;
      }
      case standard.copy:
        emit();
        break;
      case standard.advancePc:
        address += cursor.uleb() * minimumInstruction;
        break;
      case standard.advanceLine:
        line += cursor.sleb();
        break;
      case standard.setFile:
        file = cursor.uleb();
        break;
      case standard.setColumn:
        column = cursor.uleb();
        break;
      case standard.constAddPc:
        address += Math.floor((255 - opcodeBase) / lineRange) * minimumInstruction;
        break;
      case standard.fixedAdvancePc:
        address += cursor.u16();
        break;
      default:
        // Flags of a row that are of no use here, and opcodes to come.
        for (let left = operands[opcode]; left > 0; left--) cursor.uleb();
    }
  }
}

function fileName(unit: Unit, number: number): string | undefined {
  const file = unit.files[number];
  const name = textOf(file?.name);
  if (name === '') return undefined;
  return plain(join(join(textOf(unit.folders[0]), textOf(unit.folders[file.folder])), name));
}

function join(folder: string, name: string): string {
  if (folder === '' || folder === name || isAbsolute(name)) return name;
  return name === '' ? folder : `${folder.replace(/[/\\]$/, '')}/${name}`;
}

function isAbsolute(path: string): boolean {
  return /^([/\\]|[A-Za-z]:[/\\])/.test(path);
}

/** Without `.` and, where it is sure, without `..`. */
function plain(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '.' && path !== '.') continue;
    const last = parts.at(-1);
    if (part === '..' && last !== undefined && last !== '' && last !== '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}

const utf8 = new TextDecoder();
/** No file system has longer ones. */
const longestName = 4096;

/** Reads forwards; past the end everything is 0 and `failed` is set. */
class Cursor {
  failed = false;

  constructor(
    private readonly view: DataView,
    public at: number,
    readonly end: number,
    /** 64-bit DWARF: offsets have 8 bytes. */
    private readonly wide = false,
  ) {}

  u8(): number {
    return this.has(1) ? this.view.getUint8(this.at++) : 0;
  }

  u16(): number {
    if (!this.has(2)) return 0;
    this.at += 2;
    return this.view.getUint16(this.at - 2, true);
  }

  u32(): number {
    if (!this.has(4)) return 0;
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }

  u64(): number {
    const low = this.u32();
    return this.u32() * 2 ** 32 + low;
  }

  offset(): number {
    return this.wide ? this.u64() : this.u32();
  }

  uleb(): number {
    let value = 0;
    for (let place = 1; ; place *= 128) {
      const byte = this.u8();
      if (place <= 2 ** 42) value += (byte & 0x7f) * place;
      if (byte < 0x80) return value;
    }
  }

  sleb(): number {
    let value = 0;
    for (let place = 1; ; place *= 128) {
      const byte = this.u8();
      if (place <= 2 ** 42) value += (byte & 0x7f) * place;
      if (byte < 0x80) return byte & 0x40 && place <= 2 ** 42 ? value - place * 128 : value;
    }
  }

  text(): string {
    const bytes = new Uint8Array(this.view.buffer, this.view.byteOffset + this.at, this.end - this.at);
    const length = bytes.indexOf(0);
    if (length < 0) {
      this.failed = true;
      this.at = this.end;
      return '';
    }
    this.at += length + 1;
    return length > longestName ? '' : utf8.decode(bytes.subarray(0, length));
  }

  skip(bytes: number): void {
    if (this.has(bytes)) this.at += bytes;
  }

  private has(bytes: number): boolean {
    if (this.at + bytes <= this.end) return true;
    this.failed = true;
    this.at = this.end;
    return false;
  }
}
