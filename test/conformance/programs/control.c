// Ways through code: switches as tables and as trees, jumps, recursion, calls through pointers.

#include <stdarg.h>
#include <stdint.h>

#define NOINLINE __attribute__((noinline))

NOINLINE static uint32_t dense(uint32_t n) {
    switch (n) {
        case 0: return 11;
        case 1: return 7;
        case 2: return 1234567;
        case 3: return n * n + 5;
        case 4: return 99;
        case 5: return ~n;
        case 6: return 3;
        case 7: return 0x80000000;
        case 8: return 42;
        case 9: return n << 20;
        default: return 1;
    }
}

uint32_t switch_dense(void) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < 300; i++) sum = sum * 5 + dense(i % 13);
    return sum;
}

NOINLINE static int32_t sparse(int32_t n) {
    switch (n) {
        case -100000: return 1;
        case -7: return 2;
        case 0: return 3;
        case 19: return 4;
        case 20 ... 29: return 5;
        case 100000: return 6;
        case 2000000: return 7;
    }
    return 8;
}

uint32_t switch_sparse(void) {
    static const int32_t keys[] = { -100000, -99999, -7, 0, 1, 19, 25, 29, 30, 100000, 2000000, 2000001 };
    uint32_t sum = 0;
    for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++) sum = sum * 9 + (uint32_t)sparse(keys[i]);
    return sum;
}

/** A switch whose cases fall into each other, around a loop (Duff's device). */
uint32_t switch_into_loop(void) {
    static uint8_t from[53], to[53];
    for (unsigned i = 0; i < sizeof from; i++) from[i] = (uint8_t)(i * 7 + 3), to[i] = 0;
    unsigned n = sizeof from, rounds = (n + 7) / 8, at = 0;
    switch (n % 8) {
        case 0: do { to[at] = from[at]; at++;
        case 7: to[at] = from[at]; at++;
        case 6: to[at] = from[at]; at++;
        case 5: to[at] = from[at]; at++;
        case 4: to[at] = from[at]; at++;
        case 3: to[at] = from[at]; at++;
        case 2: to[at] = from[at]; at++;
        case 1: to[at] = from[at]; at++;
        } while (--rounds > 0);
    }
    uint32_t sum = at;
    for (unsigned i = 0; i < sizeof to; i++) sum = sum * 33 + to[i];
    return sum;
}

/** An interpreter with GNU C's table of labels. */
uint32_t jump_to_labels(void) {
    static const uint8_t program[] = { 0, 5, 0, 7, 1, 0, 3, 2, 3, 0, 9, 1, 4 };
    static const void *const operations[] = { &&push, &&add, &&multiply, &&copy, &&stop };
    uint32_t stack[8], depth = 0, at = 0;
    goto *operations[program[at++]];
push: stack[depth++] = program[at++]; goto *operations[program[at++]];
add: depth--; stack[depth - 1] += stack[depth]; goto *operations[program[at++]];
multiply: depth--; stack[depth - 1] *= stack[depth]; goto *operations[program[at++]];
copy: stack[depth] = stack[depth - 1]; depth++; goto *operations[program[at++]];
stop: return stack[depth - 1] * 1000 + depth;
}

NOINLINE static uint32_t ackermann(uint32_t m, uint32_t n) {
    return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

uint32_t recurse_deeply(void) { return ackermann(2, 40) * 31 + ackermann(1, 60); }

NOINLINE static int is_odd(uint32_t n);
NOINLINE static int is_even(uint32_t n) { return n == 0 ? 1 : is_odd(n - 1); }
NOINLINE static int is_odd(uint32_t n) { return n == 0 ? 0 : is_even(n - 1); }

uint32_t recurse_mutually(void) { return (uint32_t)(is_even(200) * 2 + is_odd(99)); }

NOINLINE static uint32_t sum_of(int count, ...) {
    va_list list, again;
    va_start(list, count);
    va_copy(again, list);
    uint32_t sum = 0;
    for (int i = 0; i < count; i++) sum = sum * 7 + (uint32_t)va_arg(list, int);
    for (int i = 0; i < count; i++) sum = sum * 3 + (uint32_t)va_arg(again, int);
    va_end(again);
    va_end(list);
    return sum;
}

uint32_t pass_many_arguments(void) { return sum_of(3, 1, 2, 3) + sum_of(9, 1, -2, 3, -4, 5, -6, 7, -8, 9); }

NOINLINE static uint32_t eleven(int8_t a, uint64_t b, int16_t c, uint32_t d, int64_t e, uint8_t f, int g, int h, uint64_t i, int j, int k) {
    return (uint32_t)(a + b * 3 + c * 5 + d * 7 + e * 11 + f * 13 + g * 17 + h * 19 + i * 23 + j * 29 + k * 31);
}

uint32_t pass_on_the_stack(void) { return eleven(-1, 1ull << 40, -300, 4000000000u, -5, 200, 7, -8, 1ull << 35, 10, -11); }

uint32_t leave_nested_loops(void) {
    uint32_t sum = 0;
    for (uint32_t a = 0; a < 20; a++)
        for (uint32_t b = 0; b < 20; b++) {
            if (b == a) goto next;
            for (uint32_t c = 0;; c++) {
                if (c > a + b) break;
                if ((c ^ b) & 1) continue;
                sum += a * b + c;
                if (sum > 1u << 30) goto out;
            }
        next:;
        }
out:
    return sum;
}
