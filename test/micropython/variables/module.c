// State in static and initialised variables of every kind, and objects that nothing but such variables refers to.
#include "py/dynruntime.h"
#include "shared.h"

// Reached by nobody, at the start of the variables: the rest must be kept all the same.
char unused[16];
static int counter;
static int table[] = { 10, 20, 30 };
static const char *labels[] = { "zero", "once", "twin" };
static mp_obj_t kept;
static mp_obj_t kept_too[2] = { MP_OBJ_NULL, MP_OBJ_NULL };
static struct pair { int *to; short by; } pairs[2] = { { &counter, 1 }, { &table[1], 5 } };
int tentative;

static mp_obj_t step(mp_obj_t n) {
    static int calls = 40;
    calls++;
    for (int i = 0; i < 2; i++) *pairs[i].to += pairs[i].by * mp_obj_get_int(n);
    pairs[1].by++;
    tentative += 2;
    mp_obj_t items[] = {
        mp_obj_new_int(calls), mp_obj_new_int(counter), mp_obj_new_int(table[1]), mp_obj_new_int(shared_step()),
        mp_obj_new_int(tentative),
    };
    return mp_obj_new_tuple(5, items);
}
static MP_DEFINE_CONST_FUN_OBJ_1(step_obj, step);

static mp_obj_t label(mp_obj_t n) {
    const char *text = labels[mp_obj_get_int(n)];
    labels[mp_obj_get_int(n)] = "seen";
    return mp_obj_new_str(text, 4);
}
static MP_DEFINE_CONST_FUN_OBJ_1(label_obj, label);

static mp_obj_t keep(mp_obj_t a, mp_obj_t b, mp_obj_t c) {
    kept = a;
    kept_too[1] = b;
    kept_globally = c;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_3(keep_obj, keep);

static mp_obj_t give(void) {
    mp_obj_t items[] = { kept, kept_too[1], kept_globally };
    return mp_obj_new_tuple(3, items);
}
static MP_DEFINE_CONST_FUN_OBJ_0(give_obj, give);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_store_global(MP_QSTR_step, MP_OBJ_FROM_PTR(&step_obj));
    mp_store_global(MP_QSTR_label, MP_OBJ_FROM_PTR(&label_obj));
    mp_store_global(MP_QSTR_keep, MP_OBJ_FROM_PTR(&keep_obj));
    mp_store_global(MP_QSTR_give, MP_OBJ_FROM_PTR(&give_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
