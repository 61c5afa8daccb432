// Variables as C programs have them, which the linker must find a place for: static ones, initialised ones, pointers among
// them, tables that change, and common ones that two sources share.

#include "parts.h"

static int counter;
static int start = 5;
static signed char small[3] = { -1, 2, -3 };
static const char *names[] = { "first", "second", "third" };
static int *const fixed = &start;
static int *moving = &counter;
static union { long long whole; unsigned half[2]; } wide = { 0x123456789abcdefLL };
static double ratio[2] __attribute__((aligned(8))) = { 0.5, 2.25 };
static struct node { int value; struct node *next; } nodes[3] = { { 1, &nodes[1] }, { 2, &nodes[2] }, { 3, nodes } };
static word (*act)(word) = (word (*)(word))(void *)variables_after;
static unsigned char buffer[300];
int visible = 7;
word shared_common __attribute__((common));
unsigned char large_common[40] __attribute__((common));

static word self_pointer = (word)&self_pointer;

__attribute__((noinline)) static int next(int by) {
    static int calls;
    static int last = 100;
    calls++;
    last += by;
    return calls * 1000 + last;
}

__attribute__((noinline)) static const char *rename(int n, const char *to) {
    const char *before = names[n];
    names[n] = to;
    return before;
}

__attribute__((noinline)) static int around(struct node *from, int steps) {
    int sum = 0;
    while (steps--) sum = sum * 10 + from->value, from->value++, from = from->next;
    return sum;
}

word variables_after(word n) { return n + counter; }

/** @returns one bit for each part that holds; to be called once. */
word variables_hold(int zero) {
    word right = 0;
    int bit = 0;
#define HOLDS(condition) do { if (condition) right |= (word)1 << bit; bit++; } while (0)
    counter += 3;
    start += counter;
    HOLDS(counter == 3 && start == 8 && *fixed == 8 && *moving == 3);
    moving = fixed;
    *moving += 2;
    HOLDS(start == 10 && *moving == 10);
    small[zero + 1] += 5;
    HOLDS(small[0] == -1 && small[1] == 7 && small[zero + 2] == -3);
    HOLDS(next(1) == 1101 && next(20) == 2121);
    HOLDS(rename(1, names[2])[0] == 's' && rename(zero + 1, 0)[0] == 't' && !names[1] && names[0][0] == 'f');
    wide.whole += 0x76543211;
    HOLDS(wide.half[zero + 1] == 0x1234568u && wide.half[0] == 0);
    HOLDS(around(nodes, 4) == 1232 && nodes[0].value == 3 && nodes[2].value == 4);
    HOLDS(act(zero + 4) == 7);
    buffer[zero] = 1, buffer[299 - zero] = 2;
    HOLDS(buffer[0] == 1 && buffer[299] == 2 && buffer[1] == 0 && buffer[298] == 0);
    HOLDS(visible == 7 && variables_see() == &visible && visible == 8);
    HOLDS(shared_common == 0x77 && large_common[39] == 0x39 && large_common[zero] == 0);
    HOLDS(self_pointer == (word)&self_pointer && ((word *)self_pointer)[zero] == self_pointer);
    HOLDS(*(word *)ratio != 0 || *(int *)((char *)ratio + 4) == 0x3fe00000);
    return right == ((word)1 << bit) - 1;
}
