// Histogram(): a type with methods. Counts the bytes of buffers in 16 bins by their upper half.

#include "parts.h"

#define BINS 16

typedef struct {
    mp_obj_base_t base;
    uint32_t total;
    uint32_t bins[BINS];
} histogram_t;

// Filled on import: a module's constant data can't hold addresses of the firmware.
mp_obj_full_type_t histogram_type;
mp_map_elem_t histogram_members_table[4];
static MP_DEFINE_CONST_DICT(histogram_members, histogram_members_table);

static mp_obj_t histogram_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    histogram_t *self = mp_obj_malloc(histogram_t, type);
    self->total = 0;
    // By the firmware's memset: a module has no C library of its own.
    mp_fun_table.memset_(self->bins, 0, sizeof(self->bins));
    return MP_OBJ_FROM_PTR(self);
}

// add(buffer) counts and returns the histogram, so that calls can be chained.
static mp_obj_t histogram_add(mp_obj_t self_obj, mp_obj_t buffer) {
    histogram_t *self = MP_OBJ_TO_PTR(self_obj);
    mp_buffer_info_t info;
    mp_get_buffer_raise(buffer, &info, MP_BUFFER_READ);
    features_calls++;
    const uint8_t *data = info.buf;
    for (size_t at = 0; at < info.len; at++) {
        self->bins[data[at] >> 4]++;
    }
    self->total += info.len;
    return self_obj;
}
static MP_DEFINE_CONST_FUN_OBJ_2(histogram_add_obj, histogram_add);

static mp_obj_t histogram_total(mp_obj_t self_obj) {
    histogram_t *self = MP_OBJ_TO_PTR(self_obj);
    features_calls++;
    return mp_obj_new_int_from_uint(self->total);
}
static MP_DEFINE_CONST_FUN_OBJ_1(histogram_total_obj, histogram_total);

static mp_obj_t histogram_bins(mp_obj_t self_obj) {
    histogram_t *self = MP_OBJ_TO_PTR(self_obj);
    features_calls++;
    mp_obj_t counts[BINS];
    for (size_t bin = 0; bin < BINS; bin++) {
        counts[bin] = mp_obj_new_int_from_uint(self->bins[bin]);
    }
    return mp_obj_new_tuple(BINS, counts);
}
static MP_DEFINE_CONST_FUN_OBJ_1(histogram_bins_obj, histogram_bins);

static mp_obj_t histogram_clear(mp_obj_t self_obj) {
    histogram_t *self = MP_OBJ_TO_PTR(self_obj);
    features_calls++;
    self->total = 0;
    mp_fun_table.memset_(self->bins, 0, sizeof(self->bins));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(histogram_clear_obj, histogram_clear);

void histogram_init(void) {
    mp_map_elem_t *member = histogram_members_table;
    *member++ = (mp_map_elem_t) { MP_OBJ_NEW_QSTR(MP_QSTR_add), MP_OBJ_FROM_PTR(&histogram_add_obj) };
    *member++ = (mp_map_elem_t) { MP_OBJ_NEW_QSTR(MP_QSTR_total), MP_OBJ_FROM_PTR(&histogram_total_obj) };
    *member++ = (mp_map_elem_t) { MP_OBJ_NEW_QSTR(MP_QSTR_bins), MP_OBJ_FROM_PTR(&histogram_bins_obj) };
    *member++ = (mp_map_elem_t) { MP_OBJ_NEW_QSTR(MP_QSTR_clear), MP_OBJ_FROM_PTR(&histogram_clear_obj) };

    histogram_type.base.type = (void *)&mp_type_type;
    histogram_type.flags = MP_TYPE_FLAG_NONE;
    histogram_type.name = MP_QSTR_Histogram;
    MP_OBJ_TYPE_SET_SLOT(&histogram_type, make_new, histogram_make_new, 0);
    MP_OBJ_TYPE_SET_SLOT(&histogram_type, locals_dict, (void *)&histogram_members, 1);
}
