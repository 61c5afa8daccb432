// The module's face: what Python sees, and what is done on import.

#include "parts.h"

uint32_t features_calls;

// crc32(buffer) takes anything with the buffer protocol: bytes, bytearray, array, memoryview.
static mp_obj_t features_crc32(mp_obj_t buffer) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(buffer, &info, MP_BUFFER_READ);
    features_calls++;
    return mp_obj_new_int_from_uint(crc32(info.buf, info.len));
}
static MP_DEFINE_CONST_FUN_OBJ_1(features_crc32_obj, features_crc32);

// reverse(buffer) turns a writable buffer round in place.
static mp_obj_t features_reverse(mp_obj_t buffer) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(buffer, &info, MP_BUFFER_RW);
    features_calls++;
    uint8_t *low = info.buf;
    for (uint8_t *high = low + info.len; low + 1 < high; low++) {
        high--;
        uint8_t byte = *low;
        *low = *high;
        *high = byte;
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(features_reverse_obj, features_reverse);

#if MICROPY_PY_BUILTINS_FLOAT
static mp_obj_t features_polynomial(mp_obj_t x) {
    features_calls++;
    return polynomial(x);
}
static MP_DEFINE_CONST_FUN_OBJ_1(features_polynomial_obj, features_polynomial);
#endif

static mp_obj_t features_call_count(void) {
    return mp_obj_new_int_from_uint(features_calls);
}
static MP_DEFINE_CONST_FUN_OBJ_0(features_call_count_obj, features_call_count);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    histogram_init();
    mp_store_global(MP_QSTR_crc32, MP_OBJ_FROM_PTR(&features_crc32_obj));
    mp_store_global(MP_QSTR_reverse, MP_OBJ_FROM_PTR(&features_reverse_obj));
    #if MICROPY_PY_BUILTINS_FLOAT
    mp_store_global(MP_QSTR_polynomial, MP_OBJ_FROM_PTR(&features_polynomial_obj));
    #endif
    mp_store_global(MP_QSTR_call_count, MP_OBJ_FROM_PTR(&features_call_count_obj));
    mp_store_global(MP_QSTR_Histogram, MP_OBJ_FROM_PTR(&histogram_type));
    MP_DYNRUNTIME_INIT_EXIT
}
