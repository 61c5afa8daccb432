// What the tests of exceptions and crashes stop in: a module that raises, and one that follows a wild pointer.

#include "py/dynruntime.h"

static mp_obj_t refuse(mp_obj_t value) {
    if (mp_obj_get_int(value) > 2) {
        mp_raise_ValueError(MP_ERROR_TEXT("too many"));
    }
    return value;
}
static MP_DEFINE_CONST_FUN_OBJ_1(refuse_obj, refuse);

static mp_obj_t crash(mp_obj_t address) {
    volatile int *wild = (volatile int *)(mp_obj_get_int(address) * 0x10000000LL);
    return mp_obj_new_int(*wild);
}
static MP_DEFINE_CONST_FUN_OBJ_1(crash_obj, crash);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_store_global(MP_QSTR_refuse, MP_OBJ_FROM_PTR(&refuse_obj));
    mp_store_global(MP_QSTR_crash, MP_OBJ_FROM_PTR(&crash_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
