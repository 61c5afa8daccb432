/* For compilers that bring no C library; found only after all others. */
#ifndef NATMOD_SYS_TYPES_H
#define NATMOD_SYS_TYPES_H
#include <stddef.h>
#include <stdint.h>
typedef intptr_t ssize_t;
typedef long off_t;
#endif
