// MicroPython's C API as far as the function table offers it to native modules.
// https://docs.micropython.org/en/latest/develop/natmod.html
#ifndef NATMOD_RUNTIME_H
#define NATMOD_RUNTIME_H

#include <errno.h>
#include <string.h>

#include "natmod/layout.h"
#include "py/mperrno.h"

#define NATMOD_CALL(name, ...) (mp_fun_table.name(__VA_ARGS__))

// Constants and classes. Those that firmware knows by their names only are what modules for older releases define themselves:
// the same tokens, which a compiler takes twice.

#define mp_const_none ((mp_obj_t)mp_fun_table.const_none)
#define mp_const_false ((mp_obj_t)mp_fun_table.const_false)
#define mp_const_true ((mp_obj_t)mp_fun_table.const_true)
#define mp_const_empty_tuple NATMOD_CALL(new_tuple, 0, NULL)
#define mp_const_empty_bytes (MP_OBJ_TYPE_GET_SLOT(&mp_type_bytes, make_new)(NULL, 0, 0, NULL))
#define mp_type_type (*mp_fun_table.type_type)
#define mp_type_str (*mp_fun_table.type_str)
#define mp_type_list (*mp_fun_table.type_list)
#define mp_type_NoneType (*mp_obj_get_type(mp_const_none))
#define mp_type_bool (*mp_obj_get_type(mp_const_false))
#define mp_type_tuple (*((mp_obj_base_t *)mp_const_empty_tuple)->type)
#define mp_type_int (*(mp_obj_type_t *)(mp_load_global(MP_QSTR_int)))
#define mp_type_bytes (*(mp_obj_type_t *)(mp_load_global(MP_QSTR_bytes)))
#define mp_type_bytearray (*(mp_obj_type_t *)(mp_load_global(MP_QSTR_bytearray)))
#if NATMOD_ABI >= 63
#define mp_type_Exception (*mp_fun_table.type_Exception)
#else
#define mp_type_Exception (*(mp_obj_type_t *)(mp_load_global(MP_QSTR_Exception)))
#endif
#define mp_type_EOFError (*(mp_obj_type_t *)(mp_load_global(MP_QSTR_EOFError)))
#define mp_type_IndexError (*(mp_obj_type_t *)(mp_load_global(MP_QSTR_IndexError)))
#define mp_type_KeyError (*(mp_obj_type_t *)(mp_load_global(MP_QSTR_KeyError)))
#define mp_type_NotImplementedError (*(mp_obj_type_t *)(mp_load_global(MP_QSTR_NotImplementedError)))
#define mp_type_RuntimeError (*(mp_obj_type_t *)(mp_load_global(MP_QSTR_RuntimeError)))
#define mp_type_TypeError (*(mp_obj_type_t *)(mp_load_global(MP_QSTR_TypeError)))
#define mp_type_ValueError (*(mp_obj_type_t *)(mp_load_global(MP_QSTR_ValueError)))
#define mp_stream_read_obj (*mp_fun_table.stream_read_obj)
#define mp_stream_readinto_obj (*mp_fun_table.stream_readinto_obj)
#define mp_stream_unbuffered_readline_obj (*mp_fun_table.stream_unbuffered_readline_obj)
#define mp_stream_write_obj (*mp_fun_table.stream_write_obj)
#define mp_plat_print (*mp_fun_table.plat_print)
#define MP_PYTHON_PRINTER &mp_plat_print

// Names.

#define mp_load_name(name) NATMOD_CALL(load_name, (name))
#define mp_load_global(name) NATMOD_CALL(load_global, (name))
#define mp_load_attr(base, name) NATMOD_CALL(load_attr, (base), (name))
#define mp_load_method(base, name, into) NATMOD_CALL(load_method, (base), (name), (into))
#define mp_load_super_method(name, into) NATMOD_CALL(load_super_method, (name), (into))
#define mp_store_name(name, value) NATMOD_CALL(store_name, (name), (value))
#define mp_store_global(name, value) NATMOD_CALL(store_global, (name), (value))
#define mp_store_attr(base, name, value) NATMOD_CALL(store_attr, (base), (name), (value))
#define mp_import_name(name, from, level) NATMOD_CALL(import_name, (name), (from), (level))
#define mp_import_from(module, name) NATMOD_CALL(import_from, (module), (name))
#define mp_import_all(module) NATMOD_CALL(import_all, (module))
#if NATMOD_ABI >= 63
#define mp_load_method_maybe(base, name, into) NATMOD_CALL(load_method_maybe, (base), (name), (into))
#endif

// Raising.

#define mp_raise_msg(type, text) NATMOD_CALL(raise_msg, (type), (text))
#define mp_raise_NotImplementedError(text) (mp_raise_msg(&mp_type_NotImplementedError, (text)))
#define mp_raise_TypeError(text) (mp_raise_msg(&mp_type_TypeError, (text)))
#define mp_raise_ValueError(text) (mp_raise_msg(&mp_type_ValueError, (text)))
#define nlr_raise(exception) (natmod_raise(exception))
#define mp_raise_type_arg(type, argument) (natmod_raise(natmod_exception((type), (argument))))
#define mp_raise_OSError(number) (natmod_raise_os_error(number))
#define mp_obj_new_exception(type) ((mp_obj_t)(type))
#define mp_obj_new_exception_arg1(type, argument) (natmod_exception((type), (argument)))
#define mp_call_function_n_kw(function, n_args, n_kw, arguments) \
    NATMOD_CALL(call_function_n_kw, (function), (n_args) | ((n_kw) << 8), arguments)

static inline mp_obj_t natmod_exception(const mp_obj_type_t *type, mp_obj_t argument) {
    mp_obj_t arguments[1] = {argument};
    return mp_call_function_n_kw(MP_OBJ_FROM_PTR(type), 1, 0, &arguments[0]);
}

MP_NORETURN static inline void natmod_raise(mp_obj_t exception) {
    mp_fun_table.raise(exception);
    for (;;) {
    }
}

static inline void natmod_raise_os_error(int number) {
    mp_obj_t arguments[1] = {MP_OBJ_NEW_SMALL_INT(number)};
    nlr_raise(mp_call_function_n_kw(mp_load_global(MP_QSTR_OSError), 1, 0, &arguments[0]));
}

// Memory.

#define m_malloc(size) (natmod_malloc(size))
#define m_realloc(pointer, size) (natmod_realloc((pointer), (size)))
#define m_free(pointer) (natmod_free(pointer))
#define m_realloc_maybe(pointer, size, allow_move) NATMOD_CALL(realloc_, (pointer), (size), (allow_move))
#define m_renew_maybe(type, pointer, old_count, count, allow_move) \
    ((type *)(m_realloc_maybe((pointer), sizeof(type) * (count), (allow_move))))
#define m_malloc_fail(size) (natmod_no_memory(size))
#define m_new(type, count) ((type *)(m_malloc(sizeof(type) * (count))))
#define m_new_obj(type) (m_new(type, 1))
#define m_new_obj_var(object_type, field, type, count) \
    ((object_type *)m_malloc(offsetof(object_type, field) + sizeof(type) * (count)))
#define m_renew(type, pointer, old_count, count) ((type *)(m_realloc((pointer), sizeof(type) * (count))))
#define m_del(type, pointer, count) ((void)(count), m_free(pointer))
#define m_del_var(object_type, field, type, count, pointer) ((void)(count), m_free(pointer))
#define m_del_obj(type, pointer) (m_del(type, pointer, 1))

MP_NORETURN static inline void natmod_no_memory(size_t size) {
    (void)size;
    mp_fun_table.raise_msg(mp_fun_table.load_global(MP_QSTR_MemoryError), "memory allocation failed");
}

static inline void *natmod_checked(void *pointer, size_t size, bool allow_move) {
    pointer = m_realloc_maybe(pointer, size, allow_move);
    if (pointer == NULL && size != 0) {
        m_malloc_fail(size);
    }
    return pointer;
}

static inline void *natmod_malloc(size_t size) {
    return natmod_checked(NULL, size, false);
}

static inline void *natmod_realloc(void *pointer, size_t size) {
    return natmod_checked(pointer, size, true);
}

static inline void natmod_free(void *pointer) {
    mp_fun_table.realloc_(pointer, 0, false);
}

#define mp_obj_malloc_helper(size, type) (natmod_new_object(size, type))
#define mp_obj_malloc(struct_type, type) ((struct_type *)mp_obj_malloc_helper(sizeof(struct_type), type))
#define mp_obj_malloc_var(struct_type, field, item_type, count, type) \
    ((struct_type *)mp_obj_malloc_helper(offsetof(struct_type, field) + sizeof(item_type) * (count), type))

static inline void *natmod_new_object(size_t size, const mp_obj_type_t *type) {
    mp_obj_base_t *base = (mp_obj_base_t *)m_malloc(size);
    base->type = type;
    return base;
}

// Making objects.

#define MP_OBJ_NEW_QSTR(name) NATMOD_CALL(native_to_obj, name, MP_NATIVE_TYPE_QSTR)
#define mp_obj_new_bool(value) ((value) ? (mp_obj_t)mp_fun_table.const_true : (mp_obj_t)mp_fun_table.const_false)
#define mp_obj_new_int(value) NATMOD_CALL(native_to_obj, value, MP_NATIVE_TYPE_INT)
#define mp_obj_new_int_from_uint(value) NATMOD_CALL(native_to_obj, value, MP_NATIVE_TYPE_UINT)
#define mp_obj_new_str(text, length) NATMOD_CALL(obj_new_str, (text), (length))
#define mp_obj_new_bytes(bytes, length) NATMOD_CALL(obj_new_bytes, (bytes), (length))
#define mp_obj_new_str_of_type(type, bytes, length) (natmod_new_str_of_type((type), (bytes), (length)))
#define mp_obj_new_bytearray_by_ref(length, bytes) NATMOD_CALL(obj_new_bytearray_by_ref, (length), (bytes))
#define mp_obj_new_tuple(count, items) NATMOD_CALL(new_tuple, (count), (items))
#define mp_obj_new_list(count, items) NATMOD_CALL(new_list, (count), (items))
#define mp_obj_new_dict(count) NATMOD_CALL(new_dict, (count))
#define mp_obj_new_float_from_f(value) NATMOD_CALL(obj_new_float_from_f, (value))
#define mp_obj_new_float_from_d(value) NATMOD_CALL(obj_new_float_from_d, (value))
#define mp_obj_get_float_to_f(object) NATMOD_CALL(obj_get_float_to_f, (object))
#define mp_obj_get_float_to_d(object) NATMOD_CALL(obj_get_float_to_d, (object))
#if MICROPY_FLOAT_IMPL == MICROPY_FLOAT_IMPL_FLOAT
#define mp_obj_new_float(value) (mp_obj_new_float_from_f((value)))
#define mp_obj_get_float(object) (mp_obj_get_float_to_f((object)))
#elif MICROPY_FLOAT_IMPL == MICROPY_FLOAT_IMPL_DOUBLE
#define mp_obj_new_float(value) (mp_obj_new_float_from_d((value)))
#define mp_obj_get_float(object) (mp_obj_get_float_to_d((object)))
#endif

static inline mp_obj_t natmod_new_str_of_type(const mp_obj_type_t *type, const byte *bytes, size_t length) {
    if (type == &mp_type_str) {
        return mp_obj_new_str((const char *)bytes, length);
    }
    return mp_obj_new_bytes(bytes, length);
}

// Asking objects.

#define mp_obj_get_type(object) NATMOD_CALL(obj_get_type, (object))
#define mp_obj_get_int(object) NATMOD_CALL(native_from_obj, object, MP_NATIVE_TYPE_INT)
#define mp_obj_get_int_truncated(object) NATMOD_CALL(native_from_obj, object, MP_NATIVE_TYPE_UINT)
#define mp_obj_is_true(object) NATMOD_CALL(native_from_obj, object, MP_NATIVE_TYPE_BOOL)
#define mp_obj_str_get_str(object) (natmod_buffer_of((object), NULL))
#define mp_obj_str_get_data(object, length) (natmod_buffer_of((object), (length)))
#if NATMOD_ABI >= 62
#define mp_get_buffer(object, info, flags) NATMOD_CALL(get_buffer, (object), (info), (flags))
#define mp_get_buffer_raise(object, info, flags) \
    NATMOD_CALL(get_buffer, (object), (info), (flags) | MP_BUFFER_RAISE_IF_UNSUPPORTED)
#else
#define mp_get_buffer_raise(object, info, flags) NATMOD_CALL(get_buffer_raise, (object), (info), (flags))
#endif
#define mp_get_stream_raise(object, flags) NATMOD_CALL(get_stream_raise, (object), (flags))
#define mp_obj_len(object) (natmod_len(object))
#define mp_obj_subscr(base, index, value) NATMOD_CALL(obj_subscr, (base), (index), (value))
#define mp_obj_get_array(object, length, items) (natmod_items((object), (length), (items)))
#define mp_obj_list_append(list, item) NATMOD_CALL(list_append, (list), (item))
#define mp_obj_dict_store(dict, key, value) NATMOD_CALL(dict_store, (dict), (key), (value))
#define mp_obj_cast_to_native_base(object, type) (natmod_cast((object), (type)))
#define mp_unary_op(operator, object) NATMOD_CALL(unary_op, (operator), (object))
#define mp_binary_op(operator, left, right) NATMOD_CALL(binary_op, (operator), (left), (right))
#define mp_obj_is_type(object, class) (natmod_is_exactly((object), (class)))
#define mp_obj_is_exact_type(object, class) (natmod_is_exactly((object), (class)))
#define mp_obj_is_int(object) (mp_obj_is_small_int(object) || mp_obj_is_exact_type(object, &mp_type_int))
#define mp_obj_is_str(object) (mp_obj_is_qstr(object) || mp_obj_is_exact_type(object, &mp_type_str))
#define mp_obj_is_bool(object) mp_obj_is_exact_type(object, &mp_type_bool)
#if NATMOD_CIRCUITPYTHON
#define mp_obj_assert_native_inited(object) NATMOD_CALL(assert_native_inited, (object))
#endif

static inline bool mp_obj_is_small_int(mp_const_obj_t object) {
    return ((mp_int_t)object & 1) != 0;
}

static inline bool mp_obj_is_qstr(mp_const_obj_t object) {
    return ((mp_int_t)object & 7) == 2;
}

static inline bool mp_obj_is_obj(mp_const_obj_t object) {
    return ((mp_int_t)object & 3) == 0;
}

static inline bool natmod_is_exactly(mp_const_obj_t object, const mp_obj_type_t *type) {
    return mp_obj_is_obj(object) && ((const mp_obj_base_t *)object)->type == type;
}

static inline bool mp_map_slot_is_filled(const mp_map_t *map, size_t at) {
    return map->table[at].key != MP_OBJ_NULL && map->table[at].key != MP_OBJ_SENTINEL;
}

static inline mp_map_t *mp_obj_dict_get_map(mp_obj_t dict) {
    return &((mp_obj_dict_t *)MP_OBJ_TO_PTR(dict))->map;
}

static inline void *natmod_buffer_of(mp_obj_t object, size_t *length) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(object, &info, MP_BUFFER_READ);
    if (length != NULL) {
        *length = info.len;
    }
    return info.buf;
}

static inline mp_obj_t natmod_len(mp_obj_t object) {
    return mp_fun_table.call_function_n_kw(mp_fun_table.load_name(MP_QSTR_len), 1, &object);
}

// The items may lie inside a block of the collector's: keep the object alive as long as they are used.
static inline void natmod_items(mp_obj_t object, size_t *length, mp_obj_t **items) {
    const mp_obj_type_t *type = mp_obj_get_type(object);
    if (type == &mp_type_tuple) {
        mp_obj_tuple_t *tuple = MP_OBJ_TO_PTR(object);
        *length = tuple->len;
        *items = &tuple->items[0];
    } else if (type == &mp_type_list) {
        mp_obj_list_t *list = MP_OBJ_TO_PTR(object);
        *length = list->len;
        *items = list->items;
    } else {
        mp_raise_TypeError("expected tuple/list");
    }
}

// Direct descendants only, as dynruntime has it.
static inline mp_obj_t natmod_cast(mp_obj_t object, mp_const_obj_t native_type) {
    const mp_obj_type_t *type = mp_obj_get_type(object);
    if (MP_OBJ_FROM_PTR(type) == native_type) {
        return object;
    }
    if (MP_OBJ_TYPE_GET_SLOT_OR_NULL(type, parent) != native_type) {
        return MP_OBJ_NULL;
    }
    return ((mp_obj_instance_t *)MP_OBJ_TO_PTR(object))->subobj[0];
}

// Arguments.

#define MP_OBJ_FUN_ARGS_MAX (0xffff)
#define MP_OBJ_FUN_MAKE_SIG(min, max, takes_kw) \
    ((uint32_t)((((uint32_t)(min)) << 17) | (((uint32_t)(max)) << 1) | ((takes_kw) ? 1 : 0)))
#define mp_arg_check_num(n_args, n_kw, min, max, takes_kw) \
    NATMOD_CALL(arg_check_num_sig, (n_args), (n_kw), MP_OBJ_FUN_MAKE_SIG((min), (max), (takes_kw)))
#if NATMOD_ABI >= 63
#define mp_arg_parse_all(n_pos, pos, kws, n_allowed, allowed, values) \
    NATMOD_CALL(arg_parse_all, (n_pos), (pos), (kws), (n_allowed), (allowed), (values))
#define mp_arg_parse_all_kw_array(n_pos, n_kw, args, n_allowed, allowed, values) \
    NATMOD_CALL(arg_parse_all_kw_array, (n_pos), (n_kw), (args), (n_allowed), (allowed), (values))
#define mp_binary_get_size(order, type, alignment) NATMOD_CALL(binary_get_size, (order), (type), (alignment))
#define mp_binary_get_val_array(type, at, index) NATMOD_CALL(binary_get_val_array, (type), (at), (index))
#define mp_binary_set_val_array(type, at, index, value) \
    NATMOD_CALL(binary_set_val_array, (type), (at), (index), (value))
#endif

#define mp_printf(print, ...) NATMOD_CALL(printf_, (print), __VA_ARGS__)
#define mp_vprintf(print, format, args) NATMOD_CALL(vprintf_, (print), (format), (args))

// Functions for Python.

#define NATMOD_FIXED(name, count, function) \
    const mp_obj_fun_builtin_fixed_t name = {.base = {&mp_type_fun_builtin_##count}, .fun = {._##count = function}}
#define NATMOD_VARIABLE(name, signature, kind, function) \
    const mp_obj_fun_builtin_var_t name = {.base = {&mp_type_fun_builtin_var}, .sig = signature, .fun = {.kind = function}}
#define MP_DEFINE_CONST_FUN_OBJ_0(name, function) NATMOD_FIXED(name, 0, function)
#define MP_DEFINE_CONST_FUN_OBJ_1(name, function) NATMOD_FIXED(name, 1, function)
#define MP_DEFINE_CONST_FUN_OBJ_2(name, function) NATMOD_FIXED(name, 2, function)
#define MP_DEFINE_CONST_FUN_OBJ_3(name, function) NATMOD_FIXED(name, 3, function)
#define MP_DEFINE_CONST_FUN_OBJ_VAR(name, min, function) \
    NATMOD_VARIABLE(name, MP_OBJ_FUN_MAKE_SIG(min, MP_OBJ_FUN_ARGS_MAX, false), var, function)
#define MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(name, min, max, function) \
    NATMOD_VARIABLE(name, MP_OBJ_FUN_MAKE_SIG(min, max, false), var, function)
#define MP_DEFINE_CONST_FUN_OBJ_KW(name, min, function) \
    NATMOD_VARIABLE(name, MP_OBJ_FUN_MAKE_SIG(min, MP_OBJ_FUN_ARGS_MAX, true), kw, function)
#define MP_DECLARE_CONST_FUN_OBJ_0(name) extern const mp_obj_fun_builtin_fixed_t name
#define MP_DECLARE_CONST_FUN_OBJ_1(name) extern const mp_obj_fun_builtin_fixed_t name
#define MP_DECLARE_CONST_FUN_OBJ_2(name) extern const mp_obj_fun_builtin_fixed_t name
#define MP_DECLARE_CONST_FUN_OBJ_3(name) extern const mp_obj_fun_builtin_fixed_t name
#define MP_DECLARE_CONST_FUN_OBJ_VAR(name) extern const mp_obj_fun_builtin_var_t name
#define MP_DECLARE_CONST_FUN_OBJ_VAR_BETWEEN(name) extern const mp_obj_fun_builtin_var_t name
#define MP_DECLARE_CONST_FUN_OBJ_KW(name) extern const mp_obj_fun_builtin_var_t name

#define NATMOD_FIXED_MAP(entries) \
    {.all_keys_are_qstrs = 1, .is_fixed = 1, .is_ordered = 1, .used = MP_ARRAY_SIZE(entries), \
     .alloc = MP_ARRAY_SIZE(entries), .table = (mp_map_elem_t *)(mp_rom_map_elem_t *)entries}
#define MP_DEFINE_CONST_MAP(name, entries) const mp_map_t name = NATMOD_FIXED_MAP(entries)
#define MP_DEFINE_CONST_DICT(name, entries) \
    const mp_obj_dict_t name = {.base = {&mp_type_dict}, .map = NATMOD_FIXED_MAP(entries)}

// In mpy_init: the module's globals become current, functions can be made, and all is as before at its end.

#define MP_PROTO_FUN_INDICATOR_RAW_CODE_0 (0)
#define MP_PROTO_FUN_INDICATOR_RAW_CODE_1 (0)
#if NATMOD_ABI >= 63
#define NATMOD_RAW_CODE \
    mp_raw_code_truncated_t rc; \
    rc.proto_fun_indicator[0] = MP_PROTO_FUN_INDICATOR_RAW_CODE_0; \
    rc.proto_fun_indicator[1] = MP_PROTO_FUN_INDICATOR_RAW_CODE_1; \
    rc.kind = MP_CODE_NATIVE_VIPER; \
    rc.is_generator = 0;
#else
#define NATMOD_RAW_CODE \
    mp_raw_code_t rc; \
    rc.kind = MP_CODE_NATIVE_VIPER; \
    rc.scope_flags = 0;
#endif
#define MP_DYNRUNTIME_INIT_ENTRY \
    mp_obj_t old_globals = mp_fun_table.swap_globals(self->context->module.globals); \
    NATMOD_RAW_CODE \
    (void)rc;
#define MP_DYNRUNTIME_INIT_EXIT \
    mp_fun_table.swap_globals(old_globals); \
    return mp_const_none;
#define mp_make_function_from_proto_fun(code, context, defaults) \
    NATMOD_CALL(make_function_from_proto_fun, (code), (context), (defaults))
#define mp_make_function_from_raw_code(code, context, defaults) \
    NATMOD_CALL(make_function_from_proto_fun, (code), (context), (defaults))
#define MP_DYNRUNTIME_MAKE_FUNCTION(function) \
    (mp_make_function_from_proto_fun((rc.fun_data = (function), (const mp_raw_code_t *)&rc), self->context, NULL))

// Exceptions of the module's own.

#define mp_obj_exception_make_new (MP_OBJ_TYPE_GET_SLOT(&mp_type_Exception, make_new))
#define mp_obj_exception_print (MP_OBJ_TYPE_GET_SLOT(&mp_type_Exception, print))
#define mp_obj_exception_attr (MP_OBJ_TYPE_GET_SLOT(&mp_type_Exception, attr))

static inline void mp_obj_exception_init(mp_obj_full_type_t *exception, qstr name, const mp_obj_type_t *base) {
    exception->base.type = &mp_type_type;
    exception->flags = MP_TYPE_FLAG_NONE;
    exception->name = name;
    MP_OBJ_TYPE_SET_SLOT(exception, make_new, mp_obj_exception_make_new, 0);
    MP_OBJ_TYPE_SET_SLOT(exception, print, mp_obj_exception_print, 1);
    MP_OBJ_TYPE_SET_SLOT(exception, attr, mp_obj_exception_attr, 2);
    MP_OBJ_TYPE_SET_SLOT(exception, parent, base, 3);
}

#endif
