// Linux on x86: number in eax, arguments in ebx, ecx, edx, esi, edi, ebp.
// https://man7.org/linux/man-pages/man2/syscall.2.html

#include "system.h"

// The sixth argument has no register that C can name: mmap2's offset, the only one, is always 0.
__asm__(
    ".section .text.start,\"ax\"\n.global _start\n_start: and $-16, %esp\n call host\n"
    ".text\nsystem_trap: push %ebp\n xor %ebp, %ebp\n int $0x80\n pop %ebp\n ret\n");

static word call(word number, word a, word b, word c, word d, word e) {
    word result;
    __asm__ volatile("call system_trap" : "=a"(result) : "0"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e) : "memory");
    return result;
}

word system_read(void *into, uword size) { return call(3, 0, (word)into, (word)size, 0, 0); }
void system_write(const void *from, uword size) { call(4, 1, (word)from, (word)size, 0, 0); }
void *system_map(void *at, uword size) { return (void *)call(192, (word)at, (word)size, MAP_PROTECTION, MAP_HOW, -1); }
void system_exit(int code) { for (;;) call(1, code, 0, 0, 0, 0); }
