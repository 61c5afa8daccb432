// Qstrs of a native module: found in its C sources by name, numbered in a generated header that the compiler includes.
// What the reference does: tools/mpy_ld.py --preprocess, py/makeqstrdata.py.

import type { Abi, ConfigType } from '../abi/abi.ts';

/** @returns the names after `MP_QSTR_` in a C source text, in order of appearance, each once. */
export function findQstrs(source: string): string[] {
  return [...new Set([...source.matchAll(/MP_QSTR_([A-Za-z0-9_]*)/g)].map((match) => match[1]))];
}

/** C types behind the integer types that older trees leave to the config header. */
const configTypes: Readonly<Record<ConfigType, string>> = {
  mp_int_t: 'intptr_t',
  mp_uint_t: 'uintptr_t',
  mp_off_t: 'uintptr_t',
};

/**
 * Compilers keep what they have read of constants, and the function table is declared as one: its entries wait in registers and
 * on the stack from one call to the next, which takes more code than to read each where it is called. By this macro the
 * declaration of MicroPython's headers, `extern const mp_fun_table_t mp_fun_table;`, becomes that of the function here, whose
 * result is no constant to the compiler. It counts from a symbol inside the table, because instructions have short forms for
 * short distances to both sides; that the two belong together is hidden from the compiler, which would warn of it. On other
 * architectures code gets larger by it.
 */
const smallerTable = [...tableFrom('__x86_64__', 104), ...tableFrom('__i386__', 128)];

/** @param middle in bytes */
function tableFrom(machine: string, middle: number): string[] {
  return [
    `#if defined(__OPTIMIZE__) && defined(${machine})`,
    `extern const char natmod_fun_table_middle[] __asm__("mp_fun_table.${middle}");`,
    '__attribute__((always_inline)) static inline const struct _mp_fun_table_t *natmod_fun_table() {',
    '    const char *middle;',
    '    __asm__("" : "=r"(middle) : "0"(natmod_fun_table_middle));',
    `    return (const struct _mp_fun_table_t *)(middle - ${middle});`,
    '}',
    '#define mp_fun_table (*natmod_fun_table())',
    '#endif',
  ];
}

export interface ConfigHeader {
  readonly text: string;
  /** The module's own qstrs: those of `names` that are not static, sorted by code point. The .mpy lists them in this order. */
  readonly own: readonly string[];
}

/**
 * Makes the header behind `MP_CONFIGFILE`: a static qstr is its number, one of the module's own is looked up in the table
 * that the loader fills (whose entry 0 is the file's name).
 * @param names after `MP_QSTR_`, in any order
 * @param smaller for smaller code: the function table is not declared as in MicroPython's headers
 */
export function configHeader(names: readonly string[], abi: Abi, smaller = false): ConfigHeader {
  const statics = abi.staticQstrs.map(qstrIdentifier);
  const known = new Set(statics);
  const own = [...new Set(names)].filter((name) => !known.has(name)).sort(byCodePoint);
  const lines = [
    // Without a tree all types are defined, and compilers mind a second definition unless it is in a system header.
    '#pragma GCC system_header',
    '#include <stdint.h>',
    ...abi.configTypes.map((type) => `typedef ${configTypes[type]} ${type};`),
    ...statics.map((identifier, index) => `#define MP_QSTR_${identifier} (${index + 1})`),
    ...own.map((identifier, index) => `#define MP_QSTR_${identifier} (mp_native_qstr_table[${index + 1}])`),
    'extern const uint16_t mp_native_qstr_table[];',
    'extern const uintptr_t mp_native_obj_table[];',
    ...(smaller ? smallerTable : []),
  ];
  return { text: `${lines.join('\n')}\n`, own };
}

/** @returns the module's own qstrs listed in a config header made by `configHeader` or by the reference, in table order. */
export function readConfigHeader(text: string): string[] {
  return [...text.matchAll(/^#define MP_QSTR_([A-Za-z0-9_]*) \(mp_native_/gm)].map((match) => match[1]);
}

/** Whether a text defines qstrs, static ones at least, as the header that the objects are compiled with does. */
export const isConfigHeader = (text: string): boolean => /^#define MP_QSTR_/m.test(text);

const characterNames: Readonly<Record<string, string>> = {
  ' ': 'space',
  '!': 'bang',
  '"': 'quot',
  '#': 'hash',
  $: 'dollar',
  '%': 'percent',
  '&': 'amp',
  "'": 'squot',
  '(': 'paren_open',
  ')': 'paren_close',
  '*': 'star',
  '+': 'plus',
  ',': 'comma',
  '-': 'hyphen',
  '.': 'dot',
  '/': 'slash',
  ':': 'colon',
  ';': 'semicolon',
  '<': 'lt',
  '=': 'equals',
  '>': 'gt',
  '?': 'question',
  '@': 'at_sign',
  '[': 'bracket_open',
  '\\': 'backslash',
  ']': 'bracket_close',
  '^': 'caret',
  '{': 'brace_open',
  '|': 'pipe',
  '}': 'brace_close',
  '~': 'tilde',
};

/** @returns the C identifier behind `MP_QSTR_` of a string: `utf-8` is `utf_hyphen_8`. */
export function qstrIdentifier(text: string): string {
  const escaped = (character: string) =>
    `_${characterNames[character] ?? `0x${character.codePointAt(0)?.toString(16).padStart(2, '0')}`}_`;
  return text.replace(/[^A-Za-z0-9_]/gu, escaped);
}

function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
