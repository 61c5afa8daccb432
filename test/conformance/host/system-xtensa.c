// Linux on Xtensa, both calling conventions: number in a2, arguments in a6, a3, a4, a5, a8, a9; result in a2.
// https://man7.org/linux/man-pages/man2/syscall.2.html

#include "system.h"

#ifdef __XTENSA_WINDOWED_ABI__
#define CALL_HOST "call8 host"
#else
#define CALL_HOST "call0 host"
#endif

// A return address of 0 ends the chain of register windows.
__asm__(
    ".section .text.start,\"ax\"\n.global _start\n.align 4\n"
    "_start: movi a0, 0\n addi a1, a1, -64\n srli a1, a1, 4\n slli a1, a1, 4\n " CALL_HOST "\n.text\n");

static word call(word number, word a, word b, word c, word d, word e, word f) {
    register word a2 __asm__("a2") = number;
    register word a6 __asm__("a6") = a;
    register word a3 __asm__("a3") = b;
    register word a4 __asm__("a4") = c;
    register word a5 __asm__("a5") = d;
    register word a8 __asm__("a8") = e;
    register word a9 __asm__("a9") = f;
    __asm__ volatile("syscall" : "+r"(a2) : "r"(a6), "r"(a3), "r"(a4), "r"(a5), "r"(a8), "r"(a9) : "memory");
    return a2;
}

word system_read(void *into, uword size) { return call(12, 0, (word)into, (word)size, 0, 0, 0); }
void system_write(const void *from, uword size) { call(13, 1, (word)from, (word)size, 0, 0, 0); }
void *system_map(void *at, uword size) {
    return (void *)call(80, (word)at, (word)size, MAP_PROTECTION, MAP_HOW_XTENSA, -1, 0);
}
void system_exit(int code) { for (;;) call(118, code, 0, 0, 0, 0, 0); }
