// Linux on ARM (EABI): number in r7, arguments in r0 to r5. https://man7.org/linux/man-pages/man2/syscall.2.html

#include "system.h"

__asm__(".syntax unified\n.thumb\n.section .text.start\n.global _start\n.thumb_func\n_start: bl host\n.text\n");

static word call(word number, word a, word b, word c, word d, word e, word f) {
    register word r7 __asm__("r7") = number;
    register word r0 __asm__("r0") = a;
    register word r1 __asm__("r1") = b;
    register word r2 __asm__("r2") = c;
    register word r3 __asm__("r3") = d;
    register word r4 __asm__("r4") = e;
    register word r5 __asm__("r5") = f;
    __asm__ volatile("svc 0" : "+r"(r0) : "r"(r7), "r"(r1), "r"(r2), "r"(r3), "r"(r4), "r"(r5) : "memory");
    return r0;
}

word system_read(void *into, uword size) { return call(3, 0, (word)into, (word)size, 0, 0, 0); }
void system_write(const void *from, uword size) { call(4, 1, (word)from, (word)size, 0, 0, 0); }
void *system_map(void *at, uword size) { return (void *)call(192, (word)at, (word)size, MAP_PROTECTION, MAP_HOW, -1, 0); }
void system_exit(int code) { for (;;) call(1, code, 0, 0, 0, 0, 0); }
