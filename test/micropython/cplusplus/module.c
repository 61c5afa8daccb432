// What Python sees of the C++ sources beside it.
#include "py/dynruntime.h"
#include "shapes.h"

static mp_obj_t total_area(mp_obj_t scale) {
    return mp_obj_new_int(shapes_area(mp_obj_get_int(scale)));
}
static MP_DEFINE_CONST_FUN_OBJ_1(total_area_obj, total_area);

static mp_obj_t seen(void) {
    mp_obj_t items[3] = {
        mp_obj_new_int(shapes_made()),
        mp_obj_new_int(shapes_largest()),
        mp_obj_new_int(areas_largest()),
    };
    return mp_obj_new_tuple(3, items);
}
static MP_DEFINE_CONST_FUN_OBJ_0(seen_obj, seen);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    // Constructors have run by now.
    mp_store_global(MP_QSTR_made_at_import, MP_OBJ_NEW_SMALL_INT(shapes_made()));
    mp_store_global(MP_QSTR_total_area, MP_OBJ_FROM_PTR(&total_area_obj));
    mp_store_global(MP_QSTR_seen, MP_OBJ_FROM_PTR(&seen_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
