// A program of csmith's as a function that gives its checksum.

#include "csmith.h"

static int random_main(void);
#define main random_main
#include RANDOM_PROGRAM
#undef main

uint32_t NAME(void) {
    random_main();
    return checksum;
}
