// What the decoders of Python objects have in common: they turn an object's address into text and parts, reading no more than
// a line of text needs.

import type { ObjectLayout } from './object-layout.ts';
import type { PythonTypes, TypeInfo } from './python-types.ts';
import type { FirmwareSymbols } from './target.ts';
import { type TargetMemory, Unreadable, wideOf, wordsOf } from './target-memory.ts';

/** An object, before its text is made. */
export interface Shape {
  readonly type: string;
  readonly text: string | ((preview: Preview) => Promise<string>);
  readonly address?: number | undefined;
  readonly count?: number | undefined;
  readonly indexed?: boolean | undefined;
  readonly parts?: ((start: number, count: number) => Promise<readonly ShapePart[]>) | undefined;
}

/** A part is another object, or made for the occasion. */
export interface ShapePart {
  readonly name: string;
  readonly word?: bigint;
  readonly shape?: Shape;
}

/** How much more text may be made, and of what it is a part. */
export interface Preview {
  readonly depth: number;
  /** Addresses of the objects around it: an object inside itself is told as `...`. */
  readonly path: ReadonlySet<number>;
}

/** What decoders need of the stopped target. */
export interface Reader {
  readonly memory: TargetMemory;
  readonly layout: ObjectLayout;
  readonly types: PythonTypes;
  readonly symbols: FirmwareSymbols | undefined;
  /** @returns the string, or `qstr #12` when its table is not known */
  qstr(number: number): Promise<string>;
  /** The object's line of text. Never rejects. */
  text(word: bigint, preview: Preview): Promise<string>;
}

export type Decode = (reader: Reader, address: number, type: TypeInfo) => Promise<Shape>;

/** However many a damaged object claims to have; they are read page by page. */
export const mostItems = 1_000_000;
/** Parts told in a line of text, and how deep. */
const shownParts = 8;
const deepest = 3;
const longestText = 240;

/** `[1, 2, ...]` @param part text of part number `index` */
export async function enclose(
  open: string,
  close: string,
  count: number,
  preview: Preview,
  address: number,
  part: (index: number, preview: Preview) => Promise<string>,
): Promise<string> {
  if (count === 0) return open + close;
  if (preview.depth >= deepest || preview.path.has(address)) return `${open}...${close}`;
  const inner = { depth: preview.depth + 1, path: new Set([...preview.path, address]) };
  let text = '';
  for (let index = 0; index < count; index++) {
    const separator = index === 0 ? '' : ', ';
    if (index >= shownParts || text.length > longestText / 2) return `${open}${text}${separator}...${close}`;
    try {
      text += separator + (await part(index, inner));
    } catch (fault) {
      // What comes before it is still worth showing.
      if (!(fault instanceof Unreadable)) throw fault;
      return `${open}${text}${separator}${fault.message}${index + 1 < count ? ', ...' : ''}${close}`;
    }
  }
  return open + text + close;
}

/** Cuts a text for one line. */
export function cut(text: string, room = longestText): string {
  return text.length <= room ? text : `${text.slice(0, room - 3)}...`;
}

export async function objectAt(reader: Reader, address: number): Promise<bigint> {
  return reader.memory.wide(address, reader.layout.objectSize);
}

/** At most what one request reads; fewer when the rest cannot be read. */
export async function objectsAt(reader: Reader, address: number, count: number): Promise<readonly bigint[]> {
  const { objectSize } = reader.layout;
  const bytes = await reader.memory.available(address, count * objectSize);
  if (bytes.length < objectSize && count > 0) throw new Unreadable(address);
  return Array.from({ length: Math.floor(bytes.length / objectSize) }, (_, index) =>
    wideOf(bytes, index * objectSize, objectSize),
  );
}

/** mp_int_t, with its sign. */
export async function integerAt(reader: Reader, address: number): Promise<bigint> {
  const { objectSize } = reader.layout;
  return BigInt.asIntN(8 * objectSize, await reader.memory.wide(address, objectSize));
}

/** @returns the words behind an object's type pointer */
export async function fieldsOf(reader: Reader, address: number, count: number): Promise<readonly number[]> {
  const { wordSize } = reader.layout;
  return wordsOf(await reader.memory.bytes(address + wordSize, count * wordSize), wordSize);
}

/** A part that is text only. */
export function remark(name: string, text: string, type = ''): ShapePart {
  return { name, shape: { type, text } };
}
