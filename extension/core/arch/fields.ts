// Fields that every instruction set shares: whole little-endian words.

import type { Field } from './architecture.ts';

export const word8: Field = {
  name: '8-bit word',
  bytes: 1,
  range: [-0x80, 0xff],
  align: 1,
  read: (view, at) => view.getInt8(at),
  write: (view, at, value) => view.setUint8(at, value & 0xff),
};

export const word16: Field = {
  name: '16-bit word',
  bytes: 2,
  range: [-0x8000, 0xffff],
  align: 1,
  read: (view, at) => view.getInt16(at, true),
  write: (view, at, value) => view.setUint16(at, value & 0xffff, true),
};

export const word32: Field = {
  name: '32-bit word',
  bytes: 4,
  range: [-0x8000_0000, 0xffff_ffff],
  align: 1,
  read: (view, at) => view.getInt32(at, true),
  write: (view, at, value) => view.setUint32(at, value >>> 0, true),
};

export const word64: Field = {
  name: '64-bit word',
  bytes: 8,
  range: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  align: 1,
  read: (view, at) => Number(view.getBigInt64(at, true)),
  write: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
};

/** A signed 32-bit distance: what an instruction adds to its own address. */
export const distance32: Field = { ...word32, name: '32-bit distance', range: [-0x8000_0000, 0x7fff_ffff] };

export const signed = (bits: number): readonly [number, number] => [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];

/** Reads the low `bits` of `value` as a two's complement number. */
export const signExtend = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);
