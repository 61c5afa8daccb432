// Reads what a native module depends on out of a MicroPython or CircuitPython source tree, so that a fork which appends
// entries or qstrs needs no change in the tool.

import type { Abi } from './abi.ts';
import { notInTree } from './errors.ts';

/** Files of the tree that `readTree` wants, relative to its top. */
export const treeFiles = ['py/nativeglue.h', 'py/persistentcode.h', 'py/makeqstrdata.py', 'py/mpconfig.h'] as const;

export type TreeFile = (typeof treeFiles)[number];

/**
 * @param texts contents of `treeFiles`
 * @param top the tree's path, for diagnostics
 * @throws Failure `abi/tree` naming the file and what was not found in it
 */
export function readTree(texts: Readonly<Record<TreeFile, string>>, top: string): Abi {
  const place = (file: TreeFile) => `${top}/${file}`;
  const version = (name: string) => {
    const match = new RegExp(`#\\s*define\\s+${name}\\s+\\(?(\\d+)`).exec(texts['py/persistentcode.h']);
    if (!match) throw notInTree(place('py/persistentcode.h'), name);
    return Number(match[1]);
  };
  const funTable = readFunTable(texts['py/nativeglue.h']);
  if (funTable.length === 0) throw notInTree(place('py/nativeglue.h'), 'struct mp_fun_table_t');
  const staticQstrs = readStaticQstrs(texts['py/makeqstrdata.py']);
  if (staticQstrs.length === 0) throw notInTree(place('py/makeqstrdata.py'), 'static_qstr_list');
  return {
    flavour: /\bCIRCUITPY_/.test(texts['py/mpconfig.h']) ? 'circuitpython' : 'micropython',
    version: version('MPY_VERSION'),
    subVersion: version('MPY_SUB_VERSION'),
    staticQstrs,
    funTable,
    configTypes: (['mp_uint_t', 'mp_int_t', 'mp_off_t'] as const).filter(
      (name) => !new RegExp(`typedef[^;]*\\b${name}\\s*;`).test(texts['py/mpconfig.h']),
    ),
  };
}

/** @returns the field names of `mp_fun_table_t` in a nativeglue.h, in order; empty when it is not there. */
export function readFunTable(header: string): string[] {
  const body = /typedef\s+struct\s+_mp_fun_table_t\s*\{([\s\S]*?)\}\s*mp_fun_table_t\s*;/.exec(
    withoutComments(header),
  )?.[1];
  if (!body) return [];
  const fields = body.replace(/^\s*#.*$/gm, '').split(';');
  // A function pointer names itself in `(*name)` (a returned pointer may stand before the star); a plain field comes last.
  return fields.flatMap((field) => /\(\s*\*\s*(\w+)\s*\)/.exec(field)?.[1] ?? /(\w+)\s*$/.exec(field)?.[1] ?? []);
}

/** @returns the strings of the `static_qstr_list` literal in a makeqstrdata.py, in order; empty when it is not there. */
export function readStaticQstrs(script: string): string[] {
  const body = /^static_qstr_list\s*=\s*\[([\s\S]*?)^\]/m.exec(script)?.[1];
  if (!body) return [];
  const literals = body.matchAll(/#.*$|(["'])((?:\\.|(?!\1).)*)\1/gm);
  return [...literals].flatMap((literal) => (literal[1] ? [unquote(literal[2])] : []));
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function unquote(literal: string): string {
  return literal.replace(/\\(.)/g, (_, character: string) => escapes[character] ?? character);
}
