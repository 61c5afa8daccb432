// Classes, their instances, and exceptions of Python, out of memory.
// Structures: https://github.com/micropython/micropython/tree/master/py (objtype.h, obj.h, objexcept.h)

import { attributeParts, decodeTuple, mapCount, tupleAt } from './containers.ts';
import { fieldAt, readSlot } from './object-layout.ts';
import type { TypeInfo } from './python-types.ts';
import { cut, type Decode, fieldsOf, objectAt, objectsAt, type Reader, remark, type ShapePart } from './shape.ts';
import { hex } from './target-memory.ts';

const longestLine = 20;

export const decodeInstance: Decode = async (reader, address, type) => {
  const { layout } = reader;
  const { wordSize, objectSize } = layout;
  const map = address + wordSize;
  const attributes = await mapCount(reader, map).catch(() => 0);
  const native = await nativeBase(reader, type);
  const base = native && (await objectAt(reader, address + fieldAt(layout, 4 * wordSize, objectSize)));
  return {
    type: type.name,
    count: attributes + (base ? 1 : 0),
    text: async (preview) => {
      if (base === undefined || preview.path.has(address)) return `<${type.name} object at ${hex(address)}>`;
      // An exception or a list with a class of its own: its content tells more than its address.
      const inner = { depth: preview.depth + 1, path: new Set([...preview.path, address]) };
      const text = await reader.text(base, inner);
      return native?.kind === 'exception' && text.startsWith(native.name)
        ? cut(type.name + text.slice(native.name.length))
        : cut(`<${type.name} object at ${hex(address)}: ${text}>`);
    },
    parts: async (start, count) => {
      const parts = await attributeParts(reader, map, start, count);
      const last = start + count >= attributes + 1 && base !== undefined;
      return last ? [...parts, { name: '[base]', word: base }] : parts;
    },
  };
};

/** @returns the type in C that the class builds on, other than object: an instance holds an object of it */
async function nativeBase(reader: Reader, type: TypeInfo): Promise<TypeInfo | undefined> {
  const waiting = [...type.parents];
  for (let steps = 0; waiting.length > 0 && steps < longestLine; steps++) {
    const above = await reader.types.at(waiting.shift()!);
    if (!above) continue;
    if (above.kind !== 'instance') {
      if (above.name !== 'object') return above;
    } else waiting.push(...above.parents);
  }
  return undefined;
}

/** A class: what its body defined, and its bases. */
export const decodeType: Decode = async (reader, address) => {
  const info = await reader.types.at(address);
  if (!info) return { type: 'type', text: `<no object at ${hex(address)}>` };
  const dict = await readSlot(reader.memory, address, 'localsDict');
  const map = dict + reader.layout.wordSize;
  const attributes = dict === 0 ? 0 : await mapCount(reader, map).catch(() => 0);
  const bases = info.parents;
  return {
    type: 'type',
    text: cut(`<class '${info.name}'>`),
    count: bases.length + attributes,
    parts: async (start, count) => {
      const shown: ShapePart[] = await Promise.all(
        bases.slice(start, start + count).map(async (base, index) => {
          const name = (await reader.types.at(base))?.name ?? '?';
          return remark(`[base ${start + index}]`, `<class '${name}'>`, 'type');
        }),
      );
      if (shown.length === count || attributes === 0) return shown;
      const from = Math.max(0, start - bases.length);
      return [...shown, ...(await attributeParts(reader, map, from, count - shown.length))];
    },
  };
};

/** Numbers of an entry of a traceback: file, line, function. */
const tracebackEntry = 3;
const longestTraceback = 64;

export const decodeException: Decode = async (reader, address, type) => {
  const { memory, layout } = reader;
  const { wordSize } = layout;
  // Two halves of a word: allocated and used numbers of the traceback.
  const used = Number(await memory.wide(address + wordSize + wordSize / 2, wordSize / 2));
  const [, data, args] = await fieldsOf(reader, address, 3);
  const entries = data === 0 ? 0 : Math.min(Math.floor(used / tracebackEntry), longestTraceback);
  return {
    type: type.name,
    count: 1 + entries,
    text: async (preview) => {
      if (args === 0) return `${type.name}()`;
      const shape = await decodeTuple(reader, args, { ...type, name: 'tuple', kind: 'tuple' });
      return type.name + (typeof shape.text === 'string' ? shape.text : await shape.text(preview));
    },
    parts: async (start, count) => {
      const { length, items } = await tupleAt(reader, args);
      const first: ShapePart = {
        name: 'args',
        shape: { ...(await decodeTuple(reader, args, { ...type, name: 'tuple', kind: 'tuple' })), address: args },
      };
      const trace = await Promise.all(
        Array.from({ length: entries }, (_, index) => tracebackPart(reader, data, index)),
      );
      const single = length === 1 ? [{ name: 'value', word: (await objectsAt(reader, items, 1))[0] }] : [];
      return [first, ...single, ...trace].slice(start, start + count + single.length);
    },
  };
};

/** Innermost call first, as the firmware adds them. */
async function tracebackPart(reader: Reader, data: number, index: number): Promise<ShapePart> {
  const [file, line, block] = await reader.memory.words(
    data + index * tracebackEntry * reader.layout.wordSize,
    tracebackEntry,
  );
  const inside = block === 0 ? '' : `, in ${await reader.qstr(block)}`;
  return remark(`traceback[${index}]`, cut(`${await reader.qstr(file)}:${line}${inside}`));
}
