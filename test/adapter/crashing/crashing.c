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

typedef void (*handler_t)(void *exception);

// Modules do not reach the end of all exceptions but by its address.
static mp_obj_t fail(mp_obj_t handler, mp_obj_t exception) {
    handler_t give_up = (handler_t)(uintptr_t)mp_obj_get_int(handler);
    give_up(MP_OBJ_TO_PTR(exception));
    return handler;
}
static MP_DEFINE_CONST_FUN_OBJ_2(fail_obj, fail);

typedef void (*assert_t)(const char *file, int line, const char *function, const char *expression);

static mp_obj_t check(mp_obj_t handler) {
    assert_t failed = (assert_t)(uintptr_t)mp_obj_get_int(handler);
    failed("crashing.c", 12, "check", "weight > 0");
    return handler;
}
static MP_DEFINE_CONST_FUN_OBJ_1(check_obj, check);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_store_global(MP_QSTR_refuse, MP_OBJ_FROM_PTR(&refuse_obj));
    mp_store_global(MP_QSTR_crash, MP_OBJ_FROM_PTR(&crash_obj));
    mp_store_global(MP_QSTR_fail, MP_OBJ_FROM_PTR(&fail_obj));
    mp_store_global(MP_QSTR_check, MP_OBJ_FROM_PTR(&check_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
