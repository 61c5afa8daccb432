// Arithmetic of double and float that compilers call by name where the processor has no instruction for it, over VALUES, which
// are the bits of doubles, and some pairs of them.

typedef unsigned u32;
typedef unsigned long long u64;

static volatile u64 values[] = { VALUES };
enum { COUNT = sizeof values / sizeof *values };

static u32 sum;

static void mix(u64 result) {
    sum = (sum << 5 | sum >> 27) ^ (u32)result ^ (u32)(result >> 32);
}

static void mix_double(double x) {
    union { double x; u64 bits; } both = { x };
    mix(x != x ? 1 : both.bits);
}

static void mix_float(float x) {
    union { float x; u32 bits; } both = { x };
    mix(x != x ? 1 : both.bits);
}

// Only what C defines.
#define WHOLE(x)                                                                                                                \
    if (x > -2147483648.0f && x < 2147483648.0f) mix((u32)(int)x);                                                              \
    if (x >= 0.0f && x < 4294967296.0f) mix((u32)x);                                                                            \
    if (x > -9223372036854775808.0f && x < 9223372036854775808.0f) mix((u64)(long long)x);                                      \
    if (x >= 0.0f && x < 18446744073709551616.0f) mix((u64)x);

#define ORDER(x, y)                                                                                                             \
    mix((x < y) | (x <= y) << 1 | (x == y) << 2 | (x >= y) << 3 | (x > y) << 4 | __builtin_isunordered(x, y) << 5 |             \
        !(x < y) << 6 | !(x >= y) << 7);

static volatile int exponents[] = { EXPONENTS };

static void mix_one(u64 bits) {
    union { u64 bits; double x; } both = { bits };
    double x = both.x;
    float small = (float)x;
    mix_float(small);
    mix_double(small);
    WHOLE(x)
    WHOLE(small)
    mix_double((int)bits);
    mix_double((u32)bits);
    mix_double((long long)bits);
    mix_double(bits);
    mix_float((int)bits);
    mix_float((u32)bits);
    mix_float((long long)bits);
    mix_float(bits);
    for (unsigned at = 0; at < sizeof exponents / sizeof *exponents; at++) {
        mix_double(__builtin_powi(x, exponents[at]));
        mix_float(__builtin_powif(small, exponents[at]));
    }
}

static void mix_two(u64 left, u64 right) {
    union { u64 bits; double x; } a = { left }, b = { right };
    double x = a.x, y = b.x;
    float small = (float)x, other = (float)y;
    mix_double(x + y);
    mix_double(x - y);
    mix_double(x * y);
    mix_double(x / y);
    ORDER(x, y)
    mix_float(small + other);
    mix_float(small - other);
    mix_float(small * other);
    mix_float(small / other);
    ORDER(small, other)
}

__INTPTR_TYPE__ mpy_init(void) {
    sum = 0;
    for (int i = 0; i < COUNT; i++) {
        mix_one(values[i]);
        for (int step = 0; step < COUNT; step = 2 * step + 1) mix_two(values[i], values[(i + step) % COUNT]);
    }
    return (__INTPTR_TYPE__)(int)sum;
}
