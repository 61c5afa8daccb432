// What compilers make of ordinary code, and therefore what a linker must get right: static and global functions, constants,
// variables, pointers to all of these in constant tables, switches, strings, calls through the firmware's table and into the
// compiler's own library.

#include "parts.h"

extern void *const mp_fun_table[];
extern const word mp_type_str[];
extern const unsigned short mp_native_qstr_table[];
extern void *memset(void *into, int value, __SIZE_TYPE__ size);
extern void *memcpy(void *into, const void *from, __SIZE_TYPE__ size);

enum { STORE_GLOBAL = 13, CALLED = 20 };

int counted;
word shared_table[4];

static int add(int a, int b) { return a + b; }
static int subtract(int a, int b) { return a - b; }
__attribute__((noinline)) static int deep(int n) { return n ? n + deep(n - 1) : 0; }
__attribute__((weak)) int is_weak(void) { return 1; }
extern int is_nowhere(void) __attribute__((weak));

struct operation {
    const char *name;
    int (*run)(int, int);
    const word *numbers;
};

static const word numbers[3] = { 100, 20, 3 };
static const struct operation operations[] = {
    { "add", add, numbers },
    { "subtract", subtract, numbers + 1 },
    { "second", (int (*)(int, int))(void *)second_file, &numbers[2] },
};
static const char *const words[] = { "zero", "one", "two", "three" };

__attribute__((noinline)) static int same(const char *a, const char *b) {
    while (*a && *a == *b) a++, b++;
    return *a == *b;
}

__attribute__((noinline)) static const char *name_of(int n) {
    switch (n) {
        case 0: return "nought";
        case 1: return "ace";
        case 2: return "deuce";
        case 3: return "trey";
        case 4: return "four";
        case 7: return "seven";
        default: return "many";
    }
}

__attribute__((noinline)) static int buffers(const char *text) {
    char copy[40];
    memset(copy, 'x', sizeof copy);
    memcpy(copy + 8, text, 20);
    return copy[7] == 'x' && copy[28] == 'x' && copy[8] == text[0] && copy[27] == text[19];
}

// The two below call the compiler's library on machines without the instructions; Debian's for lx106 leaves that to the
// chip's ROM.
#ifndef __XTENSA__
__attribute__((noinline)) static long long multiply(long long a, long long b) { return a * b; }
__attribute__((noinline)) static unsigned shift(unsigned long long a, int by) { return (unsigned)(a >> by); }
#endif

static word check(void) {
    volatile int zero = 0;
    word right = 0;
    int bit = 0;
#define HOLDS(condition) do { if (condition) right |= (word)1 << bit; bit++; } while (0)
    HOLDS(operations[zero].run(3, 4) == 7);
    HOLDS(operations[zero + 1].run(3, 4) == -1);
    HOLDS(operations[zero + 2].run(5, 0) == 5 * 3 + 7);
    HOLDS(operations[zero].numbers[1] == 20 && *operations[zero + 1].numbers == 20 && *operations[zero + 2].numbers == 3);
    HOLDS(same(operations[zero + 1].name, "subtract") && same(words[zero + 3], "three"));
    HOLDS(deep(40) == 820);
    HOLDS(second_file(1) == 10 && counted == 2);
    HOLDS(shared_text[zero] == 's' && same(shared_text + 7, "text of the other file"));
    shared_table[2] = 0x55;
    HOLDS(shared_pointers[zero] == &shared_table[2] && *shared_pointers[zero] == 0x55);
    HOLDS(shared_pointers[zero + 1] == shared_table && shared_pointers[zero + 2] == &shared_table[1]);
    HOLDS(same(name_of(zero + 2), "deuce") && same(name_of(zero + 7), "seven") && same(name_of(zero + 5), "many"));
    HOLDS(choose(zero) == 11 && choose(zero + 4) == 55 && choose(zero + 9) == -1);
    HOLDS(((word (*)(word, word))mp_fun_table[CALLED])(1, 2) == 0x10000 * CALLED + 0x102);
    HOLDS(mp_type_str[zero] == 0x10000 * 74);
    HOLDS(mp_native_qstr_table[zero + 1] == 0x4101);
    HOLDS(is_weak() == 2);
    HOLDS(buffers("text for the buffers") && !is_nowhere);
#ifdef __XTENSA__
    HOLDS(1);
#else
    HOLDS(multiply(zero + 0x12345678LL, 0x1000LL) == 0x12345678000LL && shift(0x123456789aULL << zero, 8) == 0x12345678u);
#endif
    HOLDS(variables_hold(zero));
    HOLDS(firmware_answers());
    return right;
}

word mpy_init(void *self, uword n_args, uword n_kw, word *args) {
    (void)self, (void)n_args, (void)n_kw, (void)args;
    ((void (*)(uword, void *))mp_fun_table[STORE_GLOBAL])(mp_native_qstr_table[1], (void *)check);
    return 0;
}
