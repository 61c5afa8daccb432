// The firmware's data as a native module meets it: sizes, offsets and numbers of MicroPython's native ABI.
// NATMOD_ABI is the .mpy version and sub-version (61, 62, 63); NATMOD_CIRCUITPYTHON is 1 for CircuitPython.
#ifndef NATMOD_LAYOUT_H
#define NATMOD_LAYOUT_H

#include <assert.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef NATMOD_ABI
#define NATMOD_ABI 63
#endif
#ifndef NATMOD_CIRCUITPYTHON
#define NATMOD_CIRCUITPYTHON 0
#endif

#define MICROPY_FLOAT_IMPL_NONE (0)
#define MICROPY_FLOAT_IMPL_FLOAT (1)
#define MICROPY_FLOAT_IMPL_DOUBLE (2)
#ifndef MICROPY_FLOAT_IMPL
#define MICROPY_FLOAT_IMPL MICROPY_FLOAT_IMPL_NONE
#endif

typedef intptr_t mp_int_t;
typedef uintptr_t mp_uint_t;
typedef size_t qstr;
typedef uint16_t qstr_short_t;
typedef unsigned char byte;
typedef unsigned int uint;
#if MICROPY_FLOAT_IMPL == MICROPY_FLOAT_IMPL_FLOAT
typedef float mp_float_t;
#define MICROPY_PY_BUILTINS_FLOAT (1)
#define MICROPY_FLOAT_CONST(x) x##F
#define MICROPY_FLOAT_C_FUN(fun) fun##f
#elif MICROPY_FLOAT_IMPL == MICROPY_FLOAT_IMPL_DOUBLE
typedef double mp_float_t;
#define MICROPY_PY_BUILTINS_FLOAT (1)
#define MICROPY_FLOAT_CONST(x) x
#define MICROPY_FLOAT_C_FUN(fun) fun
#else
#define MICROPY_PY_BUILTINS_FLOAT (0)
#endif

// Defines the qstrs of this module, mp_off_t, and the tables that the loader fills.
#ifdef MP_CONFIGFILE
#include MP_CONFIGFILE
#endif

// As MicroPython called it before 1.23.
#define STATIC static
#define MP_NORETURN __attribute__((noreturn))
#define NORETURN MP_NORETURN
#define MP_WEAK __attribute__((weak))
#define MP_NOINLINE __attribute__((noinline))
#define MP_ALWAYSINLINE __attribute__((always_inline))
#define MP_LIKELY(x) __builtin_expect((x), 1)
#define MP_UNLIKELY(x) __builtin_expect((x), 0)
#define MP_FALLTHROUGH __attribute__((fallthrough));
#define MP_ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#ifndef MIN
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#endif
#define MP_ALIGN(ptr, alignment) (void *)(((uintptr_t)(ptr) + ((alignment) - 1)) & ~((alignment) - 1))
#define MP_CEIL_DIVIDE(a, b) (((a) + (b) - 1) / (b))
#define MP_ROUND_DIVIDE(a, b) (((a) + (b) / 2) / (b))
#define MP_STRINGIFY_HELPER(x) #x
#define MP_STRINGIFY(x) MP_STRINGIFY_HELPER(x)
#define MP_BSWAP16(x) __builtin_bswap16(x)
#define MP_BSWAP32(x) __builtin_bswap32(x)
#define MP_BSWAP64(x) __builtin_bswap64(x)
#define MP_HTOBE16(x) MP_BSWAP16(x)
#define MP_BE16TOH(x) MP_BSWAP16(x)
#define MP_HTOBE32(x) MP_BSWAP32(x)
#define MP_BE32TOH(x) MP_BSWAP32(x)
#define MP_STATIC_ASSERT(condition) ((void)sizeof(char[1 - 2 * !(condition)]))
#define MP_ENDIANNESS_LITTLE (1)
#define MP_ENDIANNESS_BIG (0)
#define MP_INT_MAX INTPTR_MAX
#define MP_INT_MIN INTPTR_MIN
#define MP_UINT_MAX UINTPTR_MAX
#if INTPTR_MAX == INT_MAX
#define INT_FMT "%d"
#define UINT_FMT "%u"
#define HEX_FMT "%x"
#else
#define INT_FMT "%ld"
#define UINT_FMT "%lu"
#define HEX_FMT "%lx"
#endif
#define MP_BITS_PER_BYTE (8)
#define MP_SSIZE_MAX INTPTR_MAX
#define MP_SMALL_INT_MIN ((mp_int_t)(((mp_int_t)1 << (sizeof(mp_int_t) * 8 - 1)) >> 1))
#define MP_SMALL_INT_MAX ((mp_int_t)(~(MP_SMALL_INT_MIN)))

typedef const char *mp_rom_error_text_t;
#define MP_ERROR_TEXT(text) (text)

// Objects. A small int has bit 0 set, a qstr the low bits 010, anything else aligned is the address of a mp_obj_base_t.

typedef void *mp_obj_t;
typedef const void *mp_const_obj_t;
typedef mp_const_obj_t mp_rom_obj_t;
typedef struct _mp_obj_type_t mp_obj_type_t;
typedef struct _mp_obj_base_t {
    const mp_obj_type_t *type;
} mp_obj_base_t;

#define MP_OBJ_NULL ((mp_obj_t)(void *)0)
#define MP_OBJ_STOP_ITERATION ((mp_obj_t)(void *)0)
#define MP_OBJ_SENTINEL ((mp_obj_t)(void *)4)
#define MP_OBJ_TO_PTR(object) ((void *)(object))
#define MP_OBJ_FROM_PTR(pointer) ((mp_obj_t)(pointer))
#define MP_OBJ_SMALL_INT_VALUE(object) (((mp_int_t)(object)) >> 1)
#define MP_OBJ_NEW_SMALL_INT(value) ((mp_obj_t)((((mp_uint_t)(value)) << 1) | 1))
#define MP_ROM_INT(value) MP_OBJ_NEW_SMALL_INT(value)
#define MP_ROM_PTR(pointer) (pointer)

typedef mp_obj_t (*mp_fun_0_t)(void);
typedef mp_obj_t (*mp_fun_1_t)(mp_obj_t);
typedef mp_obj_t (*mp_fun_2_t)(mp_obj_t, mp_obj_t);
typedef mp_obj_t (*mp_fun_3_t)(mp_obj_t, mp_obj_t, mp_obj_t);
typedef mp_obj_t (*mp_fun_var_t)(size_t count, const mp_obj_t *);

typedef struct _mp_map_elem_t {
    mp_obj_t key, value;
} mp_map_elem_t;
typedef struct _mp_rom_map_elem_t {
    mp_rom_obj_t key, value;
} mp_rom_map_elem_t;
typedef struct _mp_map_t {
    size_t all_keys_are_qstrs : 1;
    size_t is_fixed : 1;
    size_t is_ordered : 1;
    size_t used : sizeof(size_t) * 8 - 3;
    size_t alloc;
    mp_map_elem_t *table;
} mp_map_t;
typedef mp_obj_t (*mp_fun_kw_t)(size_t count, const mp_obj_t *, mp_map_t *);

typedef struct _mp_obj_fun_builtin_fixed_t {
    mp_obj_base_t base;
    union {
        mp_fun_0_t _0;
        mp_fun_1_t _1;
        mp_fun_2_t _2;
        mp_fun_3_t _3;
    } fun;
} mp_obj_fun_builtin_fixed_t;
typedef struct _mp_obj_fun_builtin_var_t {
    mp_obj_base_t base;
    uint32_t sig;
    union {
        mp_fun_var_t var;
        mp_fun_kw_t kw;
    } fun;
} mp_obj_fun_builtin_var_t;

typedef struct _mp_obj_tuple_t {
    mp_obj_base_t base;
    size_t len;
    mp_obj_t items[];
} mp_obj_tuple_t;
typedef struct _mp_obj_list_t {
    mp_obj_base_t base;
    size_t alloc, len;
    mp_obj_t *items;
} mp_obj_list_t;
typedef struct _mp_obj_dict_t {
    mp_obj_base_t base;
    mp_map_t map;
} mp_obj_dict_t;
typedef struct _mp_obj_str_t {
    mp_obj_base_t base;
    size_t hash, len;
    const byte *data;
} mp_obj_str_t;
typedef struct _mp_obj_array_t {
    mp_obj_base_t base;
    size_t typecode : 8;
    size_t free : sizeof(size_t) * 8 - 8;
    size_t len;
    void *items;
} mp_obj_array_t;
typedef struct _mp_obj_slice_t {
    mp_obj_base_t base;
    mp_obj_t start, stop, step;
} mp_obj_slice_t;
typedef struct _mp_obj_module_t {
    mp_obj_base_t base;
    mp_obj_dict_t *globals;
} mp_obj_module_t;
typedef struct _mp_obj_instance_t {
    mp_obj_base_t base;
    mp_map_t members;
    mp_obj_t subobj[];
} mp_obj_instance_t;
typedef struct _mp_obj_iter_buf_t {
    mp_obj_base_t base;
    mp_obj_t buf[3];
} mp_obj_iter_buf_t;

typedef struct _mp_buffer_info_t {
    void *buf;
    size_t len;
    int typecode;
} mp_buffer_info_t;
enum { MP_BUFFER_READ = 1, MP_BUFFER_WRITE = 2, MP_BUFFER_RW = 3, MP_BUFFER_RAISE_IF_UNSUPPORTED = 4 };
#define BYTEARRAY_TYPECODE (1)

typedef struct _mp_print_t {
    void *data;
    void (*print_strn)(void *data, const char *text, size_t length);
} mp_print_t;
typedef enum {
    PRINT_STR = 0,
    PRINT_REPR = 1,
    PRINT_EXC = 2,
    PRINT_JSON = 3,
    PRINT_RAW = 4,
    PRINT_EXC_SUBCLASS = 0x80,
} mp_print_kind_t;

// Types: a table of the slots that there are, each found by its number (from 1; 0: none).

enum {
    MP_TYPE_FLAG_NONE = 0,
    MP_TYPE_FLAG_IS_SUBCLASSED = 0x1,
    MP_TYPE_FLAG_HAS_SPECIAL_ACCESSORS = 0x2,
    MP_TYPE_FLAG_EQ_NOT_REFLEXIVE = 0x4,
    MP_TYPE_FLAG_EQ_CHECKS_OTHER_TYPE = 0x8,
    MP_TYPE_FLAG_EQ_HAS_NEQ_TEST = 0x10,
    MP_TYPE_FLAG_BINDS_SELF = 0x20,
    MP_TYPE_FLAG_BUILTIN_FUN = 0x40,
    MP_TYPE_FLAG_ITER_IS_GETITER = 0,
    MP_TYPE_FLAG_ITER_IS_ITERNEXT = 0x80,
    MP_TYPE_FLAG_ITER_IS_CUSTOM = 0x100,
    MP_TYPE_FLAG_ITER_IS_STREAM = 0x180,
    MP_TYPE_FLAG_INSTANCE_TYPE = 0x200,
};

typedef enum {
    MP_UNARY_OP_POSITIVE, MP_UNARY_OP_NEGATIVE, MP_UNARY_OP_INVERT, MP_UNARY_OP_NOT, MP_UNARY_OP_BOOL,
    MP_UNARY_OP_LEN, MP_UNARY_OP_HASH, MP_UNARY_OP_ABS,
#if NATMOD_ABI >= 62 || NATMOD_CIRCUITPYTHON
    MP_UNARY_OP_INT_MAYBE, MP_UNARY_OP_FLOAT_MAYBE, MP_UNARY_OP_COMPLEX_MAYBE,
#else
    MP_UNARY_OP_INT,
#endif
    MP_UNARY_OP_SIZEOF,
} mp_unary_op_t;

#define NATMOD_ARITHMETIC(kind) \
    MP_BINARY_OP_##kind##OR, MP_BINARY_OP_##kind##XOR, MP_BINARY_OP_##kind##AND, MP_BINARY_OP_##kind##LSHIFT, \
    MP_BINARY_OP_##kind##RSHIFT, MP_BINARY_OP_##kind##ADD, MP_BINARY_OP_##kind##SUBTRACT, \
    MP_BINARY_OP_##kind##MULTIPLY, MP_BINARY_OP_##kind##MAT_MULTIPLY, MP_BINARY_OP_##kind##FLOOR_DIVIDE, \
    MP_BINARY_OP_##kind##TRUE_DIVIDE, MP_BINARY_OP_##kind##MODULO, MP_BINARY_OP_##kind##POWER
typedef enum {
    MP_BINARY_OP_LESS, MP_BINARY_OP_MORE, MP_BINARY_OP_EQUAL, MP_BINARY_OP_LESS_EQUAL, MP_BINARY_OP_MORE_EQUAL,
    MP_BINARY_OP_NOT_EQUAL, MP_BINARY_OP_IN, MP_BINARY_OP_IS, MP_BINARY_OP_EXCEPTION_MATCH,
    NATMOD_ARITHMETIC(INPLACE_),
    NATMOD_ARITHMETIC(),
    MP_BINARY_OP_DIVMOD, MP_BINARY_OP_CONTAINS,
    NATMOD_ARITHMETIC(REVERSE_),
    MP_BINARY_OP_NOT_IN, MP_BINARY_OP_IS_NOT,
} mp_binary_op_t;

typedef void (*mp_print_fun_t)(const mp_print_t *, mp_obj_t, mp_print_kind_t);
typedef mp_obj_t (*mp_make_new_fun_t)(const mp_obj_type_t *, size_t n_args, size_t n_kw, const mp_obj_t *);
typedef mp_obj_t (*mp_call_fun_t)(mp_obj_t, size_t n_args, size_t n_kw, const mp_obj_t *);
typedef mp_obj_t (*mp_unary_op_fun_t)(mp_unary_op_t, mp_obj_t);
typedef mp_obj_t (*mp_binary_op_fun_t)(mp_binary_op_t, mp_obj_t, mp_obj_t);
typedef void (*mp_attr_fun_t)(mp_obj_t, qstr, mp_obj_t *);
typedef mp_obj_t (*mp_subscr_fun_t)(mp_obj_t, mp_obj_t, mp_obj_t);
typedef mp_obj_t (*mp_getiter_fun_t)(mp_obj_t, mp_obj_iter_buf_t *);
typedef mp_fun_1_t mp_iternext_fun_t;
typedef mp_int_t (*mp_buffer_fun_t)(mp_obj_t, mp_buffer_info_t *, mp_uint_t flags);
typedef struct _mp_getiter_iternext_custom_t {
    mp_getiter_fun_t getiter;
    mp_iternext_fun_t iternext;
} mp_getiter_iternext_custom_t;

#define NATMOD_TYPE_HEAD \
    mp_obj_base_t base; \
    uint16_t flags, name; \
    uint8_t slot_index_make_new, slot_index_print, slot_index_call, slot_index_unary_op, slot_index_binary_op, \
        slot_index_attr, slot_index_subscr, slot_index_iter, slot_index_buffer, slot_index_protocol, \
        slot_index_parent, slot_index_locals_dict;
struct _mp_obj_type_t {
    NATMOD_TYPE_HEAD
    const void *slots[];
};
typedef struct _mp_obj_full_type_t {
    NATMOD_TYPE_HEAD
    const void *slots[11];
} mp_obj_full_type_t;

#define NATMOD_SLOT_make_new mp_make_new_fun_t
#define NATMOD_SLOT_print mp_print_fun_t
#define NATMOD_SLOT_call mp_call_fun_t
#define NATMOD_SLOT_unary_op mp_unary_op_fun_t
#define NATMOD_SLOT_binary_op mp_binary_op_fun_t
#define NATMOD_SLOT_attr mp_attr_fun_t
#define NATMOD_SLOT_subscr mp_subscr_fun_t
#define NATMOD_SLOT_iter const void *
#define NATMOD_SLOT_buffer mp_buffer_fun_t
#define NATMOD_SLOT_protocol const void *
#define NATMOD_SLOT_parent const void *
#define NATMOD_SLOT_locals_dict mp_obj_dict_t *
#define MP_OBJ_TYPE_HAS_SLOT(type, slot) ((type)->slot_index_##slot)
#define MP_OBJ_TYPE_GET_SLOT(type, slot) ((NATMOD_SLOT_##slot)(type)->slots[(type)->slot_index_##slot - 1])
#define MP_OBJ_TYPE_GET_SLOT_OR_NULL(type, slot) \
    ((NATMOD_SLOT_##slot)(MP_OBJ_TYPE_HAS_SLOT(type, slot) ? MP_OBJ_TYPE_GET_SLOT(type, slot) : NULL))
#define MP_OBJ_TYPE_SET_SLOT(type, slot, value, number) \
    ((type)->slot_index_##slot = (number) + 1, (type)->slots[(number)] = (void *)(value))

// Arguments by keyword.

typedef enum {
    MP_ARG_BOOL = 1,
    MP_ARG_INT = 2,
    MP_ARG_OBJ = 3,
    MP_ARG_KIND_MASK = 0xff,
    MP_ARG_REQUIRED = 0x100,
    MP_ARG_KW_ONLY = 0x200,
} mp_arg_flag_t;
typedef union _mp_arg_val_t {
    bool u_bool;
    mp_int_t u_int;
    mp_obj_t u_obj;
    mp_rom_obj_t u_rom_obj;
} mp_arg_val_t;
typedef struct _mp_arg_t {
    uint16_t qst, flags;
    mp_arg_val_t defval;
} mp_arg_t;

// Streams.

typedef struct _mp_stream_p_t {
    mp_uint_t (*read)(mp_obj_t, void *, mp_uint_t size, int *error);
    mp_uint_t (*write)(mp_obj_t, const void *, mp_uint_t size, int *error);
    mp_uint_t (*ioctl)(mp_obj_t, mp_uint_t request, uintptr_t argument, int *error);
    mp_uint_t is_text : 1;
} mp_stream_p_t;
#define MP_SEEK_SET (0)
#define MP_SEEK_CUR (1)
#define MP_SEEK_END (2)
#define MP_STREAM_ERROR ((mp_uint_t)-1)
#define MP_STREAM_FLUSH (1)
#define MP_STREAM_SEEK (2)
#define MP_STREAM_POLL (3)
#define MP_STREAM_CLOSE (4)
#define MP_STREAM_TIMEOUT (5)
#define MP_STREAM_GET_OPTS (6)
#define MP_STREAM_SET_OPTS (7)
#define MP_STREAM_GET_FILENO (10)
#define MP_STREAM_POLL_RD (0x1)
#define MP_STREAM_POLL_WR (0x4)
#define MP_STREAM_POLL_ERR (0x8)
#define MP_STREAM_POLL_HUP (0x10)
#define MP_STREAM_POLL_NVAL (0x20)
#define MP_STREAM_OP_READ (1)
#define MP_STREAM_OP_WRITE (2)
#define MP_STREAM_OP_IOCTL (4)

// What stands around a function: how mpy_init finds its module, and what a new function is made from.

typedef struct _mp_module_constants_t {
    qstr_short_t *qstr_table;
    mp_obj_t *obj_table;
} mp_module_constants_t;
typedef struct _mp_module_context_t {
    mp_obj_module_t module;
    mp_module_constants_t constants;
} mp_module_context_t;
typedef struct _mp_obj_fun_bc_t {
    mp_obj_base_t base;
    const mp_module_context_t *context;
    struct _mp_raw_code_t *const *child_table;
    const byte *bytecode;
    mp_obj_t extra_args[];
} mp_obj_fun_bc_t;

enum { MP_CODE_NATIVE_VIPER = 4 };
#if NATMOD_ABI >= 63
typedef struct _mp_raw_code_t mp_raw_code_t;
typedef struct _mp_raw_code_truncated_t {
    uint8_t proto_fun_indicator[2];
    uint8_t kind;
    bool is_generator;
    const void *fun_data;
    struct _mp_raw_code_t **children;
} mp_raw_code_truncated_t;
typedef const void *natmod_code_t;
#else
typedef struct _mp_raw_code_t {
    mp_uint_t kind : 3;
    mp_uint_t scope_flags : 7;
    mp_uint_t n_pos_args : 11;
    const void *fun_data;
    struct _mp_raw_code_t **children;
} mp_raw_code_t;
typedef const mp_raw_code_t *natmod_code_t;
#endif

enum {
    MP_NATIVE_TYPE_OBJ = 0, MP_NATIVE_TYPE_BOOL = 1, MP_NATIVE_TYPE_INT = 2, MP_NATIVE_TYPE_UINT = 3,
    MP_NATIVE_TYPE_PTR = 4, MP_NATIVE_TYPE_PTR8 = 5, MP_NATIVE_TYPE_PTR16 = 6, MP_NATIVE_TYPE_PTR32 = 7,
    MP_NATIVE_TYPE_QSTR = 8,
};

// The firmware's functions, in the order that the linker and the loader number them by.

typedef struct _mp_fun_table_t {
    mp_const_obj_t const_none, const_false, const_true;
    mp_uint_t (*native_from_obj)(mp_obj_t, mp_uint_t type);
    mp_obj_t (*native_to_obj)(mp_uint_t, mp_uint_t type);
    mp_obj_dict_t *(*swap_globals)(mp_obj_dict_t *);
    mp_obj_t (*load_name)(qstr);
    mp_obj_t (*load_global)(qstr);
    mp_obj_t (*load_build_class)(void);
    mp_obj_t (*load_attr)(mp_obj_t, qstr);
    void (*load_method)(mp_obj_t, qstr, mp_obj_t *);
    void (*load_super_method)(qstr, mp_obj_t *);
    void (*store_name)(qstr, mp_obj_t);
    void (*store_global)(qstr, mp_obj_t);
    void (*store_attr)(mp_obj_t, qstr, mp_obj_t);
    mp_obj_t (*obj_subscr)(mp_obj_t, mp_obj_t index, mp_obj_t value);
    bool (*obj_is_true)(mp_obj_t);
    mp_obj_t (*unary_op)(mp_unary_op_t, mp_obj_t);
    mp_obj_t (*binary_op)(mp_binary_op_t, mp_obj_t, mp_obj_t);
    mp_obj_t (*new_tuple)(size_t, const mp_obj_t *);
    mp_obj_t (*new_list)(size_t, mp_obj_t *);
    mp_obj_t (*new_dict)(size_t);
    mp_obj_t (*new_set)(size_t, mp_obj_t *);
    void (*set_store)(mp_obj_t, mp_obj_t);
    mp_obj_t (*list_append)(mp_obj_t, mp_obj_t);
    mp_obj_t (*dict_store)(mp_obj_t, mp_obj_t key, mp_obj_t value);
    mp_obj_t (*make_function_from_proto_fun)(natmod_code_t, const mp_module_context_t *, const mp_obj_t *);
    mp_obj_t (*call_function_n_kw)(mp_obj_t, size_t n_args_kw, const mp_obj_t *);
    mp_obj_t (*call_method_n_kw)(size_t n_args, size_t n_kw, const mp_obj_t *);
    mp_obj_t (*call_method_n_kw_var)(bool have_self, size_t n_args_kw, const mp_obj_t *);
    mp_obj_t (*getiter)(mp_obj_t, mp_obj_iter_buf_t *);
    mp_obj_t (*iternext)(mp_obj_iter_buf_t *);
    unsigned int (*nlr_push)(void *);
    void (*nlr_pop)(void);
    void (*raise)(mp_obj_t);
    mp_obj_t (*import_name)(qstr, mp_obj_t from, mp_obj_t level);
    mp_obj_t (*import_from)(mp_obj_t, qstr);
    void (*import_all)(mp_obj_t);
    mp_obj_t (*new_slice)(mp_obj_t, mp_obj_t, mp_obj_t);
    void (*unpack_sequence)(mp_obj_t, size_t, mp_obj_t *);
    void (*unpack_ex)(mp_obj_t, size_t, mp_obj_t *);
    void (*delete_name)(qstr);
    void (*delete_global)(qstr);
    mp_obj_t (*new_closure)(mp_obj_t, size_t, const mp_obj_t *);
    void (*arg_check_num_sig)(size_t n_args, size_t n_kw, uint32_t sig);
    void (*setup_code_state_native)(void *, size_t n_args, size_t n_kw, const mp_obj_t *);
    mp_int_t (*small_int_floor_divide)(mp_int_t, mp_int_t);
    mp_int_t (*small_int_modulo)(mp_int_t, mp_int_t);
    bool (*yield_from)(mp_obj_t, mp_obj_t, mp_obj_t *);
    void *setjmp_;
    // From here on (50) for modules like ours only.
    void *(*memset_)(void *, int, size_t);
    void *(*memmove_)(void *, const void *, size_t);
    void *(*realloc_)(void *, size_t, bool allow_move);
    int (*printf_)(const mp_print_t *, const char *format, ...);
    int (*vprintf_)(const mp_print_t *, const char *format, va_list);
    MP_NORETURN void (*raise_msg)(const mp_obj_type_t *, mp_rom_error_text_t);
    const mp_obj_type_t *(*obj_get_type)(mp_const_obj_t);
    mp_obj_t (*obj_new_str)(const char *, size_t);
    mp_obj_t (*obj_new_bytes)(const byte *, size_t);
    mp_obj_t (*obj_new_bytearray_by_ref)(size_t, void *);
    mp_obj_t (*obj_new_float_from_f)(float);
    mp_obj_t (*obj_new_float_from_d)(double);
    float (*obj_get_float_to_f)(mp_obj_t);
    double (*obj_get_float_to_d)(mp_obj_t);
#if NATMOD_ABI >= 63
    void (*load_method_maybe)(mp_obj_t, qstr, mp_obj_t *);
#endif
#if NATMOD_ABI >= 62
    bool (*get_buffer)(mp_obj_t, mp_buffer_info_t *, mp_uint_t flags);
#else
    void (*get_buffer_raise)(mp_obj_t, mp_buffer_info_t *, mp_uint_t flags);
#endif
    const mp_stream_p_t *(*get_stream_raise)(mp_obj_t, int flags);
#if NATMOD_CIRCUITPYTHON
    void (*assert_native_inited)(mp_obj_t);
#endif
#if NATMOD_ABI >= 63
    void (*arg_parse_all)(size_t, const mp_obj_t *, mp_map_t *, size_t, const mp_arg_t *, mp_arg_val_t *);
    void (*arg_parse_all_kw_array)(size_t, size_t, const mp_obj_t *, size_t, const mp_arg_t *, mp_arg_val_t *);
    size_t (*binary_get_size)(char byte_order, char type, size_t *alignment);
    mp_obj_t (*binary_get_val_array)(char type, void *, size_t index);
    void (*binary_set_val_array)(char type, void *, size_t index, mp_obj_t);
#endif
    const mp_print_t *plat_print;
    const mp_obj_type_t *type_type, *type_str, *type_list, *type_dict, *type_fun_builtin_0, *type_fun_builtin_1,
        *type_fun_builtin_2, *type_fun_builtin_3, *type_fun_builtin_var;
#if NATMOD_ABI >= 63
    const mp_obj_type_t *type_Exception;
#endif
    const mp_obj_fun_builtin_var_t *stream_read_obj, *stream_readinto_obj, *stream_unbuffered_readline_obj,
        *stream_write_obj;
} mp_fun_table_t;

// Symbols that the linker resolves to the loader's tables and to entries of the function table.
extern const mp_fun_table_t mp_fun_table;
extern const mp_obj_type_t mp_type_dict, mp_type_fun_builtin_0, mp_type_fun_builtin_1, mp_type_fun_builtin_2,
    mp_type_fun_builtin_3, mp_type_fun_builtin_var;

#endif
