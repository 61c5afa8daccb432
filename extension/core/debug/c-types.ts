// Which C types of a native module hold Python: how GDB writes the type of a variable, and what a debugger shows for it.
// Types: https://github.com/micropython/micropython/blob/master/py/obj.h, py/misc.h, py/qstr.h

export type PythonType =
  /** The variable is an mp_obj_t. */
  | { readonly kind: 'object' }
  /** It is one of the structures behind an mp_obj_t, or the start of one. */
  | { readonly kind: 'structure' }
  /** It points to such a structure. */
  | { readonly kind: 'structure-pointer' }
  /** It has so many mp_obj_t. */
  | { readonly kind: 'objects'; readonly count: number }
  /** It points to one mp_obj_t or to more. */
  | { readonly kind: 'objects-pointer' }
  | { readonly kind: 'qstr' }
  | { readonly kind: 'map' | 'map-pointer' | 'buffer' | 'buffer-pointer' };

const object = 'mp_(?:const_|rom_)?obj_t';
const structure = '(?:struct )?_?mp_obj_\\w+_t';

const patterns: readonly (readonly [RegExp, (match: RegExpExecArray) => PythonType])[] = [
  [new RegExp(`^${object}$`), () => ({ kind: 'object' })],
  [new RegExp(`^${object} \\[(\\d+)\\]$`), ([, count]) => ({ kind: 'objects', count: Number(count) })],
  [new RegExp(`^${object} \\*$`), () => ({ kind: 'objects-pointer' })],
  [new RegExp(`^${structure} \\*$`), () => ({ kind: 'structure-pointer' })],
  [new RegExp(`^${structure}$`), () => ({ kind: 'structure' })],
  [/^qstr(_short_t)?$/, () => ({ kind: 'qstr' })],
  [/^(?:struct )?_?mp_map_t$/, () => ({ kind: 'map' })],
  [/^(?:struct )?_?mp_map_t \*$/, () => ({ kind: 'map-pointer' })],
  [/^(?:struct )?_?mp_buffer_info_t$/, () => ({ kind: 'buffer' })],
  [/^(?:struct )?_?mp_buffer_info_t \*$/, () => ({ kind: 'buffer-pointer' })],
];

/** @param type as GDB writes it, e.g. `const mp_obj_t *` @returns undefined for a type of plain C */
export function pythonType(type: string): PythonType | undefined {
  const plain = type
    .replace(/\b(const|volatile) ?/g, '')
    .replace(/\* (?=\*|$)/g, '*')
    .trim();
  for (const [pattern, make] of patterns) {
    const match = pattern.exec(plain);
    if (match) return make(match);
  }
  return undefined;
}

/** Names of the parameter that says how many objects another points to, by custom; keywords come in pairs behind them. */
const counts = new Set(['n_args', 'n_pos', 'nargs', 'n', 'len', 'size', 'n_items']);
const keywordCounts = new Set(['n_kw']);
/** However many a variable that has no value yet claims. */
const mostArguments = 1000;

/** @param variables of the same function @returns how many objects an `mp_obj_t *` of it points to: at least 1 */
export function countArguments(variables: readonly { readonly name: string; readonly value?: string }[]): number {
  const sum = (names: ReadonlySet<string>) =>
    variables.filter(({ name }) => names.has(name)).map(({ value }) => Number.parseInt(value ?? '', 10))[0] ?? 0;
  const count = sum(counts) + 2 * sum(keywordCounts);
  return count >= 1 && count <= mostArguments ? count : 1;
}

/** Types of a single number, which has no parts. */
const numbers =
  /^(?:(?:unsigned|signed|long|short|char|int|float|double|bool|_Bool|(?:u?int(?:_fast|_least)?\d+|size|ssize|u?intptr|ptrdiff|mp_u?int|mp_float|byte|wchar)(?:_t)?) ?)+$/;

export function isNumber(type: string): boolean {
  return numbers.test(type.replace(/\b(const|volatile) ?/g, '').trim());
}
