// Data that the linker places: initialised, zero, constant, pointing at each other and at functions, static in functions.

#include <stddef.h>
#include <stdint.h>

#define NOINLINE __attribute__((noinline))

static uint32_t counter;
static uint32_t started = 1000;
static uint16_t table[8] = { 3, 1, 4, 1, 5, 9, 2, 6 };
static const char *const names[] = { "alpha", "beta", "gamma", "delta", "alpha" };
uint32_t shared = 7;
uint32_t shared_zero[5];

NOINLINE static uint32_t text_sum(const char *text) {
    uint32_t sum = 5381;
    while (*text) sum = sum * 33 + (uint8_t)*text++;
    return sum;
}

NOINLINE static uint32_t next_number(void) {
    static uint32_t state = 12345;
    static uint32_t calls;
    calls++;
    state = state * 1103515245 + 12345;
    return state >> 8 ^ calls;
}

uint32_t keep_in_statics(void) {
    uint32_t sum = 0;
    for (int i = 0; i < 50; i++) {
        sum = sum * 3 + next_number();
        counter += i;
        started -= counter;
        shared ^= started;
        shared_zero[i % 5] += shared;
    }
    return sum ^ counter ^ started ^ shared ^ shared_zero[4];
}

uint32_t change_initialised_tables(void) {
    for (int round = 0; round < 10; round++)
        for (unsigned i = 0; i < 8; i++) table[i] = (uint16_t)(table[i] * 3 + table[(i + 1) % 8]);
    uint32_t sum = 0;
    for (unsigned i = 0; i < 8; i++) sum = sum * 65599 + table[i];
    return sum;
}

uint32_t sum_names(void) {
    uint32_t sum = 0;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) sum = sum * 7 + text_sum(names[i]);
    return sum + (names[0][2] == names[4][2]);
}

struct node {
    const char *name;
    uint32_t value;
    const struct node *left, *right;
};
static const struct node leaves[] = { { "one", 1, NULL, NULL }, { "two", 2, NULL, NULL }, { "three", 3, NULL, NULL } };
static const struct node inner = { "inner", 10, &leaves[0], &leaves[1] };
static const struct node root = { "root", 100, &inner, leaves + 2 };

NOINLINE static uint32_t walk(const struct node *node) {
    return node ? node->value * 31 + walk(node->left) * 3 + walk(node->right) * 5 + text_sum(node->name) : 1;
}

uint32_t walk_constant_tree(void) { return walk(&root); }

NOINLINE static uint32_t twice(uint32_t n) { return n * 2; }
NOINLINE static uint32_t plus_one(uint32_t n) { return n + 1; }
NOINLINE static uint32_t squared(uint32_t n) { return n * n; }
typedef uint32_t (*step)(uint32_t);
static const step constant_steps[] = { twice, plus_one, squared, twice };
static step steps[4] = { squared, twice, plus_one, plus_one };
static step *current = &steps[1];

uint32_t call_through_tables(void) {
    uint32_t value = 3;
    for (uint32_t i = 0; i < 40; i++) {
        value = constant_steps[i % 4](value) ^ steps[value % 4](i);
        if (i == 20) steps[2] = constant_steps[2];
        value += (*current)(i);
        current = &steps[i % 4];
    }
    return value;
}

struct device {
    const char *name;
    uint32_t (*const *methods)(uint32_t);
    uint8_t *buffer;
    size_t length;
};
static uint8_t buffer[16];
static struct device devices[2] = { { "first", constant_steps, buffer, 8 }, { "second", constant_steps + 1, &buffer[8], 8 } };

uint32_t follow_pointers_to_all(void) {
    uint32_t sum = 0;
    for (unsigned d = 0; d < 2; d++)
        for (size_t i = 0; i < devices[d].length; i++) {
            devices[d].buffer[i] = (uint8_t)devices[d].methods[i % 3]((uint32_t)i + d);
            sum = sum * 31 + devices[d].buffer[i] + text_sum(devices[d].name);
        }
    return sum ^ (uint32_t)(devices[1].buffer - devices[0].buffer);
}

static uint32_t aligned_words[4] __attribute__((aligned(16))) = { 1, 2, 3, 4 };
static uint8_t odd_bytes[3] = { 5, 6, 7 };
static uint64_t wide_one = 0x0102030405060708;

uint32_t keep_alignment(void) {
    uint32_t sum = (uint32_t)wide_one ^ (uint32_t)(wide_one >> 32);
    for (unsigned i = 0; i < 4; i++) sum = sum * 3 + aligned_words[i];
    return sum * 7 + odd_bytes[2] + ((uintptr_t)aligned_words % 4) + ((uintptr_t)&wide_one % 4);
}

static int32_t *const middle = (int32_t *)&shared_zero[2];

uint32_t reach_behind_symbols(void) {
    middle[-1] = 17;
    middle[2] = -5;
    return shared_zero[1] * 3 + shared_zero[4] + (uint32_t)(middle - (int32_t *)shared_zero);
}
