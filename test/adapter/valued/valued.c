// What the tests of variables stop in: C that holds Python in every way that C can.

#include "py/dynruntime.h"

typedef struct {
    int x;
    int y;
} point_t;

int calls;
static point_t origin = {1, 2};
static int table[1000];

// The compiler must keep what goes through here in memory.
#define KEEP(variable) __asm__ volatile("" : "+m"(variable));
#define KEEP_ALL KEEP(n_args) KEEP(args) KEEP(first) KEEP(pair) KEEP(list) KEEP(base) KEEP(map) KEEP(buffer) KEEP(name) KEEP(place)

static mp_obj_t look(size_t n_args, const mp_obj_t *args) {
    mp_obj_t first = args[0];
    mp_obj_t pair[2] = {args[0], args[1]};
    mp_obj_list_t *list = MP_OBJ_TO_PTR(args[1]);
    mp_obj_base_t *base = MP_OBJ_TO_PTR(args[1]);
    mp_obj_dict_t *dict = MP_OBJ_TO_PTR(args[3]);
    mp_map_t *map = &dict->map;
    mp_buffer_info_t buffer;
    mp_get_buffer_raise(args[2], &buffer, MP_BUFFER_READ);
    qstr name = MP_QSTR_append;
    point_t place = {3, (int)n_args};
    KEEP_ALL
    calls += place.x;
    table[calls] = origin.x + origin.y;
    KEEP_ALL
    return first;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR(look_obj, 4, look);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_store_global(MP_QSTR_look, MP_OBJ_FROM_PTR(&look_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
