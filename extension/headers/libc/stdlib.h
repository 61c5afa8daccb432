/* For compilers that bring no C library; found only after all others. */
#ifndef NATMOD_STDLIB_H
#define NATMOD_STDLIB_H
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
void abort(void) __attribute__((noreturn));
int abs(int);
long labs(long);
long long llabs(long long);
void *bsearch(const void *, const void *, size_t, size_t, int (*)(const void *, const void *));
void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
int atoi(const char *);
long strtol(const char *__restrict, char **__restrict, int);
unsigned long strtoul(const char *__restrict, char **__restrict, int);
double strtod(const char *__restrict, char **__restrict);
void *malloc(size_t);
void *calloc(size_t, size_t);
void *realloc(void *, size_t);
void free(void *);
#ifdef __cplusplus
}
#endif
#endif
