// Floating point, which half of the architectures do by calls into the compiler's library.

#include <stdint.h>

static uint32_t bits_of(float value) {
    union { float value; uint32_t bits; } both = { value };
    return both.bits;
}

static uint32_t bits_of_double(double value) {
    union { double value; uint32_t bits[2]; } both = { value };
    return both.bits[0] ^ both.bits[1];
}

static volatile float step = 0.375f;
static volatile double fine = 0.0009765625;

uint32_t add_floats(void) {
    float sum = 0;
    for (int i = 0; i < 100; i++) sum = sum + step * (float)i;
    return bits_of(sum);
}

uint32_t divide_doubles(void) {
    volatile double value = 3.0;
    for (int i = 1; i < 40; i++) value = value / (1.0 + fine * i);
    return bits_of_double(value);
}

uint32_t convert_numbers(void) {
    uint32_t sum = 0;
    for (int i = -50; i < 50; i++) {
        volatile double value = i * 1000003.25;
        sum = sum * 31 + (uint32_t)(int32_t)value + (uint32_t)(int64_t)(value * 4096) + bits_of((float)value);
        volatile uint64_t large = (uint64_t)(i + 50) << 33;
        sum += bits_of_double((double)large) + bits_of((float)large);
    }
    return sum;
}

uint32_t compare_floats(void) {
    static const double values[] = { -1.5, -0.0, 0.0, 1.0 / 3, 2.0, 1e300 };
    uint32_t sum = 0;
    for (int i = 0; i < 6; i++)
        for (int k = 0; k < 6; k++) {
            volatile double a = values[i], b = values[k];
            sum = sum * 3 + (a < b) + 2 * (a == b) + 4 * (a >= b);
        }
    return sum;
}

/** Newton's method, with constants that lie in a table. */
uint32_t find_roots(void) {
    static const double squares[] = { 2, 3, 5, 7, 1024, 0.25 };
    uint32_t sum = 0;
    for (int i = 0; i < 6; i++) {
        volatile double root = squares[i];
        for (int n = 0; n < 30; n++) root = 0.5 * (root + squares[i] / root);
        sum = sum * 31 + (uint32_t)(root * 1000000);
    }
    return sum;
}
