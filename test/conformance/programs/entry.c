// A module that runs one program: what it returns is the program's checksum.

#include <stdint.h>

extern uint32_t NAME(void);

intptr_t mpy_init(void) { return (intptr_t)NAME(); }
