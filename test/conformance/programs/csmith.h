// What csmith's programs need besides safe arithmetic, without a C library: types, a checksum over all their variables, and
// no output. https://github.com/csmith-project/csmith

#ifndef CSMITH_H
#define CSMITH_H

#include <float.h>
#include <limits.h>
#include <stdint.h>

#define STATIC static
#define UNDEFINED(value) (value)
#define LOG_INDEX
#define LOG_EXEC
#define FUNC_NAME(name) (safe_##name)
#define printf(...) ((void)0)
#define fabsf __builtin_fabsf
#define fabs __builtin_fabs
#include "safe_math.h"

static uint32_t checksum;
static uint32_t crc32_context;

static void platform_main_begin(void) { crc32_context = 0xffffffff; }
static void crc32_gentab(void) {}

static void transparent_crc(uint64_t value, const char *name, int shown) {
    (void)shown;
    crc32_context = (crc32_context << 5 | crc32_context >> 27) ^ (uint8_t)name[0];
    for (int byte = 0; byte < 8; byte++, value >>= 8) {
        crc32_context ^= (uint8_t)value;
        for (int bit = 0; bit < 8; bit++) crc32_context = crc32_context >> 1 ^ (crc32_context & 1 ? 0xedb88320 : 0);
    }
}

static void transparent_crc_bytes(const char *bytes, int count, const char *name, int shown) {
    for (int i = 0; i < count; i++) transparent_crc((uint8_t)bytes[i], name, shown);
}

static void platform_main_end(uint32_t sum, int shown) {
    (void)shown;
    checksum = sum;
}

#endif
