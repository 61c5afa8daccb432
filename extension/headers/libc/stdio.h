/* For compilers that bring no C library; found only after all others. A module prints with mp_printf: there are no files. */
#ifndef NATMOD_STDIO_H
#define NATMOD_STDIO_H
#include <stdarg.h>
#include <stddef.h>
#define EOF (-1)
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#ifdef __cplusplus
extern "C" {
#endif
int snprintf(char *__restrict, size_t, const char *__restrict, ...);
int vsnprintf(char *__restrict, size_t, const char *__restrict, va_list);
#ifdef __cplusplus
}
#endif
#endif
