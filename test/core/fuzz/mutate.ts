// Damages a file: here and there a byte, a number that programs stumble over, a piece moved, cut or taken from another file.

import type { Random } from './random.ts';

/** Where damage does most: headers and tables rather than code. */
export type Hot = readonly (readonly [start: number, end: number])[];

const numbers: readonly number[] = [
  0, 1, 2, 3, 4, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0xfff, 0x1000, 0x7fff, 0x8000, 0xfff1, 0xfff2, 0xffff, 0x1_0000,
  0xff_ffff, 0x0fff_ffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff,
];
const wideNumbers: readonly bigint[] = [1n << 32n, 1n << 40n, (1n << 53n) - 1n, 1n << 53n, 1n << 63n, (1n << 64n) - 1n];

export function mutate(original: Uint8Array, hot: Hot, others: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = new Uint8Array(original);
  for (let left = 1 + random.below(random.chance(4) ? 12 : 4); left > 0 && bytes.length > 0; left--)
    bytes = damage(bytes, hot, others, random);
  return bytes;
}

function damage(bytes: Uint8Array, hot: Hot, others: readonly Uint8Array[], random: Random): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes);
  const view = new DataView(result.buffer);
  const at = place(bytes, hot, random);
  switch (random.below(16)) {
    case 0:
    case 1:
      result[at] ^= 1 << random.below(8);
      break;
    case 2:
      result[at] = random.below(256);
      break;
    case 3:
    case 4:
    case 5:
    case 6:
    case 7: {
      const word = at & ~3;
      if (word + 4 <= bytes.length) view.setUint32(word, number(bytes, random), true);
      break;
    }
    case 8:
      if (at + 2 <= bytes.length) view.setUint16(at & ~1, number(bytes, random) & 0xffff, true);
      break;
    case 9: {
      const word = at & ~7;
      if (word + 8 <= bytes.length) view.setBigUint64(word, random.pick(wideNumbers), true);
      break;
    }
    case 10: {
      // A number a little off.
      const word = at & ~3;
      if (word + 4 <= bytes.length) view.setUint32(word, view.getUint32(word, true) + random.below(9) - 4, true);
      break;
    }
    case 11: {
      const length = 1 + random.below(64);
      result.copyWithin(at, random.below(bytes.length), Math.min(bytes.length, random.below(bytes.length) + length));
      break;
    }
    case 12:
      result.fill(random.pick([0, 0xff, 0x80, 0x41]), at, at + 1 + random.below(32));
      break;
    case 13:
      return random.chance(4) ? result.slice(0, at) : result;
    case 14: {
      const other = random.pick(others);
      const from = random.below(other.length);
      result.set(other.subarray(from, from + Math.min(1 + random.below(64), bytes.length - at)), at);
      break;
    }
    default: {
      // Something inserted or left out.
      if (!random.chance(3)) break;
      const gone = random.below(16);
      const added = other(random.below(16), random);
      return Uint8Array.from([...bytes.subarray(0, at), ...added, ...bytes.subarray(at + gone)]);
    }
  }
  return result;
}

function place(bytes: Uint8Array, hot: Hot, random: Random): number {
  if (hot.length > 0 && !random.chance(4)) {
    const [start, end] = random.pick(hot);
    if (end > start) return Math.min(bytes.length - 1, start + random.below(end - start));
  }
  return random.below(bytes.length);
}

function number(bytes: Uint8Array, random: Random): number {
  switch (random.below(4)) {
    case 0:
      return random.below(bytes.length + 16);
    case 1:
      return random.below(64);
    default:
      return random.pick(numbers);
  }
}

function other(length: number, random: Random): number[] {
  return Array.from({ length }, () => random.below(256));
}
