// The other half: what is defined here is used there, and the other way round.

#include "parts.h"

const char shared_text[] = "shared text of the other file";
const word *const shared_pointers[3] = { &shared_table[2], shared_table, &shared_table[1] };

word shared_common __attribute__((common));
unsigned char large_common[2] __attribute__((common));

static const word chosen[5] = { 11, 22, 33, 44, 55 };

int is_weak(void) { return 2; }

int second_file(int n) {
    counted++;
    return n * 3 + 7;
}

int *variables_see(void) {
    visible++;
    shared_common = 0x77;
    (&large_common[0])[39] = 0x39;
    return &visible;
}

word choose(int n) {
    static const word *const chosen_by[] = { chosen, chosen + 1, chosen + 2, chosen + 3, chosen + 4 };
    return n >= 0 && n < 5 ? *chosen_by[n] : -1;
}
