// Structures, unions and bit fields: copied, passed, returned, nested.

#include <stddef.h>
#include <stdint.h>

#define NOINLINE __attribute__((noinline))

struct point { int16_t x, y; };
struct large { uint32_t words[12]; struct point at; };
struct flags { unsigned kind : 3; signed level : 5; unsigned code : 11; unsigned last : 13; };

NOINLINE static struct point add(struct point a, struct point b) { return (struct point){ (int16_t)(a.x + b.x), (int16_t)(a.y - b.y) }; }

uint32_t return_small(void) {
    struct point sum = { 1, 2 };
    for (int16_t i = 0; i < 100; i++) sum = add(sum, (struct point){ i, (int16_t)(i * 3) });
    return (uint32_t)(uint16_t)sum.x << 16 | (uint16_t)sum.y;
}

NOINLINE static struct large scale(struct large from, uint32_t by) {
    struct large to = from;
    for (unsigned i = 0; i < 12; i++) to.words[i] *= by + i;
    to.at.x++;
    return to;
}

uint32_t return_large(void) {
    struct large value = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 }, { 5, 6 } };
    for (uint32_t i = 1; i < 10; i++) value = scale(value, i);
    uint32_t sum = (uint32_t)value.at.x;
    for (unsigned i = 0; i < 12; i++) sum = sum * 31 + value.words[i];
    return sum;
}

uint32_t pack_bits(void) {
    static struct flags list[4] = { { 1, -2, 3, 4 }, { 7, 15, 2047, 8191 } };
    uint32_t sum = 0;
    for (uint32_t i = 0; i < 64; i++) {
        struct flags *one = &list[i % 4];
        one->kind = one->kind + 1;
        one->level = one->level - 1 > -16 ? one->level - 1 : 15;
        one->code = one->code * 3 + i;
        one->last = one->last ^ one->code;
        sum = sum * 5 + one->kind + (uint32_t)one->level + one->code + one->last;
    }
    return sum;
}

struct __attribute__((packed)) record { uint8_t kind; uint32_t value; uint16_t length; uint64_t stamp; };

uint32_t read_packed(void) {
    static struct record records[3] = { { 1, 0x11223344, 5, 6 }, { 2, 0x55667788, 9, 10 }, { 3, 0x99aabbcc, 13, 14 } };
    uint32_t sum = sizeof records;
    for (unsigned i = 0; i < 3; i++) {
        records[i].stamp += records[i].value * 3ull;
        sum = sum * 31 + records[i].kind + records[i].value + records[i].length + (uint32_t)(records[i].stamp >> 16);
    }
    return sum;
}

union word { uint32_t all; uint8_t bytes[4]; uint16_t halves[2]; };

uint32_t see_through_unions(void) {
    union word value = { 0x01020304 };
    for (unsigned i = 0; i < 40; i++) {
        value.bytes[i % 4] += (uint8_t)i;
        value.halves[i % 2] ^= (uint16_t)(i * 257);
        value.all = value.all << 5 | value.all >> 27;
    }
    return value.all;
}

struct queue { struct queue *next; uint32_t value; };

uint32_t reverse_list(void) {
    static struct queue nodes[20];
    struct queue *head = NULL, *reversed = NULL;
    for (uint32_t i = 0; i < 20; i++) {
        nodes[i] = (struct queue){ head, i * i };
        head = &nodes[i];
    }
    while (head) {
        struct queue *next = head->next;
        head->next = reversed;
        reversed = head;
        head = next;
    }
    uint32_t sum = 0;
    for (; reversed; reversed = reversed->next) sum = sum * 7 + reversed->value;
    return sum;
}

uint32_t initialise_sparsely(void) {
    static const uint32_t sparse[64] = { [3] = 5, [40] = 6, [63] = 7 };
    struct large zero = { .words = { [11] = 9 } };
    uint32_t sum = zero.words[11] * 3 + zero.words[0] + (uint32_t)zero.at.y;
    for (unsigned i = 0; i < 64; i++) sum = sum * 3 + sparse[i];
    return sum + offsetof(struct large, at);
}
