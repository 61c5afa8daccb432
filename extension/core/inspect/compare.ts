// What differs between two modules: two architectures, before and after, ours and the reference's.

import { hexText, type Inspection, relocationsOf } from './describe.ts';
import { quoteText } from './plain-text.ts';

export interface Comparison {
  readonly same: boolean;
  readonly sections: readonly ComparedSection[];
}

export interface ComparedSection {
  readonly title: 'header' | 'sizes' | 'symbols' | 'qstrs' | 'objects' | 'relocations' | 'code' | 'bytes';
  readonly differences: readonly Difference[];
}

/** Null: one side has nothing there. */
export interface Difference {
  readonly what: string;
  readonly a: string | null;
  readonly b: string | null;
}

export function compare(a: Inspection, b: Inspection): Comparison {
  const left = a.description;
  const right = b.description;
  const sections: ComparedSection[] = [
    {
      title: 'header',
      differences: differingFields(
        { ...left.header, bits: null, fault: left.fault?.message ?? null },
        { ...right.header, bits: null, fault: right.fault?.message ?? null },
      ),
    },
    { title: 'sizes', differences: differingFields(sizesOf(a), sizesOf(b)) },
    { title: 'symbols', differences: differingSymbols(a, b) },
    {
      title: 'qstrs',
      differences: differingLists(
        left.qstrs.map((row) => `${quoteText(row.text)}${row.static === null ? '' : ' (static)'}`),
        right.qstrs.map((row) => `${quoteText(row.text)}${row.static === null ? '' : ' (static)'}`),
      ),
    },
    {
      title: 'objects',
      differences: differingLists(
        left.objects.map((row) => `${row.kind} ${row.text}`),
        right.objects.map((row) => `${row.kind} ${row.text}`),
      ),
    },
    { title: 'relocations', differences: differingFields(relocationCounts(a), relocationCounts(b)) },
    { title: 'code', differences: differingCode(a, b) },
  ];
  if (sections.every(({ differences }) => differences.length === 0))
    sections.push({ title: 'bytes', differences: differingBytes(a, b) });
  return { same: sections.every(({ differences }) => differences.length === 0), sections };
}

/** @returns the comparison as lines, with the sections that differ */
export function comparisonText({ same, sections }: Comparison, nameA: string, nameB: string): string {
  if (same) return `${nameA} and ${nameB} are the same, byte for byte\n`;
  const lines = [`- ${nameA}`, `+ ${nameB}`];
  for (const { title, differences } of sections) {
    if (differences.length === 0) continue;
    lines.push('', `${title}:`);
    for (const { what, a, b } of differences) {
      const isSize = title === 'sizes' || title === 'symbols';
      const delta = a !== null && b !== null && isSize ? ` (${signed(Number(b) - Number(a))})` : '';
      lines.push(`  ${what}${delta}`);
      if (a !== null) lines.push(`  - ${a}`);
      if (b !== null) lines.push(`  + ${b}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function signed(value: number): string {
  return value > 0 ? `+${value}` : String(value);
}

type Fields = Readonly<Record<string, string | number | null>>;

function differingFields(a: Fields, b: Fields): Difference[] {
  const text = (value: string | number | null | undefined) =>
    value === null || value === undefined ? null : `${value}`;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .map((what) => ({ what, a: text(a[what]), b: text(b[what]) }))
    .filter((row) => row.a !== row.b);
}

function sizesOf({ description }: Inspection): Fields {
  const sizes: Record<string, number> = {};
  for (const row of description.cost) sizes[row.what] = row.bytes;
  sizes.relocations = description.relocations.length;
  return sizes;
}

/** Sizes of functions and variables, where both sides have their debug image. */
function differingSymbols(a: Inspection, b: Inspection): Difference[] {
  const [left, right] = [a, b].map(({ description }) => {
    const sizes: Record<string, number> = {};
    for (const { name, block, size } of description.symbols) {
      const what = `${name} in ${block}`;
      sizes[what] = (sizes[what] ?? 0) + size;
    }
    return sizes;
  });
  const isKnown = a.description.symbols.length > 0 && b.description.symbols.length > 0;
  return isKnown ? differingFields(left, right) : [];
}

/** What one side has and the other has not; the order is not looked at. */
function differingLists(a: readonly string[], b: readonly string[]): Difference[] {
  const more = new Map<string, number>();
  for (const text of a) more.set(text, (more.get(text) ?? 0) + 1);
  for (const text of b) more.set(text, (more.get(text) ?? 0) - 1);
  const rows: Difference[] = [];
  for (const [what, count] of more) {
    if (count > 0) rows.push({ what: 'only in the first', a: what, b: null });
    if (count < 0) rows.push({ what: 'only in the second', a: null, b: what });
  }
  return rows;
}

/** How often each target is relocated to: places move with every instruction, targets tell what is used. */
function relocationCounts({ description }: Inspection): Fields {
  const counts: Record<string, number> = {};
  for (const { base, target } of description.relocations) {
    const what = `${base} to ${target}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

/** Function by function: the first byte that differs, or what only one side has. */
function differingCode(a: Inspection, b: Inspection): Difference[] {
  const rows: Difference[] = [];
  for (const path of new Set([...a.codes.keys(), ...b.codes.keys()])) {
    const left = a.codes.get(path);
    const right = b.codes.get(path);
    const about = (code: typeof left) => (code ? `${code.kind}, ${code.code.length} bytes` : null);
    if (!left || !right || left.kind !== right.kind) {
      rows.push({ what: `code ${path}`, a: about(left), b: about(right) });
      continue;
    }
    const at = firstDifference(left.code, right.code);
    if (at !== undefined)
      rows.push({
        what: `code ${path} from byte 0x${at.toString(16).padStart(4, '0')}`,
        a: `${hexText(left.code.subarray(at, at + 16))} (${left.code.length} bytes)`,
        b: `${hexText(right.code.subarray(at, at + 16))} (${right.code.length} bytes)`,
      });
    const rodata = (code: typeof left) =>
      code.kind === 'viper' ? (code.rodata ?? new Uint8Array()) : new Uint8Array();
    const inRodata = firstDifference(rodata(left), rodata(right));
    if (inRodata !== undefined)
      rows.push({
        what: `rodata ${path} from byte 0x${inRodata.toString(16).padStart(4, '0')}`,
        a: hexText(rodata(left).subarray(inRodata, inRodata + 16)),
        b: hexText(rodata(right).subarray(inRodata, inRodata + 16)),
      });
    if (JSON.stringify(relocationsOf(left)) !== JSON.stringify(relocationsOf(right)))
      rows.push({
        what: `code ${path}: places or order of relocations`,
        a: `${relocationsOf(left).length}`,
        b: `${relocationsOf(right).length}`,
      });
  }
  return rows;
}

/** What no row tells: an order, or the way in which a number is written. */
function differingBytes(a: Inspection, b: Inspection): Difference[] {
  const at = firstDifference(a.bytes, b.bytes);
  if (at === undefined) return [];
  const what = a.description.spans.find(({ start, end }) => start <= at && at < end)?.what ?? 'the end of the file';
  const shown = ({ bytes }: Inspection) => hexText(bytes.subarray(at, at + 16)) || null;
  return [{ what: `${what} from byte 0x${at.toString(16).padStart(4, '0')}`, a: shown(a), b: shown(b) }];
}

function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) if (a[at] !== b[at]) return at;
  return a.length === b.length ? undefined : length;
}
