// How many words of arguments functions of the function table take, for what wants to know which registers a call reads. Those
// with lists of variable length, and what one release declares otherwise than another, are left out.
// Source: MicroPython's py/nativeglue.h.

const byCount: readonly (readonly string[])[] = [
  ['load_build_class', 'nlr_pop'],
  [
    ...[
      'swap_globals',
      'load_name',
      'load_global',
      'obj_is_true',
      'new_dict',
      'iternext',
      'nlr_push',
      'raise',
      'import_all',
    ],
    ...[
      'delete_name',
      'delete_global',
      'obj_get_type',
      'obj_new_float_from_f',
      'obj_get_float_to_f',
      'obj_get_float_to_d',
    ],
  ],
  [
    ...['native_from_obj', 'native_to_obj', 'load_attr', 'load_super_method', 'store_name', 'store_global', 'unary_op'],
    ...[
      'new_tuple',
      'new_list',
      'new_set',
      'set_store',
      'list_append',
      'getiter',
      'import_from',
      'small_int_floor_divide',
    ],
    ...[
      'small_int_modulo',
      'raise_msg',
      'obj_new_str',
      'obj_new_bytes',
      'obj_new_bytearray_by_ref',
      'get_stream_raise',
    ],
    'obj_new_float_from_d',
  ],
  [
    ...['load_method', 'store_attr', 'obj_subscr', 'binary_op', 'dict_store', 'call_function_n_kw', 'call_method_n_kw'],
    ...[
      'import_name',
      'new_slice',
      'new_closure',
      'arg_check_num_sig',
      'yield_from',
      'memset_',
      'memmove_',
      'realloc_',
    ],
    ...['load_method_maybe', 'get_buffer', 'binary_get_size', 'binary_get_val_array'],
  ],
];

const counts = new Map(byCount.flatMap((names, count) => names.map((name) => [name, count] as const)));

/** @returns undefined when it is not known */
export const tableArguments = (name: string | undefined): number | undefined =>
  name === undefined ? undefined : counts.get(name);

/** Functions that always raise an exception; `raise` may do nothing. */
export const alwaysRaises = (name: string | undefined): boolean => name === 'raise_msg' || name === 'raise_msg_str';
