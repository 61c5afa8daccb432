// Constant objects as Python writes them, cut where they are long. https://docs.micropython.org/en/latest/reference/mpyfiles.html

import { crc32 } from '../bytes/crc32.ts';
import type { MpyObject } from '../mpy/module.ts';
import { escapeControls, quoteText } from './plain-text.ts';

/** Bytes `start` to before `end`. */
interface Placed {
  readonly start: number;
  readonly end: number;
}

const utf8 = new TextDecoder();
/** Longer texts are cut; the bytes show the rest. */
const longestText = 200;
/** Items may have no text at all. */
const mostItems = 50;
const cut = '... ';

export function objectText(object: MpyObject): string {
  switch (object.kind) {
    case 'tuple': {
      let text = '';
      for (const [index, item] of object.items.entries()) {
        if (index === mostItems || text.length > longestText) return `(${text}, ${cut}${object.items.length} items)`;
        text += `${text && ', '}${objectText(item)}`;
      }
      return `(${text}${object.items.length === 1 ? ',' : ''})`;
    }
    case 'str':
      return shorten(object.bytes, (bytes) => quoteText(utf8.decode(bytes)));
    case 'bytes':
      return shorten(object.bytes, bytesLiteral);
    case 'int':
    case 'float':
    case 'complex':
      return shorten(object.bytes, (bytes) => escapeControls(utf8.decode(bytes)));
    default:
      return object.kind;
  }
}

/**
 * Two texts that were cut at one place are told apart by the checksum of their bytes.
 * @param place of the object in the file
 */
export function wholeText(text: string, file: Uint8Array, { start, end }: Placed): string {
  // A short one may have the mark inside; its checksum does no harm.
  if (!text.includes(cut)) return text;
  return `${text}, CRC ${crc32(file.subarray(start, end)).toString(16).padStart(8, '0')}`;
}

function shorten(bytes: Uint8Array, text: (bytes: Uint8Array) => string): string {
  if (bytes.length <= longestText) return text(bytes);
  return `${text(bytes.subarray(0, longestText))}${cut}${bytes.length} bytes`;
}

export function shortenText(text: string, write: (text: string) => string): string {
  if (text.length <= longestText) return write(text);
  return `${write(text.slice(0, longestText))}${cut}${text.length} characters`;
}

function bytesLiteral(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c;
    text += plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return `b'${text}'`;
}
