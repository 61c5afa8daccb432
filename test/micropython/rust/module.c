// What Python sees of the Rust beside it.
#include "py/dynruntime.h"

uint32_t shapes_calls(void);
int32_t shapes_area(int32_t scale);
int32_t shapes_middle(int32_t change);
size_t shapes_name_length(size_t at);
int64_t shapes_parse(const char *text, size_t length);

static mp_obj_t seen(mp_obj_t change) {
    mp_obj_t items[4] = {
        mp_obj_new_int(shapes_calls()),
        mp_obj_new_int(shapes_area(2)),
        mp_obj_new_int(shapes_middle(mp_obj_get_int(change))),
        mp_obj_new_int(shapes_name_length(1)),
    };
    return mp_obj_new_tuple(4, items);
}
static MP_DEFINE_CONST_FUN_OBJ_1(seen_obj, seen);

static mp_obj_t parse(mp_obj_t text_in) {
    mp_buffer_info_t text;
    mp_get_buffer_raise(text_in, &text, MP_BUFFER_READ);
    return mp_obj_new_int(shapes_parse(text.buf, text.len));
}
static MP_DEFINE_CONST_FUN_OBJ_1(parse_obj, parse);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_store_global(MP_QSTR_seen, MP_OBJ_FROM_PTR(&seen_obj));
    mp_store_global(MP_QSTR_parse, MP_OBJ_FROM_PTR(&parse_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
