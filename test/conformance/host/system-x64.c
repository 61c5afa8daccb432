// Linux on x86-64: number in rax, arguments in rdi, rsi, rdx, r10, r8, r9.
// https://man7.org/linux/man-pages/man2/syscall.2.html

#include "system.h"

__asm__(".section .text.start,\"ax\"\n.global _start\n_start: and $-16, %rsp\n call host\n.text\n");

static word call(word number, word a, word b, word c, word d, word e, word f) {
    register word r10 __asm__("r10") = d;
    register word r8 __asm__("r8") = e;
    register word r9 __asm__("r9") = f;
    word result;
    __asm__ volatile("syscall"
        : "=a"(result)
        : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
        : "rcx", "r11", "memory");
    return result;
}

word system_read(void *into, uword size) { return call(0, 0, (word)into, (word)size, 0, 0, 0); }
void system_write(const void *from, uword size) { call(1, 1, (word)from, (word)size, 0, 0, 0); }
void *system_map(void *at, uword size) { return (void *)call(9, (word)at, (word)size, MAP_PROTECTION, MAP_HOW, -1, 0); }
void system_exit(int code) { for (;;) call(60, code, 0, 0, 0, 0, 0); }
