// Integers of every width: what compilers leave to their library, and where signs and widths meet.

#include <limits.h>
#include <stdint.h>

static volatile uint64_t wide = 0xfedcba9876543210u;
static volatile int64_t negative = -1234567890123456789;
static volatile uint32_t small = 77;

uint32_t divide_wide(void) {
    uint64_t sum = 0;
    for (uint32_t i = 1; i < 200; i++) sum += wide / (i * small) ^ wide % (i + small);
    return (uint32_t)(sum ^ sum >> 32);
}

uint32_t divide_signed(void) {
    int64_t sum = 0;
    for (int32_t i = -100; i < 100; i++) {
        if (i == 0) continue;
        sum = sum * 3 + negative / i - negative % i;
        sum &= 0xffffffffffff;
    }
    return (uint32_t)(sum ^ sum >> 32);
}

uint32_t multiply_wide(void) {
    uint64_t value = small;
    for (int i = 0; i < 60; i++) value = value * wide + i;
    return (uint32_t)(value ^ value >> 32);
}

uint32_t shift_by_variables(void) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < 64; i++) {
        sum ^= wide << i ^ wide >> (63 - i);
        sum += (uint64_t)(negative >> (i / 2));
    }
    return (uint32_t)(sum ^ sum >> 32);
}

uint32_t extend_signs(void) {
    static const int8_t bytes[] = {-128, -1, 0, 1, 127};
    static const int16_t halves[] = {-32768, -1, 0, 1, 32767};
    int64_t sum = 0;
    for (unsigned i = 0; i < 5; i++)
        for (unsigned k = 0; k < 5; k++) sum = sum * 31 + (int64_t)bytes[i] * halves[k] + (uint8_t)bytes[k] - (uint16_t)halves[i];
    return (uint32_t)(sum ^ sum >> 32);
}

uint32_t count_bits(void) {
    uint32_t sum = 0;
    for (uint32_t i = 1; i < 500; i++) {
        uint32_t value = i * 2654435761u;
        sum += __builtin_popcount(value) * 7 + __builtin_clz(value) * 5 + __builtin_ctz(value) * 3 + __builtin_parity(value);
        sum += __builtin_popcountll(wide * i) + __builtin_clzll(wide ^ i);
    }
    return sum;
}

uint32_t swap_bytes(void) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < 100; i++) sum = sum * 17 + __builtin_bswap32(i * small) + (uint32_t)__builtin_bswap64(wide + i);
    return sum;
}

uint32_t compare_mixed(void) {
    int32_t minus = -1;
    uint32_t plus = 1;
    uint32_t bits = 0;
    bits |= ((int64_t)minus < (int64_t)plus) << 0;
    bits |= ((uint32_t)minus < plus) << 1;
    bits |= (negative < (int64_t)small) << 2;
    bits |= ((uint64_t)negative < wide) << 3;
    bits |= ((int8_t)0x80 < 0) << 4;
    bits |= ((int16_t)small > INT8_MAX) << 5;
    return bits + INT_MAX / (uint32_t)small;
}
