// Integer arithmetic that compilers call by name where the processor has no instruction for it, over pairs of VALUES.

typedef unsigned u32;
typedef unsigned long long u64;

static volatile long long values[] = { VALUES };
enum { COUNT = sizeof values / sizeof *values };

static u32 sum;

static void mix(u64 result) {
    sum = (sum << 5 | sum >> 27) ^ (u32)result ^ (u32)(result >> 32);
}

static void mix_wide(long long a, long long b) {
    mix(a * b);
    mix((u64)a << (b & 63));
    mix((u64)a >> (b & 63));
    mix(a >> (b & 63));
    if (b == 0) return;
    mix((u64)a / (u64)b);
    mix((u64)a % (u64)b);
    if (b == -1) return;
    mix(a / b);
    mix(a % b);
}

static void mix_narrow(int a, int b) {
    mix((u32)a * (u32)b);
    mix((u64)(u32)a * (u32)b);
    if (a != 0) mix(__builtin_clz(a) + 32 * __builtin_ctz(a));
    if (b == 0) return;
    mix((u32)a / (u32)b);
    mix((u32)a % (u32)b);
    if (b == -1) return;
    mix(a / b);
    mix(a % b);
}

__INTPTR_TYPE__ mpy_init(void) {
    sum = 0;
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < COUNT; j++) {
            mix_wide(values[i], values[j]);
            mix_narrow((int)values[i], (int)values[j]);
        }
    return (__INTPTR_TYPE__)sum;
}
