// What the debugger's tests stop in: a module with its own functions, statics, constants and a callback into Python.

#include "py/dynruntime.h"

typedef struct {
    int weight;
    int count;
} item_t;

int total;
int calls;
static const int squares[] = {0, 1, 4, 9};

static int weigh(item_t *item, int factor) {
    int sum = 0;
    for (int i = 0; i < item->count; i++) {
        sum += item->weight * factor;
    }
    calls++;
    return sum;
}

static mp_obj_t calc(mp_obj_t a_obj, mp_obj_t b_obj) {
    int a = mp_obj_get_int(a_obj);
    int b = mp_obj_get_int(b_obj);
    item_t item = {a, b};
    int result = weigh(&item, 2);
    total += result;
    return mp_obj_new_int(result);
}
static MP_DEFINE_CONST_FUN_OBJ_2(calc_obj, calc);

static mp_obj_t square(mp_obj_t index_obj) {
    return mp_obj_new_int(squares[mp_obj_get_int(index_obj)]);
}
static MP_DEFINE_CONST_FUN_OBJ_1(square_obj, square);

static mp_obj_t callback(mp_obj_t function, mp_obj_t argument) {
    mp_obj_t result = mp_call_function_n_kw(function, 1, 0, &argument);
    calls++;
    return result;
}
static MP_DEFINE_CONST_FUN_OBJ_2(callback_obj, callback);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_store_global(MP_QSTR_calc, MP_OBJ_FROM_PTR(&calc_obj));
    mp_store_global(MP_QSTR_square, MP_OBJ_FROM_PTR(&square_obj));
    mp_store_global(MP_QSTR_callback, MP_OBJ_FROM_PTR(&callback_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
