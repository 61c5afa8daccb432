// polynomial(x): floating point. Coefficients are constants in rodata, mp_float_t is what the firmware's floats are.

#include "parts.h"

#if MICROPY_PY_BUILTINS_FLOAT

// 1 - 2.5x + 0.75x^2 + 3x^3: exact in single precision too.
static const mp_float_t coefficients[] = {
    MICROPY_FLOAT_CONST(1.0), MICROPY_FLOAT_CONST(-2.5), MICROPY_FLOAT_CONST(0.75), MICROPY_FLOAT_CONST(3.0),
};

#if defined(__SOFTFP__) || defined(__riscv_float_abi_soft) || defined(__XTENSA__)

// Without floating-point hardware C arithmetic would call functions of libgcc; the firmware has them already.
mp_obj_t polynomial(mp_obj_t x) {
    x = mp_obj_new_float(mp_obj_get_float(x));
    size_t power = MP_ARRAY_SIZE(coefficients) - 1;
    mp_obj_t sum = mp_obj_new_float(coefficients[power]);
    while (power-- > 0) {
        sum = mp_binary_op(MP_BINARY_OP_MULTIPLY, sum, x);
        sum = mp_binary_op(MP_BINARY_OP_ADD, sum, mp_obj_new_float(coefficients[power]));
    }
    return sum;
}

#else

mp_obj_t polynomial(mp_obj_t x_obj) {
    mp_float_t x = mp_obj_get_float(x_obj);
    size_t power = MP_ARRAY_SIZE(coefficients) - 1;
    mp_float_t sum = coefficients[power];
    while (power-- > 0) {
        sum = sum * x + coefficients[power];
    }
    return mp_obj_new_float(sum);
}

#endif
#endif
