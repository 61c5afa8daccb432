// Text and memory: what compilers turn into calls of memset, memcpy and their kin, and functions of those names.

#include <stddef.h>
#include <stdint.h>

#define NOINLINE __attribute__((noinline))

static char lines[4][24];

NOINLINE static size_t length_of(const char *text) {
    size_t length = 0;
    while (text[length]) length++;
    return length;
}

NOINLINE static char *append(char *to, const char *from) {
    while (*from) *to++ = *from++;
    *to = 0;
    return to;
}

NOINLINE static char *append_number(char *to, uint32_t value, uint32_t base) {
    char digits[33];
    int count = 0;
    do digits[count++] = "0123456789abcdef"[value % base];
    while (value /= base);
    while (count) *to++ = digits[--count];
    *to = 0;
    return to;
}

NOINLINE static uint32_t sum_of(const char *text) {
    uint32_t sum = 0;
    for (size_t i = 0, n = length_of(text); i < n; i++) sum = sum * 131 + (uint8_t)text[i];
    return sum;
}

uint32_t format_numbers(void) {
    static const uint8_t bases[] = { 2, 10, 16 };
    char text[120];
    uint32_t sum = 0;
    for (uint32_t i = 0; i < 30; i++) {
        char *at = append(text, "value ");
        at = append_number(at, i * 48611, bases[i % 3]);
        append(at, i % 2 ? " odd" : " even");
        sum = sum * 31 + sum_of(text);
    }
    return sum;
}

uint32_t copy_blocks(void) {
    static uint32_t from[100], to[100];
    for (uint32_t i = 0; i < 100; i++) from[i] = i * i;
    for (uint32_t i = 0; i < 100; i++) to[i] = from[i];
    for (uint32_t i = 0; i < 100; i++) from[i] = 0;
    __builtin_memcpy(from + 10, to, 200);
    __builtin_memmove(from + 12, from + 10, 160);
    __builtin_memset(to, 0x5a, 90);
    uint32_t sum = 0;
    for (uint32_t i = 0; i < 100; i++) sum = sum * 31 + from[i] + to[i];
    return sum;
}

uint32_t fill_lines(void) {
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < 24; k++) lines[i][k] = 0;
        append(lines[i], i % 2 ? "an odd line" : "even");
    }
    char *reversed = lines[1];
    for (size_t low = 0, high = length_of(reversed) - 1; low < high; low++, high--) {
        char other = reversed[low];
        reversed[low] = reversed[high];
        reversed[high] = other;
    }
    return sum_of(lines[0]) * 3 + sum_of(lines[1]) * 5 + sum_of(lines[2]) * 7 + sum_of(lines[3]);
}

uint32_t search_text(void) {
    static const char hay[] = "a needle in a haystack of needles, needless to say";
    static const char needle[] = "needle";
    uint32_t sum = 0;
    for (size_t i = 0; hay[i]; i++) {
        size_t k = 0;
        while (needle[k] && hay[i + k] == needle[k]) k++;
        if (!needle[k]) sum = sum * 100 + (uint32_t)i;
    }
    return sum;
}

uint32_t encode_runs(void) {
    static const uint8_t data[] = { 1, 1, 1, 1, 2, 3, 3, 0, 0, 0, 0, 0, 9 };
    uint8_t packed[2 * sizeof data], back[sizeof data];
    size_t used = 0, unpacked = 0;
    for (size_t i = 0; i < sizeof data;) {
        size_t run = 1;
        while (i + run < sizeof data && data[i + run] == data[i]) run++;
        packed[used++] = (uint8_t)run;
        packed[used++] = data[i];
        i += run;
    }
    for (size_t i = 0; i < used; i += 2)
        for (uint8_t n = 0; n < packed[i]; n++) back[unpacked++] = packed[i + 1];
    uint32_t sum = (uint32_t)(used * 1000 + unpacked);
    for (size_t i = 0; i < unpacked; i++) sum = sum * 3 + back[i];
    return sum;
}
