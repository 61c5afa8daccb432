// Calls the C library's functions for strings as code does that was written for any machine.

#include "py/dynruntime.h"
#include <string.h>

extern size_t strnlen(const char *, size_t);
extern char *stpcpy(char *, const char *);
extern int bcmp(const void *, const void *, size_t);

// The module's own comes before the library's.
char *strpbrk(const char *text, const char *set) {
    (void)set;
    return (char *)text + 1;
}

// Compilers make a call of strlen from it.
static size_t length_by_loop(const char *text) {
    size_t length = 0;
    while (text[length]) length++;
    return length;
}

static mp_obj_t sizes(mp_obj_t text_obj, mp_obj_t set_obj) {
    const char *text = mp_obj_str_get_str(text_obj), *set = mp_obj_str_get_str(set_obj);
    mp_obj_t all[] = {
        mp_obj_new_int(length_by_loop(text)),
        mp_obj_new_int(strlen(text)),
        mp_obj_new_int(strnlen(text, 3)),
        mp_obj_new_int(strspn(text, set)),
        mp_obj_new_int(strcspn(text, set)),
        mp_obj_new_int(strpbrk(text, set) - text),
    };
    return mp_obj_new_tuple(MP_ARRAY_SIZE(all), all);
}
static MP_DEFINE_CONST_FUN_OBJ_2(sizes_obj, sizes);

static int sign(int n) {
    return (n > 0) - (n < 0);
}

static mp_obj_t compare(mp_obj_t a_obj, mp_obj_t b_obj, mp_obj_t size_obj) {
    const char *a = mp_obj_str_get_str(a_obj), *b = mp_obj_str_get_str(b_obj);
    size_t size = mp_obj_get_int(size_obj);
    mp_obj_t all[] = {
        mp_obj_new_int(sign(strcmp(a, b))),
        mp_obj_new_int(sign(strncmp(a, b, size))),
        mp_obj_new_int(sign(memcmp(a, b, size))),
        mp_obj_new_int(bcmp(a, b, size) != 0),
    };
    return mp_obj_new_tuple(MP_ARRAY_SIZE(all), all);
}
static MP_DEFINE_CONST_FUN_OBJ_3(compare_obj, compare);

static mp_obj_t place(const char *text, const void *found) {
    return mp_obj_new_int(found ? (const char *)found - text : -1);
}

static mp_obj_t find(mp_obj_t text_obj, mp_obj_t wanted_obj) {
    const char *text = mp_obj_str_get_str(text_obj), *wanted = mp_obj_str_get_str(wanted_obj);
    mp_obj_t all[] = {
        place(text, strchr(text, wanted[0])),
        place(text, strrchr(text, wanted[0])),
        place(text, strstr(text, wanted)),
        place(text, memchr(text, wanted[0], strlen(text))),
    };
    return mp_obj_new_tuple(MP_ARRAY_SIZE(all), all);
}
static MP_DEFINE_CONST_FUN_OBJ_2(find_obj, find);

static mp_obj_t join(mp_obj_t a_obj, mp_obj_t b_obj) {
    const char *a = mp_obj_str_get_str(a_obj), *b = mp_obj_str_get_str(b_obj);
    char text[80];
    char filled[8];
    strcpy(text, a);
    strcat(text, b);
    strncat(text, a, 2);
    char *end = stpcpy(text + strlen(text), "!");
    memset(filled, '?', sizeof(filled));
    strncpy(filled, b, 6);
    return mp_obj_new_bytes((const byte *)memcpy(end, filled, sizeof(filled)) - (end - text), end - text + sizeof(filled));
}
static MP_DEFINE_CONST_FUN_OBJ_2(join_obj, join);

#if defined(__arm__) && !defined(__clang__)
// newlib's sets errno, by way of a function.
extern float powf(float, float);
static mp_obj_t power(mp_obj_t a, mp_obj_t b) {
    return mp_obj_new_int((mp_int_t)powf(mp_obj_get_int(a), mp_obj_get_int(b)));
}
#else
static mp_obj_t power(mp_obj_t a, mp_obj_t b) {
    return mp_binary_op(MP_BINARY_OP_POWER, a, b);
}
#endif
static MP_DEFINE_CONST_FUN_OBJ_2(power_obj, power);

mp_obj_t mpy_init(mp_obj_fun_bc_t *self, size_t n_args, size_t n_kw, mp_obj_t *args) {
    MP_DYNRUNTIME_INIT_ENTRY
    mp_store_global(MP_QSTR_sizes, MP_OBJ_FROM_PTR(&sizes_obj));
    mp_store_global(MP_QSTR_compare, MP_OBJ_FROM_PTR(&compare_obj));
    mp_store_global(MP_QSTR_find, MP_OBJ_FROM_PTR(&find_obj));
    mp_store_global(MP_QSTR_join, MP_OBJ_FROM_PTR(&join_obj));
    mp_store_global(MP_QSTR_power, MP_OBJ_FROM_PTR(&power_obj));
    MP_DYNRUNTIME_INIT_EXIT
}
