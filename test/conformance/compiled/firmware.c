// Calls of the same functions of the firmware from several places, and addresses of many variables: what the linker brings together.
// The host's functions answer with their own number and their first two arguments.

#include "parts.h"

extern void *const mp_fun_table[];

// Of two arguments in any release: native_from_obj, native_to_obj, new_list.
enum { FROM = 3, TO = 4, LIST = 20 };
#define CALL(entry, a, b) (((word (*)(word, word))mp_fun_table[entry])(a, b))
#define ANSWER(entry, a, b) ((word)(0x10000 * (entry) + 0x100 * (a) + (b)))
#define APART __attribute__((noinline)) static

struct pair {
    word first, second;
};

static const unsigned char constants[3][40] = { { 7 }, { 8 }, { 9 } };
static unsigned char bytes[2][60] = { { 1 }, { 2 } };
static word sums[3];
static volatile word seen;

APART void look(const volatile void *at) { seen += *(const volatile unsigned char *)at; }

APART word sum(word a, word b) { return CALL(TO, CALL(FROM, a, 2) & 0xff, CALL(FROM, b, 2) & 0xff); }
APART word repeat(word n) {
    word all = 0;
    for (word i = 0; i < n; i++) all += CALL(FROM, i, 2);
    return all;
}
APART word either(word n) {
    if (n < 3) return CALL(LIST, n, 1);
    return n < 5 ? CALL(FROM, n, 2) : CALL(TO, n, 2);
}
/** A function that is not known here, between two that are. */
APART word given(word (*function)(word), word n) { return CALL(FROM, n, 2) + function(n) + CALL(FROM, n, 3); }
APART void keep(word n) {
    look(constants[0]);
    sums[1] = CALL(TO, n, 2);
    look(constants[1]);
    look(bytes[0]);
    sums[2] = CALL(FROM, n, 2);
    look(constants[2]);
    look(bytes[1]);
    look(&sums[0]);
}
/** A result of two words, of which the second is a word of the table. */
APART struct pair both(word n) {
    struct pair pair = { CALL(TO, n, 2), (word)mp_fun_table[TO] };
    return pair;
}
APART struct pair passed(word n) { return both(n + 1); }
APART word last(word n) { return CALL(LIST, n, n); }

int firmware_answers(void) {
    struct pair pair = passed(4);
    seen = 0;
    keep(9);
    return sum(1, 2) == ANSWER(TO, 2, 2) && repeat(3) == ANSWER(3 * FROM, 3, 6) && either(2) == ANSWER(LIST, 2, 1) &&
        either(4) == ANSWER(FROM, 4, 2) && either(7) == ANSWER(TO, 7, 2) &&
        given(last, 3) == ANSWER(2 * FROM + LIST, 9, 8) && sums[1] == ANSWER(TO, 9, 2) &&
        sums[2] == ANSWER(FROM, 9, 2) && seen == 7 + 8 + 9 + 1 + 2 && pair.first == ANSWER(TO, 5, 2) &&
        ((word (*)(word, word))pair.second)(1, 1) == ANSWER(TO, 1, 1);
}
