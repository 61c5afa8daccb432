// Qstrs of a native module: found in its C sources by name, numbered in a generated header that the compiler includes.
// What the reference does: tools/mpy_ld.py --preprocess, py/makeqstrdata.py.

import type { Abi, ConfigType } from '../abi/abi.ts';

/** @returns the names after `MP_QSTR_` in a C source text, in order of appearance, each once. */
export function findQstrs(source: string): string[] {
  return [...new Set([...source.matchAll(/MP_QSTR_([A-Za-z0-9_]*)/g)].map((match) => match[1]))];
}

/** The generated header: static qstrs as numbers, the module's own as places in `mp_native_qstr_table`. `own` comes sorted out. */
export function configHeader(
  _names: readonly string[],
  _staticQstrs: readonly string[],
  _compat?: string,
): { text: string; own: string[] } {
  throw new Error('configHeader: in the making');
}
