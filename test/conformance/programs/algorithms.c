// Small complete programs as people write them.

#include <stdbool.h>
#include <stdint.h>

#define NOINLINE __attribute__((noinline))

static uint32_t state;
static uint32_t random_number(void) { return state = state * 1664525 + 1013904223; }

uint32_t sieve_primes(void) {
    static bool composite[2000];
    uint32_t count = 0, last = 0;
    for (uint32_t i = 2; i < 2000; i++) {
        if (composite[i]) continue;
        count++;
        last = i;
        for (uint32_t k = i * i; k < 2000; k += i) composite[k] = true;
    }
    return count * 10000 + last;
}

static void sort(int32_t *from, int32_t count, int (*compare)(int32_t, int32_t)) {
    if (count < 2) return;
    int32_t pivot = from[count / 2], low = 0, high = count - 1;
    while (low <= high) {
        while (compare(from[low], pivot) < 0) low++;
        while (compare(from[high], pivot) > 0) high--;
        if (low > high) break;
        int32_t other = from[low];
        from[low++] = from[high];
        from[high--] = other;
    }
    sort(from, high + 1, compare);
    sort(from + low, count - low, compare);
}

NOINLINE static int upwards(int32_t a, int32_t b) { return (a > b) - (a < b); }
NOINLINE static int by_last_digit(int32_t a, int32_t b) {
    int first = upwards(a % 10, b % 10);
    return first ? first : upwards(b, a);
}

uint32_t sort_numbers(void) {
    static int32_t numbers[150];
    uint32_t sum = 0;
    state = 1;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 150; i++) numbers[i] = (int32_t)random_number() % 1000;
        sort(numbers, 150, round ? by_last_digit : upwards);
        for (int i = 0; i < 150; i++) sum = sum * 31 + (uint32_t)numbers[i];
    }
    return sum;
}

uint32_t multiply_matrices(void) {
    static int32_t a[8][8], b[8][8], c[8][8];
    for (int i = 0; i < 64; i++) a[i / 8][i % 8] = i * 3 - 50, b[i % 8][i / 8] = i * i - 7;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 8; i++)
            for (int k = 0; k < 8; k++) {
                c[i][k] = 0;
                for (int n = 0; n < 8; n++) c[i][k] += a[i][n] * (b[n][k] % 100);
            }
        for (int i = 0; i < 64; i++) a[i / 8][i % 8] = c[i % 8][i / 8] % 1000;
    }
    uint32_t sum = 0;
    for (int i = 0; i < 64; i++) sum = sum * 17 + (uint32_t)a[i / 8][i % 8];
    return sum;
}

uint32_t check_crc(void) {
    static uint32_t table[256];
    static const char text[] = "123456789";
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++) value = value & 1 ? value >> 1 ^ 0xedb88320 : value >> 1;
        table[i] = value;
    }
    uint32_t crc = ~0u;
    for (const char *at = text; *at; at++) crc = crc >> 8 ^ table[(crc ^ (uint8_t)*at) & 255];
    return ~crc;
}

NOINLINE static uint32_t place_queens(uint32_t row, uint32_t columns, uint32_t left, uint32_t right) {
    if (row == 0) return 1;
    uint32_t ways = 0;
    for (uint32_t free = ~(columns | left | right) & 0x7f; free; free &= free - 1) {
        uint32_t bit = free & -free;
        ways += place_queens(row - 1, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return ways;
}

uint32_t solve_queens(void) { return place_queens(7, 0, 0, 0); }

uint32_t count_words(void) {
    static const char text[] = "the quick brown fox jumps over the lazy dog and the fox runs";
    static struct { char word[8]; uint32_t count; } words[16];
    uint32_t used = 0;
    for (const char *at = text; *at;) {
        char word[8] = "";
        int length = 0;
        while (*at && *at != ' ') word[length++] = *at++;
        if (*at) at++;
        uint32_t found = 0;
        for (; found < used; found++) {
            int same = 1;
            for (int i = 0; i < 8; i++) same &= words[found].word[i] == word[i];
            if (same) break;
        }
        if (found == used) {
            used++;
            for (int i = 0; i < 8; i++) words[found].word[i] = word[i];
        }
        words[found].count++;
    }
    uint32_t sum = used;
    for (uint32_t i = 0; i < used; i++) sum = sum * 31 + words[i].count * (uint8_t)words[i].word[0];
    return sum;
}

uint32_t live_and_die(void) {
    static uint8_t cells[2][16][16];
    static const uint8_t glider[3] = { 2, 4, 7 };
    for (int y = 0; y < 3; y++)
        for (int x = 0; x < 3; x++) cells[0][y + 2][x + 2] = glider[y] >> (2 - x) & 1;
    int now = 0;
    for (int turn = 0; turn < 12; turn++, now ^= 1)
        for (int y = 0; y < 16; y++)
            for (int x = 0; x < 16; x++) {
                int around = 0;
                for (int dy = -1; dy <= 1; dy++)
                    for (int dx = -1; dx <= 1; dx++)
                        if (dx || dy) around += cells[now][(y + dy) & 15][(x + dx) & 15];
                cells[now ^ 1][y][x] = around == 3 || (around == 2 && cells[now][y][x]);
            }
    uint32_t sum = 0;
    for (int i = 0; i < 256; i++) sum = sum * 3 + cells[now][i / 16][i % 16];
    return sum;
}

NOINLINE static int32_t expression(const char **at);
NOINLINE static int32_t factor(const char **at) {
    if (**at == '-') return ++*at, -factor(at);
    if (**at == '(') {
        ++*at;
        int32_t value = expression(at);
        ++*at;
        return value;
    }
    int32_t value = 0;
    while (**at >= '0' && **at <= '9') value = value * 10 + *(*at)++ - '0';
    return value;
}
NOINLINE static int32_t term(const char **at) {
    int32_t value = factor(at);
    while (**at == '*' || **at == '/' || **at == '%') {
        char sign = *(*at)++;
        int32_t other = factor(at);
        value = sign == '*' ? value * other : sign == '/' ? value / other : value % other;
    }
    return value;
}
NOINLINE static int32_t expression(const char **at) {
    int32_t value = term(at);
    while (**at == '+' || **at == '-') value = *(*at)++ == '+' ? value + term(at) : value - term(at);
    return value;
}

uint32_t evaluate_text(void) {
    static const char *const texts[] = { "1+2*3", "(1+2)*3", "-(4-10)*7%5", "100/7/2", "2*(3+(4-1)*5)-6" };
    uint32_t sum = 0;
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *at = texts[i];
        sum = sum * 101 + (uint32_t)expression(&at);
    }
    return sum;
}
