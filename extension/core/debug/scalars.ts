// Numbers, strings and constants of Python, out of memory. Text is as MicroPython's repr makes it, except that letters of other
// scripts stay letters.
// Structures: https://github.com/micropython/micropython/tree/master/py (objint_mpz.c, objstr.h, objfloat.c, objsingleton.c)

import { fieldAt, firstObject } from './object-layout.ts';
import { cut, type Decode, fieldsOf, integerAt, objectAt, type Reader } from './shape.ts';
import { hex, type TargetMemory, Unreadable, wideOf } from './target-memory.ts';

/** Bytes of a string that are read for its text. */
const shownBytes = 240;
/** Bytes of a big int that are worth turning into digits. */
const mostDigitBytes = 2048;

export const decodeNone: Decode = async () => ({ type: 'NoneType', text: 'None' });

export const decodeBool: Decode = async (reader, address) => {
  const value = await reader.memory.byte(address + reader.layout.wordSize);
  return { type: 'bool', text: value === 0 ? 'False' : 'True' };
};

/** Ellipsis, NotImplemented and their like carry their name. */
export const decodeSingleton: Decode = async (reader, address, type) => {
  const [name] = await fieldsOf(reader, address, 1);
  const text = await reader.qstr(name);
  return { type: type.name || text.toLowerCase(), text };
};

/**
 * Two kinds of firmware: digits in a block of their own, or an integer of 8 bytes in place. Where no digits can be where the
 * former would have them, it is the latter.
 */
export const decodeInt: Decode = async (reader, address) => {
  const [flags, length, digits] = await fieldsOf(reader, address, 3);
  const bytes = length * (reader.layout.digitBits / 8);
  const allocated = Math.floor(flags / 4);
  if (length <= allocated && allocated < 0x100_0000) {
    if (length === 0) return { type: 'int', text: '0' };
    if (bytes > mostDigitBytes) return { type: 'int', text: `<int of ${8 * bytes} bits>` };
    const magnitude = await reader.memory.bytes(digits, bytes).catch(() => undefined);
    if (magnitude) {
      const value = wideOf(magnitude, 0, bytes);
      return { type: 'int', text: String(flags & 1 ? -value : value) };
    }
  }
  const place = address + fieldAt(reader.layout, reader.layout.wordSize, 8);
  return { type: 'int', text: String(BigInt.asIntN(64, await reader.memory.wide(place, 8))) };
};

export const decodeFloat: Decode = async (reader, address) => {
  const { floatSize, wordSize } = reader.layout;
  const value = await floatAt(reader.memory, address + fieldAt(reader.layout, wordSize, floatSize), floatSize);
  return { type: 'float', text: floatText(value, floatSize === 4) };
};

export const decodeComplex: Decode = async (reader, address) => {
  const { floatSize, wordSize } = reader.layout;
  const at = address + fieldAt(reader.layout, wordSize, floatSize);
  const single = floatSize === 4;
  const real = await floatAt(reader.memory, at, floatSize);
  const imaginary = floatText(await floatAt(reader.memory, at + floatSize, floatSize), single).replace(/\.0$/, '');
  if (real === 0) return { type: 'complex', text: `${imaginary}j` };
  const sign = /^[-+]/.test(imaginary) ? '' : '+';
  return { type: 'complex', text: `(${floatText(real, single).replace(/\.0$/, '')}${sign}${imaginary}j)` };
};

async function floatAt(memory: TargetMemory, address: number, size: 4 | 8): Promise<number> {
  const bytes = await memory.bytes(address, size);
  const view = new DataView(bytes.buffer, bytes.byteOffset, size);
  return size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
}

/**
 * The shortest text that reads as the same number, in Python's notation.
 * @param lostBits of a float's lowest bits, that the firmware does not keep: they make no difference to it
 */
export function floatText(value: number, single: boolean, lostBits = 0): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  let digits = String(value);
  if (single)
    for (let precision = 1; precision <= 9; precision++) {
      digits = String(Number(value.toPrecision(precision)));
      if (floatBits(Number(digits)) >> lostBits === floatBits(value) >> lostBits) break;
    }
  if (Object.is(value, -0)) return '-0.0';
  const number = Number(digits);
  const [mantissa, exponent] = number.toExponential().split('e');
  const power = Number(exponent);
  if (power < -4 || power >= 16) {
    const size = String(Math.abs(power)).padStart(2, '0');
    return `${mantissa}e${power < 0 ? '-' : '+'}${size}`;
  }
  if (/e/.test(digits)) digits = number.toFixed(Math.max(0, (mantissa.split('.')[1]?.length ?? 0) - power));
  return /\./.test(digits) ? digits : `${digits}.0`;
}

function floatBits(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getInt32(0);
}

export const decodeStr: Decode = async (reader, address) => {
  const { bytes, length } = await stringBytes(reader, address);
  // A character may be cut in two.
  const text = new TextDecoder().decode(bytes);
  if (bytes.length === length) return { type: 'str', text: quoteText(text) };
  return { type: 'str', text: `${quoteText(text.replace(/\ufffd+$/, ''))}...` };
};

export const decodeBytes: Decode = async (reader, address) => {
  const { bytes, length } = await stringBytes(reader, address);
  return { type: 'bytes', text: `b${quoteBytes(bytes)}${bytes.length < length ? '...' : ''}` };
};

async function stringBytes(reader: Reader, address: number) {
  const [, length, data] = await fieldsOf(reader, address, 3);
  const bytes = await reader.memory.available(data, Math.min(length, shownBytes));
  if (bytes.length === 0 && length > 0) throw new Unreadable(data);
  return { bytes, length };
}

export function quoteText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const inner = text.replace(/[\p{C}\\'"]/gu, (character) => {
    if (character === '\\' || character === quote) return `\\${character}`;
    if (character === "'" || character === '"') return character;
    return escapes[character] ?? escapeCode(character.codePointAt(0)!);
  });
  return quote + inner + quote;
}

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeCode(code: number): string {
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x1_0000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}

export function quoteBytes(bytes: Uint8Array): string {
  const plain = String.fromCharCode(...bytes);
  const quote = plain.includes("'") && !plain.includes('"') ? '"' : "'";
  const inner = plain.replace(/[^ -~]|[\\'"]/g, (character) => {
    if (character === '\\' || character === quote) return `\\${character}`;
    if (character === "'" || character === '"') return character;
    return escapes[character] ?? escapeCode(character.charCodeAt(0));
  });
  return quote + inner + quote;
}

export const decodeRange: Decode = async (reader, address) => {
  const { wordSize, objectSize } = reader.layout;
  const at = address + fieldAt(reader.layout, wordSize, objectSize);
  const start = await integerAt(reader, at);
  const stop = await integerAt(reader, at + objectSize);
  const step = await integerAt(reader, at + 2 * objectSize);
  return { type: 'range', text: `range(${start}, ${stop}${step === 1n ? '' : `, ${step}`})` };
};

export const decodeSlice: Decode = async (reader, address) => {
  const at = address + firstObject(reader.layout);
  const words = await Promise.all([0, 1, 2].map((index) => objectAt(reader, at + index * reader.layout.objectSize)));
  return {
    type: 'slice',
    text: async (preview) => {
      const inner = { ...preview, depth: preview.depth + 1 };
      const texts = await Promise.all(words.map((word) => reader.text(word, inner)));
      return cut(`slice(${texts.join(', ')})`);
    },
    count: 3,
    parts: async () => ['start', 'stop', 'step'].map((name, index) => ({ name, word: words[index] })),
  };
};

export const decodeOther: Decode = async (_reader, address, type) => ({
  type: type.name,
  text: `<${type.name || 'object'} at ${hex(address)}>`,
});
