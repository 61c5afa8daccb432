// A module for tests of what goes wrong: a line that raises, and one that touches memory which is not there.
#include "py/dynruntime.h"

static mp_obj_t check(mp_obj_t x) {
    if (mp_obj_get_int(x) > 3) {
        mp_raise_ValueError(MP_ERROR_TEXT("more than three"));
    }
    return x;
}
static MP_DEFINE_CONST_FUN_OBJ_1(check_obj, check);

static mp_obj_t poke(mp_obj_t address) {
    volatile int *place = (volatile int *)mp_obj_get_int_truncated(address);
    *place = 42;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(poke_obj, poke);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_store_global(MP_QSTR_check, MP_OBJ_FROM_PTR(&check_obj));
    mp_store_global(MP_QSTR_poke, MP_OBJ_FROM_PTR(&poke_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
