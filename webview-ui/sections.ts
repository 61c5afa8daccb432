// The parts of the page: each is a list of rows, each row knows its bytes.

import type { CompatibilityRow } from '../extension/core/inspect/compatibility.ts';
import type { Description } from '../extension/core/inspect/describe.ts';
import { quoteText } from '../extension/core/inspect/plain-text.ts';

export interface Row {
  readonly cells: readonly string[];
  /** Bytes of the file; absent: of no byte in particular. */
  readonly start?: number;
  readonly end?: number;
  /** How to show it: a heading, good, bad, a note. */
  readonly tone?: 'heading' | 'good' | 'bad' | 'note' | 'label' | 'source';
  /** Share of the whole, 0 to 1, drawn as a bar. */
  readonly share?: number;
  /** Offset in the file of the instruction it may jump to. */
  readonly jump?: number;
  /** A line of a source that can be opened. */
  readonly place?: { readonly file: string; readonly line: number };
}

export const sectionNames = {
  header: 'Header',
  compatibility: 'Compatibility',
  cost: 'Cost',
  qstrs: 'Qstrs',
  objects: 'Constant objects',
  symbols: 'Symbols',
  code: 'Functions',
  relocations: 'Relocations',
  disassembly: 'Disassembly',
  spans: 'Every byte',
  search: 'Search results',
} as const;

export type SectionName = keyof typeof sectionNames;

export const hex = (value: number, digits = 4) => `0x${value.toString(16).padStart(digits, '0')}`;

/** Of the connected board; without a verdict none was asked in this session. */
export interface BoardState {
  readonly verdict: CompatibilityRow | undefined;
}

/** What needs the symbols of a build: said where a reader would look for it. */
const symbolsNote =
  'Names, C lines and sizes by symbol need the debug image: the .elf file that a build writes beside the .mpy.';

/** @param board undefined: the host has not said yet */
export function rowsOf(section: SectionName, description: Description, board?: BoardState): Row[] {
  switch (section) {
    case 'header':
      return description.header.bits.map((row) => ({
        cells: [`byte ${row.start}`, `bits ${row.bits}`, row.name, row.value, row.meaning],
        start: row.start,
        end: row.end,
      }));
    case 'compatibility':
      return [...(board ? [connectedRow(board)] : []), ...description.compatibility.map(compatibilityRow)];
    case 'cost': {
      const most = Math.max(1, ...description.cost.map((row) => row.bytes));
      const rows = description.cost.map((row) => ({
        cells: [row.what, row.bytes.toLocaleString('en-US'), row.note],
        share: row.bytes / most,
      }));
      return [...rows, ...imageNote(description)];
    }
    case 'symbols': {
      const most = Math.max(1, ...description.symbols.map((row) => row.size));
      const rows = description.symbols.map((row) => ({
        cells: [row.name, row.size.toLocaleString('en-US'), row.kind, `${row.block}+${hex(row.offset)}`],
        share: row.size / most,
        ...(row.start === null || row.end === null || row.size === 0 ? {} : { start: row.start, end: row.end }),
      }));
      return [...rows, ...imageNote(description)];
    }
    case 'qstrs':
      return description.qstrs.map((row) => ({
        cells: [String(row.index), quoteText(row.text), row.static === null ? 'own' : `static ${row.static}`],
        start: row.start,
        end: row.end,
      }));
    case 'objects':
      return description.objects.map((row) => ({
        cells: [String(row.index), row.kind, row.text],
        start: row.start,
        end: row.end,
      }));
    case 'code':
      return description.codes.map((row) => ({
        cells: [
          `${'\u2003'.repeat(row.path.split('.').length - 1)}${row.path}`,
          row.kind,
          row.signature ?? '',
          `text ${row.text}`,
          `rodata ${row.rodata}`,
          `bss ${row.bss}`,
          `${row.relocations} relocations`,
        ],
        start: row.start,
        end: row.end,
      }));
    case 'relocations':
      return description.relocations.map((row) => ({
        cells: [row.code, `${row.base}+${hex(row.offset)}`, row.target, row.encoding],
        start: row.start,
        end: row.end,
      }));
    case 'spans':
      return description.spans.map((row) => ({
        cells: [`${hex(row.start)}..${hex(row.end)}`, `${row.end - row.start}`, row.what],
        start: row.start,
        end: row.end,
      }));
    default:
      return [];
  }
}

function compatibilityRow({ loads, on, because }: CompatibilityRow): Row {
  return { cells: [loads ? 'loads on' : 'not on', on, because], tone: loads ? 'good' : 'bad' };
}

function connectedRow({ verdict }: BoardState): Row {
  if (!verdict) return { cells: ['not known', 'Connected board', 'none was asked in this session'], tone: 'note' };
  return compatibilityRow({ ...verdict, on: `Connected: ${verdict.on}` });
}

function imageNote({ symbols, imageFault }: Description): Row[] {
  if (imageFault !== null) return [{ cells: [`${imageFault}.`], tone: 'note' }];
  return symbols.length > 0 ? [] : [{ cells: [symbolsNote], tone: 'note' }];
}

/** @returns the index of the smallest row that holds the byte, or undefined */
export function rowAt(rows: readonly Row[], offset: number): number | undefined {
  let best: number | undefined;
  for (let index = 0; index < rows.length; index++) {
    const { start, end } = rows[index];
    if (start === undefined || end === undefined || offset < start || offset >= end) continue;
    const known = best === undefined ? undefined : rows[best];
    if (known?.start === undefined || known.end === undefined || end - start < known.end - known.start) best = index;
  }
  return best;
}

/** The part that tells most about a byte. */
export function sectionOf(description: Description, offset: number): SectionName {
  const has = (rows: readonly { readonly start: number; readonly end: number }[]) =>
    rows.some((row) => offset >= row.start && offset < row.end);
  if (has(description.header.bits)) return 'header';
  if (has(description.qstrs)) return 'qstrs';
  if (has(description.objects)) return 'objects';
  if (has(description.relocations)) return 'relocations';
  if (description.codes.some((row) => offset >= row.textStart && offset < row.textStart + row.text))
    return 'disassembly';
  return 'spans';
}
