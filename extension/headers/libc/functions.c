/*
 * Functions of the C library that compilers call for loops and copies, and that libm asks for errno. A build compiles this file
 * and links what the module uses of it. Small rather than fast; a definition of the module's own, or of a library, comes first.
 */
#include <stddef.h>

#define WEAK __attribute__((weak))

WEAK size_t strlen(const char *text) {
    const char *end = text;
    while (*end) end++;
    return end - text;
}

WEAK size_t strnlen(const char *text, size_t most) {
    size_t length = 0;
    while (length < most && text[length]) length++;
    return length;
}

WEAK int strncmp(const char *left, const char *right, size_t most) {
    const unsigned char *a = (const unsigned char *)left, *b = (const unsigned char *)right;
    for (; most > 0; most--, a++, b++)
        if (*a != *b || *a == 0) return *a - *b;
    return 0;
}

WEAK int strcmp(const char *left, const char *right) {
    return strncmp(left, right, (size_t)-1);
}

WEAK int memcmp(const void *left, const void *right, size_t size) {
    const unsigned char *a = left, *b = right;
    for (; size > 0; size--, a++, b++)
        if (*a != *b) return *a - *b;
    return 0;
}

/* For memcmp where only zero matters. */
WEAK int bcmp(const void *left, const void *right, size_t size) {
    return memcmp(left, right, size);
}

WEAK void *memchr(const void *bytes, int wanted, size_t size) {
    const unsigned char *at = bytes;
    for (; size > 0; size--, at++)
        if (*at == (unsigned char)wanted) return (void *)at;
    return NULL;
}

WEAK void *rawmemchr(const void *bytes, int wanted) {
    return memchr(bytes, wanted, (size_t)-1);
}

WEAK char *strchr(const char *text, int wanted) {
    for (;; text++) {
        if (*text == (char)wanted) return (char *)text;
        if (*text == 0) return NULL;
    }
}

WEAK char *strrchr(const char *text, int wanted) {
    char *found = NULL;
    for (;; text++) {
        if (*text == (char)wanted) found = (char *)text;
        if (*text == 0) return found;
    }
}

/* @returns the end of the copy, as strcpy does not */
WEAK char *stpcpy(char *restrict to, const char *restrict from) {
    while ((*to = *from)) to++, from++;
    return to;
}

WEAK char *strcpy(char *restrict to, const char *restrict from) {
    stpcpy(to, from);
    return to;
}

WEAK char *strcat(char *restrict to, const char *restrict from) {
    stpcpy(to + strlen(to), from);
    return to;
}

WEAK char *strncpy(char *restrict to, const char *restrict from, size_t size) {
    for (char *at = to; size > 0; size--) {
        *at++ = *from;
        if (*from) from++;
    }
    return to;
}

WEAK char *strncat(char *restrict to, const char *restrict from, size_t most) {
    char *end = to + strlen(to);
    for (; most > 0 && *from; most--) *end++ = *from++;
    *end = 0;
    return to;
}

static size_t span(const char *text, const char *set, int is_in_set) {
    size_t length = 0;
    while (text[length] && (strchr(set, text[length]) != NULL) == is_in_set) length++;
    return length;
}

WEAK size_t strspn(const char *text, const char *set) {
    return span(text, set, 1);
}

WEAK size_t strcspn(const char *text, const char *set) {
    return span(text, set, 0);
}

WEAK char *strpbrk(const char *text, const char *set) {
    text += strcspn(text, set);
    return *text ? (char *)text : NULL;
}

WEAK char *strstr(const char *text, const char *wanted) {
    size_t length = strlen(wanted);
    for (;; text++) {
        if (strncmp(text, wanted, length) == 0) return (char *)text;
        if (*text == 0) return NULL;
    }
}

static int error_number;

/* newlib's */
WEAK int *__errno(void) {
    return &error_number;
}

/* glibc's and musl's */
WEAK int *__errno_location(void) {
    return &error_number;
}

#ifdef __XTENSA__
/*
 * Arithmetic that compilers call for: clang has no library of its own here, and GCC's for the ESP8266 leaves out what that chip
 * has in ROM, where a direct call does not reach. Without operators that would call these again.
 */
#define HELPER __attribute__((weak))

typedef unsigned long long wide;

HELPER unsigned __udivsi3(unsigned value, unsigned by);
HELPER unsigned __umodsi3(unsigned value, unsigned by);
HELPER wide __udivdi3(wide value, wide by);
HELPER wide __umoddi3(wide value, wide by);
HELPER int __divsi3(int value, int by);
HELPER long long __divdi3(long long value, long long by);
HELPER long long __muldi3(long long left, long long right);
HELPER wide __umulsidi3(unsigned left, unsigned right);

static unsigned divide(unsigned value, unsigned by, unsigned *rest) {
    unsigned quotient = 0, left = 0;
    for (int bit = 0; bit < 32; bit++) {
        unsigned carry = left >> 31;
        left = left + left + (value >> 31);
        value += value;
        quotient += quotient;
        if (carry || left >= by) left -= by, quotient++;
    }
    *rest = left;
    return quotient;
}

static wide divide_wide(wide value, wide by, wide *rest) {
    wide quotient = 0, left = 0;
    for (int bit = 0; bit < 64; bit++) {
        unsigned carry = (unsigned)(left >> 32) >> 31;
        left = left + left + ((unsigned)(value >> 32) >> 31);
        value += value;
        quotient += quotient;
        if (carry || left >= by) left -= by, quotient++;
    }
    *rest = left;
    return quotient;
}

static unsigned size_of(int value) {
    return value < 0 ? 0 - (unsigned)value : (unsigned)value;
}

static wide size_of_wide(long long value) {
    return value < 0 ? 0 - (wide)value : (wide)value;
}

HELPER unsigned __udivsi3(unsigned value, unsigned by) {
    unsigned rest;
    return divide(value, by, &rest);
}

HELPER unsigned __umodsi3(unsigned value, unsigned by) {
    unsigned rest;
    divide(value, by, &rest);
    return rest;
}

HELPER int __divsi3(int value, int by) {
    unsigned quotient = __udivsi3(size_of(value), size_of(by));
    return (value < 0) == (by < 0) ? (int)quotient : (int)(0 - quotient);
}

HELPER wide __udivdi3(wide value, wide by) {
    wide rest;
    return divide_wide(value, by, &rest);
}

HELPER wide __umoddi3(wide value, wide by) {
    wide rest;
    divide_wide(value, by, &rest);
    return rest;
}

HELPER long long __divdi3(long long value, long long by) {
    wide quotient = __udivdi3(size_of_wide(value), size_of_wide(by));
    return (value < 0) == (by < 0) ? (long long)quotient : (long long)(0 - quotient);
}

HELPER long long __muldi3(long long left, long long right) {
    wide product = 0, addend = (wide)left;
    for (wide bits = (wide)right; bits != 0; bits >>= 1, addend += addend)
        if (bits & 1) product += addend;
    return (long long)product;
}

HELPER wide __umulsidi3(unsigned left, unsigned right) {
    return (wide)__muldi3((long long)left, (long long)right);
}

#ifdef __clang__
HELPER int __mulsi3(int left, int right);
HELPER int __modsi3(int value, int by);
HELPER long long __moddi3(long long value, long long by);

HELPER int __mulsi3(int left, int right) {
    unsigned product = 0, addend = (unsigned)left;
    for (unsigned bits = (unsigned)right; bits != 0; bits >>= 1, addend += addend)
        if (bits & 1) product += addend;
    return (int)product;
}

HELPER int __modsi3(int value, int by) {
    unsigned rest = __umodsi3(size_of(value), size_of(by));
    return value < 0 ? (int)(0 - rest) : (int)rest;
}

HELPER long long __moddi3(long long value, long long by) {
    wide rest = __umoddi3(size_of_wide(value), size_of_wide(by));
    return value < 0 ? (long long)(0 - rest) : (long long)rest;
}
#endif
#endif
