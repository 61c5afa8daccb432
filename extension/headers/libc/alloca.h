/* For compilers that bring no C library; found only after all others. */
#ifndef NATMOD_ALLOCA_H
#define NATMOD_ALLOCA_H
#define alloca(size) __builtin_alloca(size)
#endif
