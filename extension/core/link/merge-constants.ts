// Between the second and the third stage: equal strings and constants of all objects become one, and a string that another ends
// with lies in that. Compilers say which sections consist of such constants, whose addresses nobody compares.
// Specification: SHF_MERGE in https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.sheader.html

import { sectionFlags } from '../elf/constants.ts';
import type { ObjectSection } from '../elf/object-file.ts';
import { addendOf, Editor } from './edit-pieces.ts';
import { rowOf } from './lower-halves.ts';
import type { Piece, PieceRelocation, Program, Target } from './program.ts';

/** Replaces sections of constants by one piece for each constant that is referred to. */
export function mergeConstants(program: Program): void {
  const sections = constantSections(program);
  if (sections.size === 0) return;
  const uses = usesOf(program, sections);
  const merged = new Set<Piece>();
  const groups = new Map<string, Use[]>();
  for (const [piece, { entrySize, isStrings }] of sections) {
    const found = uses.get(piece);
    if (!found) continue;
    merged.add(piece);
    const key = `${entrySize} ${isStrings} ${piece.space}`;
    groups.set(key, (groups.get(key) ?? []).concat(found));
  }
  const editor = new Editor(program);
  for (const group of groups.values()) mergeGroup(group, editor);
  program.pieces = program.pieces.filter((piece) => !merged.has(piece));
  editor.finish();
}

interface Constants {
  readonly entrySize: number;
  readonly isStrings: boolean;
}

function constantSections({ objects, pieces }: Program): Map<Piece, Constants> {
  const live = new Set(pieces);
  const found = new Map<Piece, Constants>();
  for (const { file, pieces: own } of objects)
    for (const section of file.sections) {
      const piece = own[section.index];
      if (piece && live.has(piece) && isMergeable(section))
        found.set(piece, { entrySize: section.entrySize, isStrings: (section.flags & sectionFlags.strings) !== 0 });
    }
  return found;
}

function isMergeable({ flags, entrySize, data, relocations }: ObjectSection): boolean {
  if (!(flags & sectionFlags.merge) || flags & sectionFlags.write || relocations.length > 0) return false;
  if (entrySize <= 0 || data.length % entrySize !== 0) return false;
  // A string without an end would swallow what follows.
  return !(flags & sectionFlags.strings) || data.subarray(-entrySize).every((byte) => byte === 0);
}

/** One reference to one constant. */
interface Use {
  readonly from: Piece;
  readonly relocation: PieceRelocation;
  readonly bytes: Uint8Array;
  readonly align: number;
  readonly source: Piece;
  /** In bytes into the constant. */
  readonly offset: number;
  /** The relocation's symbol stands for the section; what it counts on from there chose the constant. */
  readonly isSection: boolean;
}

/** By piece; nothing for one in which it can't be told which constant is meant. */
function usesOf(program: Program, sections: ReadonlyMap<Piece, Constants>): Map<Piece, Use[]> {
  const uses = new Map<Piece, Use[]>();
  const unclear = new Set<Piece>();
  for (const from of [...program.pieces, ...program.literalSections])
    for (const relocation of from.relocations) {
      const target = from.object?.targets[relocation.symbol];
      const constants = target?.kind === 'piece' && sections.get(target.piece);
      if (!constants) continue;
      const use = useOf(program, from, relocation, target, constants);
      if (!use) unclear.add(target.piece);
      else {
        const known = uses.get(target.piece);
        if (known) known.push(use);
        else uses.set(target.piece, [use]);
      }
    }
  for (const piece of unclear) uses.delete(piece);
  return uses;
}

function useOf(
  program: Program,
  from: Piece,
  relocation: PieceRelocation,
  { piece: source, offset: start }: Extract<Target, { kind: 'piece' }>,
  { entrySize, isStrings }: Constants,
): Use | undefined {
  const row = rowOf(program, relocation);
  const isSection = from.object?.file.symbols[relocation.symbol].type === 'section';
  // A distance from an instruction holds other things besides the place of the constant; a size is that of the symbol.
  if (!row || row.formula === 'Z + A' || (isSection && row.formula !== 'S + A')) return undefined;
  const place = isSection ? start + addendOf(program, from, relocation) : start;
  if (!(place >= 0 && place < source.size)) return undefined;
  const [begin, end] = isStrings ? stringAround(source.data, place, entrySize) : cellAround(place, entrySize);
  const align = Math.min(source.align, begin === 0 ? source.align : begin & -begin);
  const bytes = source.data.subarray(begin, end);
  return { from, relocation, bytes, align, source, offset: place - begin, isSection };
}

const cellAround = (place: number, size: number): [number, number] => {
  const begin = place - (place % size);
  return [begin, begin + size];
};

function stringAround(data: Uint8Array, place: number, size: number): [number, number] {
  const isEnd = (at: number) => data.subarray(at, at + size).every((byte) => byte === 0);
  let begin = place - (place % size);
  while (begin > 0 && !isEnd(begin - size)) begin -= size;
  let end = place - (place % size);
  while (!isEnd(end)) end += size;
  return [begin, end + size];
}

function mergeGroup(uses: readonly Use[], editor: Editor): void {
  const distinct = new Map<string, { first: Use; align: number; order: number; uses: Use[] }>();
  for (const use of uses) {
    const key = String.fromCharCode(...use.bytes.subarray(0, 4096)) + (use.bytes.length > 4096 ? [...use.bytes] : '');
    const known = distinct.get(key);
    if (known) {
      known.uses.push(use);
      known.align = Math.max(known.align, use.align);
    } else distinct.set(key, { first: use, align: use.align, order: distinct.size, uses: [use] });
  }
  // A string comes right behind the longer ones that end like it.
  const sorted = [...distinct.values()].sort((a, b) => compareEnds(b.first.bytes, a.first.bytes));
  const holders: { piece: Piece; order: number }[] = [];
  let holder: { piece: Piece; order: number } | undefined;
  for (const { first, align, order, uses: all } of sorted) {
    const skip = holder ? holder.piece.size - first.bytes.length : -1;
    if (
      holder &&
      skip >= 0 &&
      skip % align === 0 &&
      align <= holder.piece.align &&
      endsWith(holder.piece, first.bytes)
    ) {
      holder.order = Math.min(holder.order, order);
      redirect(all, holder.piece, skip, editor);
      continue;
    }
    const piece: Piece = { ...first.source, size: first.bytes.length, align, data: first.bytes, relocations: [] };
    holder = { piece, order };
    holders.push(holder);
    redirect(all, piece, 0, editor);
  }
  for (const { piece } of holders.sort((a, b) => a.order - b.order)) editor.add(piece);
}

function endsWith({ data }: Piece, bytes: Uint8Array): boolean {
  const skip = data.length - bytes.length;
  return bytes.every((byte, index) => data[skip + index] === byte);
}

/** Compares from the last byte on; of two that agree the longer one is greater. */
function compareEnds(a: Uint8Array, b: Uint8Array): number {
  for (let back = 1; back <= a.length && back <= b.length; back++) {
    const difference = a[a.length - back] - b[b.length - back];
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function redirect(uses: readonly Use[], piece: Piece, skip: number, editor: Editor): void {
  for (const { from, relocation, offset, isSection } of uses) {
    const { object } = from;
    if (!object) continue;
    const name = object.file.symbols[relocation.symbol].name;
    const symbol = editor.symbol(object, name, { kind: 'piece', piece, offset: skip + offset });
    if (!isSection) editor.replace(from, relocation, { ...relocation, symbol });
    else {
      editor.clearAddend(from, relocation);
      editor.replace(from, relocation, {
        ...relocation,
        symbol,
        addend: relocation.addend === undefined ? undefined : 0,
      });
    }
  }
}
