// Names: weak ones and their defaults, other names for one thing, hidden ones, sections of one's own, what is the same twice.

#include <stdint.h>

#define NOINLINE __attribute__((noinline))

NOINLINE static uint32_t original(uint32_t n) { return n * 3 + 1; }
extern __typeof(original) another __attribute__((alias("original"), visibility("hidden")));

uint32_t call_by_another_name(void) { return another(5) * 1000 + original(6); }

__attribute__((weak)) uint32_t can_be_replaced(uint32_t n) { return n + 40; }
extern uint32_t is_nowhere(uint32_t n) __attribute__((weak));
__attribute__((weak)) uint32_t weak_table[3] = { 4, 5, 6 };

uint32_t use_weak_names(void) {
    uint32_t (*volatile maybe)(uint32_t) = is_nowhere;
    return can_be_replaced(2) * 100 + weak_table[1] * 10 + (maybe ? maybe(1) : 7);
}

// The compiler calls it directly, behind the question.
uint32_t ask_for_weak_function(void) {
    uint32_t n = can_be_replaced(1);
    if (is_nowhere) n = is_nowhere(n) + 1;
    return n == 41 || !is_nowhere ? n : is_nowhere(n);
}

__attribute__((visibility("hidden"))) uint32_t hidden_counter = 3;
__attribute__((visibility("hidden"), noinline)) uint32_t hidden_step(void) { return ++hidden_counter * 7; }

uint32_t use_hidden_names(void) {
    uint32_t sum = 0;
    for (int i = 0; i < 5; i++) sum = sum * 5 + hidden_step();
    return sum;
}

static uint32_t of_its_own __attribute__((section(".data.of_its_own"))) = 77;
__attribute__((section(".text.of_its_own"), noinline)) static uint32_t apart(uint32_t n) { return n ^ of_its_own++; }

uint32_t use_own_sections(void) { return apart(1) * 31 + apart(2) * 7 + apart(3); }

NOINLINE static uint32_t same_once(uint32_t n) { return n * 12345 + (n >> 3); }
NOINLINE static uint32_t same_twice(uint32_t n) { return n * 12345 + (n >> 3); }
static const uint32_t constants_once[4] = { 9, 8, 7, 6 };
static const uint32_t constants_twice[4] = { 9, 8, 7, 6 };

/** What is folded into one must still be right, and functions must keep addresses that differ. */
uint32_t use_what_is_the_same(void) {
    uint32_t (*volatile one)(uint32_t) = same_once;
    uint32_t (*volatile two)(uint32_t) = same_twice;
    uint32_t sum = (one == two) * 1000000;
    for (uint32_t i = 0; i < 4; i++) sum = sum * 3 + one(i) + two(i) + constants_once[i] + constants_twice[3 - i];
    return sum;
}

static inline uint32_t inlined(uint32_t n) {
    static uint32_t calls;
    return n + ++calls;
}

uint32_t keep_statics_of_inlines(void) { return inlined(1) * 100 + inlined(2) * 10 + inlined(3); }
