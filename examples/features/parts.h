// What the parts of the module share.

#include "py/dynruntime.h"

// How often Python called into the module since it was imported. Zero at first, so it takes room in RAM but none in the file.
// Not static: the reference linker takes zero-initialised variables only if they are global.
extern uint32_t features_calls;

uint32_t crc32(const uint8_t *data, size_t length);

void histogram_init(void);
extern mp_obj_full_type_t histogram_type;

#if MICROPY_PY_BUILTINS_FLOAT
mp_obj_t polynomial(mp_obj_t x);
#endif
