// Lists, tuples, dicts, sets and buffers of Python, out of memory. Counts and pointers are not believed: no more is read than
// is shown, and what cannot be read says so.
// Structures: https://github.com/micropython/micropython/tree/master/py (objlist.h, objtuple.h, obj.h, objarray.h, objdeque.c)

import { fieldAt, type ObjectLayout } from './object-layout.ts';
import { floatText, quoteBytes } from './scalars.ts';
import {
  cut,
  type Decode,
  enclose,
  fieldsOf,
  mostItems,
  objectsAt,
  type Reader,
  remark,
  type Shape,
  type ShapePart,
} from './shape.ts';
import { hex, Unreadable, wideOf } from './target-memory.ts';

export const decodeList: Decode = async (reader, address, type) => {
  const [, length, items] = await fieldsOf(reader, address, 3);
  return sequence(reader, address, type.name, length, items, ['[', ']']);
};

/** Words of an mp_obj_tuple_t before its items. */
const tupleHeader = 2;

export const decodeTuple: Decode = async (reader, address, type) => {
  const { length, items } = await tupleAt(reader, address);
  return sequence(reader, address, type.name, length, items, ['(', length === 1 ? ',)' : ')']);
};

export async function tupleAt(reader: Reader, address: number) {
  const [length] = await fieldsOf(reader, address, 1);
  const { layout } = reader;
  return { length, items: address + fieldAt(layout, tupleHeader * layout.wordSize, layout.objectSize) };
}

/** @param address of what has the items, by which it is known inside itself */
export function sequence(
  reader: Reader,
  address: number,
  type: string,
  length: number,
  items: number,
  [open, close]: readonly [string, string],
): Shape {
  const { objectSize } = reader.layout;
  return {
    type,
    count: length,
    indexed: true,
    text: async (preview) =>
      enclose(open, close, length, preview, address, async (index, inner) => {
        const [word] = await objectsAt(reader, items + index * objectSize, 1);
        return reader.text(word, inner);
      }),
    parts: async (start, count) => {
      const words = await objectsAt(reader, items + start * objectSize, count);
      return words.map((word, index) => ({ name: String(start + index), word }));
    },
  };
}

/** Fields' names stand in the type, behind all of its slots. */
const namedtupleNames = (layout: ObjectLayout) => layout.wordSize + 16 + 8 * layout.wordSize;

export const decodeNamedtuple: Decode = async (reader, address, type) => {
  const { length, items } = await tupleAt(reader, address);
  const [count, ...numbers] = await reader.memory
    .words(type.address + namedtupleNames(reader.layout), 1 + Math.min(length, 64))
    .catch(() => [0]);
  const plain = sequence(reader, address, type.name, length, items, [`${type.name}(`, ')']);
  if (count !== length || length > 64) return plain;
  const names = await Promise.all(numbers.map((number) => reader.qstr(number)));
  return {
    ...plain,
    indexed: false,
    text: async (preview) =>
      enclose(`${type.name}(`, ')', length, preview, address, async (index, inner) => {
        const [word] = await objectsAt(reader, items + index * reader.layout.objectSize, 1);
        return `${names[index]}=${await reader.text(word, inner)}`;
      }),
    parts: async (start, wanted) =>
      (await objectsAt(reader, items, length))
        .map((word, index) => ({ name: names[index], word }))
        .slice(start, start + wanted),
  };
};

export const decodeDeque: Decode = async (reader, address, type) => {
  const [allocated, first, end, items] = await fieldsOf(reader, address, 4);
  const length = allocated === 0 ? 0 : (end - first + allocated) % allocated;
  const { objectSize } = reader.layout;
  const at = (index: number) => items + ((first + index) % allocated) * objectSize;
  return {
    type: type.name,
    count: length,
    indexed: true,
    text: async (preview) =>
      enclose('deque([', '])', length, preview, address, async (index, inner) =>
        reader.text((await objectsAt(reader, at(index), 1))[0], inner),
      ),
    parts: async (start, count) => {
      const parts: ShapePart[] = [];
      for (let index = start; index < Math.min(length, start + count); index++)
        parts.push({ name: String(index), word: (await objectsAt(reader, at(index), 1))[0] });
      return parts;
    },
  };
};

export interface Entry {
  readonly key: bigint;
  readonly value: bigint;
}

/** Slots of a hash table that are looked at for a line of text: a damaged one claims to have more. */
const mostSlots = 0x1_0000;
const slotsARead = 512;
/** What an empty slot holds, and a removed entry's. */
const isFree = (word: bigint) => word === 0n || word === 4n;

/** How many entries come before a slot, of slots that were looked at: a later page begins there. */
type Marks = { readonly slot: number; readonly entries: number }[];

interface Table {
  readonly address: number;
  /** As the table says. */
  readonly slots: number;
  /** A set's slots have keys only. */
  readonly words: 1 | 2;
}

/** @returns entries number `start` on, in the table's order, which is Python's */
async function tableEntries(
  reader: Reader,
  { address, slots, words: perSlot }: Table,
  start: number,
  count: number,
  marks: Marks = [],
): Promise<Entry[]> {
  const { objectSize } = reader.layout;
  const found: Entry[] = [];
  const from = marks.findLast(({ entries }) => entries <= start) ?? { slot: 0, entries: 0 };
  const end = Math.min(slots, start === 0 ? mostSlots : 2 * mostItems);
  let passed = from.entries;
  // A few at first: a line of text needs no more.
  for (let slot = from.slot, size = 16; slot < end && found.length < count; slot += size, size = slotsARead) {
    if ((marks.at(-1)?.slot ?? -1) < slot) marks.push({ slot, entries: passed });
    const wanted = Math.min(size, end - slot) * perSlot;
    const place = address + slot * perSlot * objectSize;
    const words = await objectsAt(reader, place, wanted);
    for (let index = 0; index + perSlot <= words.length && found.length < count; index += perSlot)
      if (!isFree(words[index]) && passed++ >= start)
        found.push({ key: words[index], value: words[index + perSlot - 1] });
    if (words.length < wanted) throw new Unreadable(place + words.length * objectSize);
  }
  return found;
}

/** @param address of an mp_map_t */
async function mapTable(reader: Reader, address: number): Promise<Table> {
  const [, slots, table] = await reader.memory.words(address, 3);
  return { address: table, slots, words: 2 };
}

/** @param address of an mp_map_t @returns entries number `start` on, in the table's order, which is Python's */
export async function mapEntries(reader: Reader, address: number, start: number, count: number): Promise<Entry[]> {
  return tableEntries(reader, await mapTable(reader, address), start, count);
}

/** @param address of an mp_map_t */
export async function mapCount(reader: Reader, address: number): Promise<number> {
  const [flagsAndUsed, allocated] = await reader.memory.words(address, 2);
  return Math.min(Math.floor(flagsAndUsed / 8), allocated, mostItems);
}

/** Of entries whose keys are attributes: names instead of quoted strings. */
export async function attributeParts(reader: Reader, map: number, start: number, count: number): Promise<ShapePart[]> {
  const entries = await mapEntries(reader, map, start, count);
  return Promise.all(
    entries.map(async ({ key, value }) => ({
      name: (await reader.text(key, { depth: 0, path: new Set() })).replace(/^'([^']*)'$/, '$1'),
      word: value,
    })),
  );
}

export const decodeDict: Decode = async (reader, address, type) => {
  const map = address + reader.layout.wordSize;
  const count = await mapCount(reader, map);
  const ordered = type.name === 'OrderedDict';
  const marks: Marks = [];
  return {
    type: type.name,
    count,
    text: async (preview) => {
      const entries = await mapEntries(reader, map, 0, 9);
      const [open, close] = ordered ? ['OrderedDict({', '})'] : ['{', '}'];
      return enclose(open, close, Math.min(count, entries.length), preview, address, async (index, inner) => {
        const { key, value } = entries[index];
        return `${await reader.text(key, inner)}: ${await reader.text(value, inner)}`;
      });
    },
    parts: async (start, wanted) => {
      const entries = await tableEntries(reader, await mapTable(reader, map), start, wanted, marks);
      return Promise.all(
        entries.map(async ({ key, value }) => ({
          name: cut(await reader.text(key, { depth: 1, path: new Set([address]) }), 80),
          word: value,
        })),
      );
    },
  };
};

export const decodeSet: Decode = async (reader, address, type) => {
  const [slots, used, items] = await fieldsOf(reader, address, 3);
  const count = Math.min(used, slots, mostItems);
  const table: Table = { address: items, slots, words: 1 };
  const marks: Marks = [];
  const [open, close] = type.kind === 'frozenset' ? ['frozenset({', '})'] : ['{', '}'];
  return {
    type: type.name,
    count,
    indexed: true,
    text: async (preview) => {
      if (count === 0) return `${type.name}()`;
      const shown = await tableEntries(reader, table, 0, 9);
      return enclose(open, close, Math.min(count, shown.length), preview, address, (index, inner) =>
        reader.text(shown[index].key, inner),
      );
    },
    parts: async (start, wanted) =>
      (await tableEntries(reader, table, start, wanted, marks)).map(({ key }, index) => ({
        name: String(start + index),
        word: key,
      })),
  };
};

/** Sizes and readers of elements by their letter, as in Python's struct; `l` and `L` are C's long. */
const elements: Readonly<Record<string, (long: 4 | 8) => { readonly size: number; readonly kind: 'i' | 'u' | 'f' }>> = {
  b: () => ({ size: 1, kind: 'i' }),
  B: () => ({ size: 1, kind: 'u' }),
  h: () => ({ size: 2, kind: 'i' }),
  H: () => ({ size: 2, kind: 'u' }),
  i: () => ({ size: 4, kind: 'i' }),
  I: () => ({ size: 4, kind: 'u' }),
  l: (long) => ({ size: long, kind: 'i' }),
  L: (long) => ({ size: long, kind: 'u' }),
  q: () => ({ size: 8, kind: 'i' }),
  Q: () => ({ size: 8, kind: 'u' }),
  f: () => ({ size: 4, kind: 'f' }),
  d: () => ({ size: 8, kind: 'f' }),
};

/** The type code of a bytearray is this, not a letter. */
const bytearrayCode = 1;
const shownBytes = 64;

export const decodeArray: Decode = async (reader, address, type) => {
  const [codeAndFree, length, items] = await fieldsOf(reader, address, 3);
  const code = codeAndFree & 0x7f;
  if (type.name === 'bytearray' || code === bytearrayCode) {
    const text = async () => `bytearray(${await bytesText(reader, items, length)})`;
    return buffer(reader, 'bytearray', 'B', length, items, text);
  }
  const letter = String.fromCharCode(code);
  return buffer(reader, type.name, letter, length, items, async (values) =>
    length === 0 ? `array('${letter}')` : `array('${letter}', [${await values()}])`,
  );
};

/** What it looks at, from where, and whether it may be written. */
export const decodeMemoryview: Decode = async (reader, address) => {
  const [codeAndOffset, length, items] = await fieldsOf(reader, address, 3);
  const code = codeAndOffset & 0x7f;
  const letter = code === bytearrayCode ? 'B' : String.fromCharCode(code);
  const offset = Math.floor(codeAndOffset / 256);
  const element = elements[letter]?.(reader.layout.wordSize);
  const from = items + offset * (element?.size ?? 1);
  const access = codeAndOffset & 0x80 ? 'writable' : 'read-only';
  const text = async () => `<memoryview of ${length} '${letter}' at ${hex(from)}, ${access}>`;
  return buffer(reader, 'memoryview', letter, length, from, text);
};

/** @param length in bytes, of elements with this code */
export function decodeBuffer(reader: Reader, code: number, length: number, items: number): Shape {
  const letter = code === bytearrayCode ? 'B' : String.fromCharCode(code & 0x7f);
  const size = elements[letter]?.(reader.layout.wordSize).size ?? 1;
  return buffer(reader, 'buffer', letter, Math.floor(length / size), items, async (values) => {
    if (letter !== 'B') return `<buffer of ${length} bytes '${letter}': [${await values()}]>`;
    return `<buffer of ${length} bytes: ${await bytesText(reader, items, length)}>`;
  });
}

async function bytesText(reader: Reader, items: number, length: number): Promise<string> {
  const bytes = await reader.memory.available(items, Math.min(length, shownBytes));
  if (bytes.length === 0 && length > 0) throw new Unreadable(items);
  return `b${quoteBytes(bytes)}${bytes.length < length ? '...' : ''}`;
}

function buffer(
  reader: Reader,
  type: string,
  letter: string,
  length: number,
  items: number,
  text: (values: () => Promise<string>) => Promise<string>,
): Shape {
  const element = elements[letter]?.(reader.layout.wordSize);
  if (!element) return { type, text: `<${type} of elements ${quoteBytes(Uint8Array.of(letter.charCodeAt(0)))}>` };
  const read = async (start: number, count: number) => {
    const bytes = await reader.memory.available(items + start * element.size, count * element.size);
    if (bytes.length < element.size && count > 0) throw new Unreadable(items + start * element.size);
    return Array.from({ length: Math.floor(bytes.length / element.size) }, (_, index) =>
      elementText(bytes, index * element.size, element),
    );
  };
  return {
    type,
    count: length,
    indexed: true,
    text: () =>
      text(async () => {
        const shown = await read(0, Math.min(length, 8));
        return shown.join(', ') + (shown.length < length ? ', ...' : '');
      }),
    parts: async (start, count) =>
      (await read(start, count)).map((value, index) =>
        remark(String(start + index), value, element.kind === 'f' ? 'float' : 'int'),
      ),
  };
}

function elementText(
  bytes: Uint8Array,
  at: number,
  { size, kind }: { readonly size: number; readonly kind: string },
): string {
  if (kind === 'f') {
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return size === 4 ? floatText(view.getFloat32(at, true), true) : floatText(view.getFloat64(at, true), false);
  }
  const value = wideOf(bytes, at, size);
  return String(kind === 'i' ? BigInt.asIntN(8 * size, value) : value);
}
