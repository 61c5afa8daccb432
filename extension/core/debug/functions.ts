// Functions, methods, closures, generators and modules of Python, out of memory.
// Structures: https://github.com/micropython/micropython/tree/master/py (objfun.h, objclosure.c, objgenerator.c, obj.h)

import { attributeParts, mapCount, mapEntries } from './containers.ts';
import { fieldAt, firstObject } from './object-layout.ts';
import { readCode } from './python-code.ts';
import { frameParts, readCodeState } from './python-frames.ts';
import { decodeSingleton, quoteText } from './scalars.ts';
import { cut, type Decode, fieldsOf, objectAt, objectsAt, type Reader, type Shape, type ShapePart } from './shape.ts';
import { hex } from './target-memory.ts';

/** C functions: known by the firmware's or the module's symbol. */
export const decodeBuiltin: Decode = async (reader, address) =>
  builtin(reader, (await fieldsOf(reader, address, 1))[0]);

/** A word with the numbers of arguments stands before the pointer. */
export const decodeBuiltinVar: Decode = async (reader, address) =>
  builtin(reader, (await fieldsOf(reader, address, 2))[1]);

async function builtin(reader: Reader, code: number): Promise<Shape> {
  const symbol = await reader.symbols?.symbolAt(code);
  const known = symbol && symbol.offset <= 1;
  return { type: 'function', text: known ? `<function ${symbol.name}>` : `<function at ${hex(code)}>` };
}

export const decodeFunction: Decode = async (reader, address, type) => {
  const [context, , bytecode] = await fieldsOf(reader, address, 3);
  const code = await readCode(reader, bytecode, context).catch(() => undefined);
  // A type called `function` may also be one of machine code.
  if (!code) return decodeAssembler(reader, address, type);
  return named('function', code.name, address);
};

/** Python compiled to machine code: its signature is among the function's children, or in their place. */
export const decodeNative: Decode = async (reader, address) => {
  const [context, children, machineCode] = await fieldsOf(reader, address, 3);
  const { memory } = reader;
  const index = await memory.word(machineCode);
  const prelude = index === 0 ? children : await memory.word(children + index * memory.wordSize);
  const code = await readCode(reader, prelude, context).catch(() => undefined);
  return code ? named('function', code.name, address) : { type: 'function', text: `<function at ${hex(address)}>` };
};

/** Nothing but code: where that begins. */
export const decodeAssembler: Decode = async (reader, address) => {
  const [, , code] = await fieldsOf(reader, address, 3);
  return { type: 'function', text: `<function at ${hex(address)}, code at ${hex(code)}>` };
};

/** A method of a type in C that checks its first argument; a type and a function. */
export const decodeChecked: Decode = async (reader, address) => {
  const { layout } = reader;
  const word = await objectAt(reader, address + fieldAt(layout, 2 * layout.wordSize, layout.objectSize));
  return {
    type: 'function',
    text: async (preview) =>
      preview.path.has(address)
        ? '<function>'
        : reader.text(word, { depth: preview.depth + 1, path: new Set([...preview.path, address]) }),
  };
};

function named(type: string, name: string, address: number): Shape {
  return { type, text: cut(`<${type} ${name} at ${hex(address)}>`) };
}

export const decodeBoundMethod: Decode = async (reader, address) => {
  const [method, self] = await objectsAt(reader, address + firstObject(reader.layout), 2);
  return {
    type: 'bound_method',
    count: 2,
    text: async (preview) => {
      const inner = { ...preview, depth: preview.depth + 1 };
      const name = /^<function ([^>\s]+|<\w+>)/.exec(await reader.text(method, inner))?.[1] ?? 'method';
      return cut(`<bound_method ${name} of ${await reader.text(self, inner)}>`);
    },
    parts: async () => [
      { name: 'self', word: self },
      { name: 'function', word: method },
    ],
  };
};

export const decodeClosure: Decode = async (reader, address) => {
  const { layout } = reader;
  const { objectSize, wordSize } = layout;
  const at = address + firstObject(layout);
  const inside = await objectAt(reader, at);
  const count = await reader.memory.word(at + objectSize);
  const closed = address + fieldAt(layout, firstObject(layout) + objectSize + wordSize, objectSize);
  return {
    type: 'closure',
    count: 1 + count,
    text: async (preview) =>
      (await reader.text(inside, { ...preview, depth: preview.depth + 1 })).replace(/^<function/, '<closure'),
    parts: async (start, wanted) => {
      const words = await objectsAt(reader, closed, Math.min(count, start + wanted)).catch(() => []);
      const parts: ShapePart[] = words.map((word, index) => ({ name: `closed[${index}]`, word }));
      return [{ name: 'function', word: inside }, ...parts].slice(start, start + wanted);
    },
  };
};

/** A variable that functions inside others share: shown as what it holds. */
export const decodeCell: Decode = async (reader, address) => {
  const word = await objectAt(reader, address + firstObject(reader.layout));
  return {
    type: 'cell',
    count: 1,
    text: async (preview) => {
      // A cell may hold itself.
      if (preview.path.has(address)) return '...';
      return reader.text(word, { depth: preview.depth + 1, path: new Set([...preview.path, address]) });
    },
    parts: async () => [{ name: 'content', word }],
  };
};

/** Without symbols a type without a name is a cell's or that of Ellipsis. */
export const decodeUnnamed: Decode = async (reader, address, type) => {
  const [name] = await fieldsOf(reader, address, 1);
  const text = name < 0x1_0000 ? await reader.qstr(name) : '';
  return /^(Ellipsis|NotImplemented)$/.test(text)
    ? decodeSingleton(reader, address, type)
    : decodeCell(reader, address, type);
};

/** staticmethod and classmethod. */
export const decodeWrapper: Decode = async (reader, address, type) => {
  const word = await objectAt(reader, address + firstObject(reader.layout));
  return {
    type: type.name,
    count: 1,
    text: async (preview) => {
      if (preview.path.has(address)) return `${type.name}(...)`;
      const inner = { depth: preview.depth + 1, path: new Set([...preview.path, address]) };
      return cut(`${type.name}(${await reader.text(word, inner)})`);
    },
    parts: async () => [{ name: 'function', word }],
  };
};

export const decodeProperty: Decode = async (reader, address) => {
  const words = await objectsAt(reader, address + firstObject(reader.layout), 3);
  return {
    type: 'property',
    text: `<property at ${hex(address)}>`,
    count: words.length,
    parts: async () =>
      ['get', 'set', 'delete'].slice(0, words.length).map((name, index) => ({ name, word: words[index] })),
  };
};

/** A generator is a call that waits: shown with the line it waits on. */
export const decodeGenerator: Decode = async (reader, address, type) => {
  const { layout } = reader;
  const state = await readCodeState(reader, address + firstObject(layout) + layout.objectSize).catch(() => undefined);
  // Functions that make generators have a type of the same name.
  if (!state) return decodeFunction(reader, address, type);
  return {
    type: 'generator',
    text: cut(`<generator ${state.code.name} at ${state.code.file}:${state.line}>`),
    count: state.code.locals,
    parts: async (start, count) => (await frameParts(reader, state)).slice(start, start + count),
  };
};

export const decodeModule: Decode = async (reader, address) => {
  const [globals] = await fieldsOf(reader, address, 1);
  const map = globals + reader.layout.wordSize;
  return {
    type: 'module',
    count: await mapCount(reader, map),
    text: async () => `<module ${quoteText(await moduleName(reader, map))}>`,
    parts: (start, count) => attributeParts(reader, map, start, count),
  };
};

/** @param map of the module's globals */
async function moduleName(reader: Reader, map: number): Promise<string> {
  const nothing = { depth: 9, path: new Set<number>() };
  for (const { key, value } of await mapEntries(reader, map, 0, 64))
    if ((await reader.text(key, nothing)) === "'__name__'") return (await reader.text(value, nothing)).slice(1, -1);
  return '?';
}
