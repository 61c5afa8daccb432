#include "shared.h"

static int steps = 100;
static unsigned char history[64];

int shared_step(void) {
    history[steps & 63] = (unsigned char)steps;
    steps += 1 + (history[(steps - 1) & 63] != 0) * 10;
    return steps + tentative;
}
