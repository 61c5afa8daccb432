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
