// Which source line a byte of code comes from: the line number programs of an object's .debug_line, DWARF 2 to 5.
// Specification: https://dwarfstd.org/doc/DWARF5.pdf, section 6.2

import { type DebugSection, debugSection } from './debug-section.ts';
import { Cursor } from './dwarf-cursor.ts';
import { fileName, readTables2, readTables5, type Strings, type Unit } from './dwarf-files.ts';
import { type LineProgram, type Row, runProgram } from './line-program.ts';
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

/** More rows than any module has; a hostile table is read no further. */
const mostRows = 2 ** 20;

function decode(object: ObjectFile): Map<number, Row[]> {
  const rows = new Map<number, Row[]>();
  const lines = debugSection(object, '.debug_line');
  if (!lines) return rows;
  const strings = stringsOf(object);
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

function unitLength(cursor: Cursor): { length: number; wide: boolean } {
  const length = cursor.u32();
  return length === 0xffff_ffff ? { length: cursor.u64(), wide: true } : { length, wide: false };
}

function readUnit(
  cursor: Cursor,
  lines: DebugSection,
  strings: Strings,
  rows: Map<number, Row[]>,
  total: { rows: number },
): void {
  const header = readHeader(cursor, strings);
  if (!header || cursor.failed || header.start > cursor.end) return;
  cursor.at = header.start;
  runProgram(cursor, lines, header, (row) => {
    if (total.rows++ >= mostRows) return false;
    const list = rows.get(row.section);
    if (list) list.push(row);
    else rows.set(row.section, [row]);
    return true;
  });
}

/** @returns the files of the unit whose header is at an offset of .debug_line, by the numbers that debug information gives them */
export function readFiles(lines: DebugSection, strings: Strings, offset: number): Unit | undefined {
  if (offset >= lines.view.byteLength) return undefined;
  const cursor = new Cursor(lines.view, offset, lines.view.byteLength);
  const { length, wide } = unitLength(cursor);
  const end = Math.min(cursor.at + length, cursor.end);
  return readHeader(new Cursor(lines.view, cursor.at, end, wide), strings)?.unit;
}

/** Where names of files may be. */
export function stringsOf(object: ObjectFile): Strings {
  return { line: debugSection(object, '.debug_line_str'), info: debugSection(object, '.debug_str') };
}

/** @returns what the program needs, and where it starts; undefined for a header that can't be understood */
function readHeader(cursor: Cursor, strings: Strings): (LineProgram & { readonly start: number }) | undefined {
  const version = cursor.u16();
  if (version < 2 || version > 5) return undefined;
  if (version >= 5) cursor.skip(2);
  const headerLength = cursor.offset();
  const start = cursor.at + headerLength;
  const minimumInstruction = cursor.u8();
  if (version >= 4) cursor.skip(1);
  cursor.skip(1);
  const lineBase = (cursor.u8() << 24) >> 24;
  const lineRange = cursor.u8();
  const opcodeBase = cursor.u8();
  if (cursor.failed || lineRange === 0 || opcodeBase === 0) return undefined;
  const operands = [0];
  for (let opcode = 1; opcode < opcodeBase; opcode++) operands.push(cursor.u8());
  const unit = version >= 5 ? readTables5(cursor, strings) : readTables2(cursor);
  return { start, unit, minimumInstruction, lineBase, lineRange, opcodeBase, operands };
}
