// What an `mp_obj_t` says by itself: MicroPython keeps small ints, interned strings, None and booleans, and in two of its
// four representations floats, in the bits of the word; all else is a pointer.
// Specification: MICROPY_OBJ_REPR_A to D in https://github.com/micropython/micropython/blob/master/py/mpconfig.h

export const representations = ['A', 'B', 'C', 'D'] as const;
export type Representation = (typeof representations)[number];

export type ObjectWord =
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'qstr'; readonly number: number }
  | { readonly kind: 'float'; readonly value: number; readonly single: boolean }
  | { readonly kind: 'constant'; readonly value: 'None' | 'False' | 'True' }
  /** The C value MP_OBJ_NULL, which is no Python object. */
  | { readonly kind: 'null' }
  | { readonly kind: 'pointer'; readonly address: number }
  /** Bits that mean nothing. */
  | { readonly kind: 'invalid' };

const constants = { 0: 'None', 1: 'False', 3: 'True' } as const;

/** @returns in bytes, what an mp_obj_t takes in memory */
export function objectSize(representation: Representation, wordSize: 4 | 8): 4 | 8 {
  return representation === 'D' ? 8 : wordSize;
}

/** @param word the mp_obj_t's bits, without sign */
export function decodeObjectWord(word: bigint, representation: Representation, wordSize: 4 | 8): ObjectWord {
  if (word === 0n) return { kind: 'null' };
  const bits = 8 * wordSize;
  const low = Number(word & 0xffff_ffffn);
  switch (representation) {
    case 'A':
      if (low & 1) return { kind: 'int', value: BigInt.asIntN(bits, word) >> 1n };
      if ((low & 7) === 2) return { kind: 'qstr', number: Number(word >> 3n) };
      if ((low & 7) === 6) return constant(Number(word >> 3n));
      return pointer(word, 4n);
    case 'B':
      if ((low & 3) === 1) return { kind: 'int', value: BigInt.asIntN(bits, word) >> 2n };
      if ((low & 7) === 3) return { kind: 'qstr', number: Number(word >> 3n) };
      if ((low & 7) === 7) return constant(Number(word >> 3n));
      return pointer(word, 2n);
    case 'C':
      if (low & 1) return { kind: 'int', value: BigInt.asIntN(bits, word) >> 1n };
      if ((low & 3) === 0) return pointer(word, 4n);
      if ((low & 0xff80_000f) >>> 0 === 6) return { kind: 'qstr', number: low >>> 4 };
      if ((low & 0xff80_000f) >>> 0 === 14) return constant(low >>> 4);
      return { kind: 'float', value: shortFloat(low), single: true };
    case 'D':
      return decodeNanBox(word, low);
  }
}

/** @returns the word of a small int; undefined for a number that needs an object of its own */
export function encodeSmallInt(value: bigint, representation: Representation, wordSize: 4 | 8): bigint | undefined {
  const bits = representation === 'D' ? 47 : 8 * wordSize - (representation === 'B' ? 2 : 1);
  if (BigInt.asIntN(bits, value) !== value) return undefined;
  if (representation === 'D') return (1n << 48n) | BigInt.asUintN(48, (value << 1n) | 1n);
  const word = representation === 'B' ? (value << 2n) | 1n : (value << 1n) | 1n;
  return BigInt.asUintN(8 * wordSize, word);
}

/** @returns the word of a constant, where the firmware has these in the word itself */
export function encodeConstant(text: 'None' | 'False' | 'True', representation: Representation): bigint {
  const number = BigInt({ None: 0, False: 1, True: 3 }[text]);
  switch (representation) {
    case 'A':
      return (number << 3n) | 6n;
    case 'B':
      return (number << 3n) | 7n;
    case 'C':
      return (number << 4n) | 14n;
    case 'D':
      return (3n << 48n) | (number << 46n);
  }
}

function decodeNanBox(word: bigint, low: number): ObjectWord {
  switch (Number(word >> 48n)) {
    case 0:
      return { kind: 'pointer', address: Number(word) };
    case 1:
      return { kind: 'int', value: BigInt.asIntN(48, word) >> 1n };
    case 2:
      return { kind: 'qstr', number: low >>> 1 };
    case 3:
      return constant(Number((word >> 46n) & 3n));
    default: {
      const view = new DataView(new ArrayBuffer(8));
      view.setBigUint64(0, BigInt.asUintN(64, word - 0x8004_0000_0000_0000n));
      return { kind: 'float', value: view.getFloat64(0), single: false };
    }
  }
}

/** The two bits that representation C has no room for are those above them again. */
function shortFloat(word: number): number {
  const bits = (word - 0x8080_0000) & ~3;
  const view = new DataView(new ArrayBuffer(4));
  view.setInt32(0, bits | ((bits >> 2) & 3));
  return view.getFloat32(0);
}

function constant(number: number): ObjectWord {
  const value = constants[number as keyof typeof constants];
  return value === undefined ? { kind: 'invalid' } : { kind: 'constant', value };
}

function pointer(word: bigint, align: bigint): ObjectWord {
  return word % align === 0n ? { kind: 'pointer', address: Number(word) } : { kind: 'invalid' };
}
