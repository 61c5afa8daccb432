// Native ABIs of earlier MicroPython releases: shorter function tables under two names of then.
// Source: mp_fun_table_t in py/nativeglue.h of 1.20 to 1.22.

import type { Abi } from './abi.ts';
import { micropython } from './micropython.ts';

const later = new Set([
  'load_method_maybe',
  'arg_parse_all',
  'arg_parse_all_kw_array',
  'binary_get_size',
  'binary_get_val_array',
  'binary_set_val_array',
  'type_Exception',
]);

function olderTable(names: Readonly<Record<string, string>>): string[] {
  return micropython.funTable.filter((field) => !later.has(field)).map((field) => names[field] ?? field);
}

const rawCode = { make_function_from_proto_fun: 'make_function_from_raw_code' };

/** MicroPython 1.22. */
export const micropython62: Abi = { ...micropython, subVersion: 2, funTable: olderTable(rawCode) };

/** MicroPython 1.20 and 1.21. */
export const micropython61: Abi = {
  ...micropython,
  subVersion: 1,
  funTable: olderTable({ ...rawCode, get_buffer: 'get_buffer_raise' }),
};
