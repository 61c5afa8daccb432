// Extensions of an instruction set that a module may ask of the firmware in its header; the loader compares them with the
// processor's. Only RV32 has any so far.
// Source: MicroPython's tools/mpy_ld.py (--arch-flags), py/persistentcode.h.

import type { BuildableArch } from './names.ts';

/** Bits of the header's architecture flags. */
export const rv32Extensions = { zba: 1, zcmp: 2 } as const;

/** @returns the bits of a number (decimal, 0x, 0b) or of names with commas; undefined for any other text. */
export function parseArchFlags(text: string): number | undefined {
  const lower = text.toLowerCase();
  if (/^(0x[\da-f]{1,8}|0b[01]{1,32}|\d{1,9})$/.test(lower)) return Number(lower);
  const names = lower.split(',');
  if (!names.every((name) => Object.hasOwn(rv32Extensions, name))) return undefined;
  return names.reduce((bits, name) => bits | rv32Extensions[name as keyof typeof rv32Extensions], 0);
}

export function takesArchFlags(arch: BuildableArch): boolean {
  return arch === 'rv32imc';
}
