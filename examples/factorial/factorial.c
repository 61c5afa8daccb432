// factorial.factorial(n): a native module of one function.

#include "py/dynruntime.h"

// Products soon outgrow a machine word, so they are Python integers and MicroPython multiplies them.
static mp_obj_t factorial(mp_obj_t n_obj) {
    mp_int_t n = mp_obj_get_int(n_obj);
    if (n < 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("factorial of a negative number"));
    }
    mp_obj_t product = MP_OBJ_NEW_SMALL_INT(1);
    for (mp_int_t factor = 2; factor <= n; factor++) {
        product = mp_binary_op(MP_BINARY_OP_MULTIPLY, product, MP_OBJ_NEW_SMALL_INT(factor));
    }
    return product;
}
static MP_DEFINE_CONST_FUN_OBJ_1(factorial_obj, factorial);

// Runs when the module is imported.
mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_store_global(MP_QSTR_factorial, MP_OBJ_FROM_PTR(&factorial_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
