// The current native ABI of MicroPython, for use without a source tree.
// Source: mp_fun_table_t in py/nativeglue.h; a test compares this table with the tree.

import type { Abi } from './abi.ts';
import { staticQstrs } from './static-qstrs.ts';

const funTable = [
  'const_none',
  'const_false',
  'const_true',
  'native_from_obj',
  'native_to_obj',
  'swap_globals',
  'load_name',
  'load_global',
  'load_build_class',
  'load_attr',
  'load_method',
  'load_super_method',
  'store_name',
  'store_global',
  'store_attr',
  'obj_subscr',
  'obj_is_true',
  'unary_op',
  'binary_op',
  'new_tuple',
  'new_list',
  'new_dict',
  'new_set',
  'set_store',
  'list_append',
  'dict_store',
  'make_function_from_proto_fun',
  'call_function_n_kw',
  'call_method_n_kw',
  'call_method_n_kw_var',
  'getiter',
  'iternext',
  'nlr_push',
  'nlr_pop',
  'raise',
  'import_name',
  'import_from',
  'import_all',
  'new_slice',
  'unpack_sequence',
  'unpack_ex',
  'delete_name',
  'delete_global',
  'new_closure',
  'arg_check_num_sig',
  'setup_code_state_native',
  'small_int_floor_divide',
  'small_int_modulo',
  'yield_from',
  'setjmp_',
  'memset_',
  'memmove_',
  'realloc_',
  'printf_',
  'vprintf_',
  'raise_msg',
  'obj_get_type',
  'obj_new_str',
  'obj_new_bytes',
  'obj_new_bytearray_by_ref',
  'obj_new_float_from_f',
  'obj_new_float_from_d',
  'obj_get_float_to_f',
  'obj_get_float_to_d',
  'load_method_maybe',
  'get_buffer',
  'get_stream_raise',
  'arg_parse_all',
  'arg_parse_all_kw_array',
  'binary_get_size',
  'binary_get_val_array',
  'binary_set_val_array',
  'plat_print',
  'type_type',
  'type_str',
  'type_list',
  'type_dict',
  'type_fun_builtin_0',
  'type_fun_builtin_1',
  'type_fun_builtin_2',
  'type_fun_builtin_3',
  'type_fun_builtin_var',
  'type_Exception',
  'stream_read_obj',
  'stream_readinto_obj',
  'stream_unbuffered_readline_obj',
  'stream_write_obj',
];

/** Which types the headers lack depends on the release, so without a tree all are defined. */
const configTypes = ['mp_uint_t', 'mp_int_t', 'mp_off_t'] as const;

/** MicroPython 1.23 and later: .mpy version 6.3. */
export const micropython: Abi = {
  flavour: 'micropython',
  version: 6,
  subVersion: 3,
  staticQstrs,
  funTable,
  configTypes,
};

/** Fields that came with 6.3. */
const since63 = new Set([
  'load_method_maybe',
  'arg_parse_all',
  'arg_parse_all_kw_array',
  'binary_get_size',
  'binary_get_val_array',
  'binary_set_val_array',
  'type_Exception',
]);

const funTable62 = funTable
  .filter((field) => !since63.has(field))
  .map((field) => (field === 'make_function_from_proto_fun' ? 'make_function_from_raw_code' : field));

/** MicroPython 1.22: .mpy version 6.2. */
export const micropython62: Abi = { ...micropython, subVersion: 2, funTable: funTable62 };

/** MicroPython 1.20 and 1.21: .mpy version 6.1. */
export const micropython61: Abi = {
  ...micropython,
  subVersion: 1,
  funTable: funTable62.map((field) => (field === 'get_buffer' ? 'get_buffer_raise' : field)),
};
