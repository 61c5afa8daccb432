/*
 * Mathematics for modules whose compiler has none that links: glibc keeps errno per thread, picolibc's code for RISC-V holds
 * absolute addresses, and for Xtensa there may be no library at all. Most are right to one or two units in the last place, erfc
 * and tgamma to some more, fma to the last bit; small rather than fast. Functions of float compute in double. None sets errno.
 */
#include <stdint.h>

#define WEAK __attribute__((weak))
#define INFINITE __builtin_inf()
#define NOT_A_NUMBER __builtin_nan("")

double sqrt(double x);

/* As the headers for these processors have it. */
#ifndef FP_ILOGB0
#if defined __x86_64__ || defined __i386__
#define FP_ILOGB0 (-2147483647 - 1)
#define FP_ILOGBNAN FP_ILOGB0
#else
#define FP_ILOGB0 (-2147483647)
#define FP_ILOGBNAN 2147483647
#endif
#endif

/* Unlike GCC, clang has no way to round what the x87 computes to a double each time. */
#if defined __clang__ && defined __i386__
#pragma clang attribute push(__attribute__((target("sse2"))), apply_to = function)
#endif

/* An unevaluated sum: `lo` is what `hi` rounds away. */
typedef struct { double hi, lo; } wide;

static const wide half_pi = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54};
static const wide ln2 = {0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56};
/* So short that its product with an exponent is exact. */
static const wide short_ln2 = {0x1.62e42fefa2p-1, 0x1.9ef35793c7673p-41};

static uint64_t bits_of(double x) {
    union { double number; uint64_t bits; } both = {x};
    return both.bits;
}

static double with_bits(uint64_t bits) {
    union { uint64_t bits; double number; } both = {bits};
    return both.number;
}

static int is_nan(double x) { return x != x; }
static int is_negative(double x) { return bits_of(x) >> 63; }
static int exponent_of(double x) { return (int)(bits_of(x) >> 52 & 0x7ff) - 1023; }
static int is_finite(double x) { return exponent_of(x) < 1024; }
static double power_of_two(int n) { return with_bits((uint64_t)(n + 1023) << 52); }

WEAK double fabs(double x) { return with_bits(bits_of(x) << 1 >> 1); }
WEAK double copysign(double x, double sign) {
    return with_bits((bits_of(x) << 1 >> 1) | (bits_of(sign) >> 63 << 63));
}

/* The x87's registers hold more than a double: what is rounded away must be known. */
static double rounded(double x) {
#if defined __i386__ && !defined __SSE2_MATH__
    __asm__("" : "+m"(x));
#endif
    return x;
}

static wide sum(double a, double b) {
    double hi = rounded(a + b), part = hi - a;
    return (wide){hi, (a - (hi - part)) + (b - part)};
}

static wide product(double a, double b) {
    double a_hi = with_bits(bits_of(a) & ~(uint64_t)0x7ffffff), a_lo = a - a_hi;
    double b_hi = with_bits(bits_of(b) & ~(uint64_t)0x7ffffff), b_lo = b - b_hi;
    double hi = rounded(a * b);
    return (wide){hi, ((a_hi * b_hi - hi) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo};
}

static wide normal(double hi, double lo) {
    double all = rounded(hi + lo);
    return (wide){all, lo - (all - hi)};
}

static wide times(wide a, wide b) {
    wide all = product(a.hi, b.hi);
    return normal(all.hi, all.lo + (a.hi * b.lo + a.lo * b.hi));
}

static wide plus(wide a, wide b) {
    wide all = sum(a.hi, b.hi);
    return normal(all.hi, all.lo + (a.lo + b.lo));
}

static wide square_root(wide x) {
    double root = rounded(sqrt(x.hi));
    if (root == 0) return (wide){0, 0};
    wide square = product(root, root);
    return normal(root, ((x.hi - square.hi) - square.lo + x.lo) / (2 * root));
}

static wide quotient(wide a, wide b) {
    double all = rounded(a.hi / b.hi);
    wide back = product(all, b.hi);
    return normal(all, (((a.hi - back.hi) - back.lo) + (a.lo - all * b.lo)) / b.hi);
}

/* Parts and neighbours of a number */

WEAK double scalbn(double x, int n) {
    if (n > 4000) n = 4000;
    if (n < -4000) n = -4000;
    int steps = n / 900;
    /* What may round, or overflow, comes last. */
    for (x *= power_of_two(n - 900 * steps); steps > 0; steps--) x *= 0x1p900;
    for (; steps < 0; steps++) x *= 0x1p-900;
    return x;
}
WEAK double ldexp(double x, int n) { return scalbn(x, n); }
WEAK double scalbln(double x, long n) { return scalbn(x, n > 4000 ? 4000 : n < -4000 ? -4000 : (int)n); }

WEAK double frexp(double x, int *exponent) {
    *exponent = 0;
    if (x == 0 || !is_finite(x)) return x;
    if (exponent_of(x) == -1023) {
        x *= 0x1p64;
        *exponent = -64;
    }
    *exponent += exponent_of(x) + 1;
    return with_bits((bits_of(x) & ~((uint64_t)0x7ff << 52)) | (uint64_t)1022 << 52);
}

WEAK int ilogb(double x) {
    int exponent;
    if (x == 0) return FP_ILOGB0;
    if (!is_finite(x)) return is_nan(x) ? FP_ILOGBNAN : 2147483647;
    frexp(x, &exponent);
    return exponent - 1;
}
WEAK double logb(double x) { return x == 0 ? -INFINITE : is_finite(x) ? ilogb(x) : x * x; }

WEAK double trunc(double x) {
    int exponent = exponent_of(x);
    if (exponent >= 52) return x;
    if (exponent < 0) return copysign(0, x);
    return with_bits(bits_of(x) & ~(((uint64_t)1 << (52 - exponent)) - 1));
}
WEAK double floor(double x) {
    double whole = trunc(x);
    return whole > x ? whole - 1 : whole;
}
WEAK double ceil(double x) {
    double whole = trunc(x);
    return whole < x ? copysign(whole + 1, x) : whole;
}
WEAK double round(double x) {
    double whole = trunc(x);
    return fabs(x - whole) >= 0.5 ? whole + copysign(1, x) : whole;
}
WEAK double rint(double x) {
    double whole = trunc(x), rest = fabs(x - whole), half = whole / 2;
    return rest > 0.5 || (rest == 0.5 && trunc(half) != half) ? whole + copysign(1, x) : whole;
}
WEAK double nearbyint(double x) { return rint(x); }
WEAK long lrint(double x) { return (long)rint(x); }
WEAK long lround(double x) { return (long)round(x); }
WEAK long long llrint(double x) { return (long long)rint(x); }
WEAK long long llround(double x) { return (long long)round(x); }

WEAK double modf(double x, double *whole) {
    *whole = trunc(x);
    return copysign(is_finite(x) || is_nan(x) ? x - *whole : 0, x);
}

/* What glibc's header makes of fpclassify where code is to be small */
WEAK int __fpclassify(double x) {
    if (!is_finite(x)) return is_nan(x) ? 0 : 1;
    return x == 0 ? 2 : exponent_of(x) == -1023 ? 3 : 4;
}
WEAK int __fpclassifyf(float x) {
    return x != 0 && fabs(x) < 0x1p-126 ? 3 : __fpclassify(x);
}

WEAK double nextafter(double x, double to) {
    if (is_nan(x) || is_nan(to)) return x + to;
    if (x == to) return to;
    if (x == 0) return copysign(with_bits(1), to);
    return with_bits(bits_of(x) + ((x < to) == (x > 0) ? 1 : -(uint64_t)1));
}

WEAK double fmax(double x, double y) { return is_nan(x) || (x < y) || (x == y && is_negative(x)) ? y : x; }
WEAK double fmin(double x, double y) { return is_nan(x) || (y < x) || (x == y && is_negative(y)) ? y : x; }
WEAK double fdim(double x, double y) { return x <= y ? 0 : x - y; }

static uint64_t fraction_of(double x, int *exponent) {
    *exponent = ilogb(x) - 52;
    return (bits_of(scalbn(fabs(x), -*exponent)) & (((uint64_t)1 << 52) - 1)) | (uint64_t)1 << 52;
}

/* @param whole gets the last bits of the quotient */
static double modulo(double x, double y, unsigned *whole) {
    *whole = 0;
    if (is_nan(x) || is_nan(y) || !is_finite(x) || y == 0) return NOT_A_NUMBER;
    if (fabs(x) < fabs(y) || x == 0) return x;
    int exponent, least;
    uint64_t rest = fraction_of(x, &exponent), by = fraction_of(y, &least);
    for (;; rest += rest, exponent--) {
        *whole += *whole;
        if (rest >= by) rest -= by, ++*whole;
        if (exponent == least) break;
    }
    return copysign(scalbn((double)rest, least), x);
}
WEAK double fmod(double x, double y) {
    unsigned whole;
    return modulo(x, y, &whole);
}
WEAK double remquo(double x, double y, int *last) {
    unsigned whole;
    double rest = fabs(modulo(x, y, &whole)), by = fabs(y);
    if (rest > by - rest || (rest == by - rest && whole & 1)) {
        rest -= by;
        whole++;
    }
    rest = rest == 0 ? copysign(0, x) : is_negative(x) ? -rest : rest;
    *last = is_negative(x) == is_negative(y) ? (int)(whole & 7) : -(int)(whole & 7);
    return rest;
}
WEAK double remainder(double x, double y) {
    int last;
    return remquo(x, y, &last);
}

static uint64_t lower_half(uint64_t x) { return x & 0xffffffff; }

/*
 * The bits of x * y + z, rounded once, in a format of so many digits whose exponents are so biased: a whole product and a whole
 * sum in 128 bits, whose last one stands for all that is less. https://en.wikipedia.org/wiki/Multiply-accumulate_operation
 * @param x, y finite and not zero; @param z finite
 */
static uint64_t fused(double x, double y, double z, int digits, int bias) {
    int left, right, least = -5000, sign = is_negative(x) != is_negative(y), z_sign = is_negative(z);
    uint64_t a = fraction_of(x, &left), b = fraction_of(y, &right), c = z == 0 ? 0 : fraction_of(z, &least);
    uint64_t low = lower_half(a) * lower_half(b), one = (a >> 32) * lower_half(b), two = lower_half(a) * (b >> 32);
    uint64_t middle = (low >> 32) + lower_half(one) + lower_half(two);
    uint64_t hi = (a >> 32) * (b >> 32) + (one >> 32) + (two >> 32) + (middle >> 32), lo = middle << 32 | lower_half(low);
    int exponent = left + right - 21, shift;
    hi = hi << 21 | lo >> 43, lo <<= 21;
    uint64_t z_hi = c << 9, z_lo = 0;
    least -= 73;
    if (c != 0 && least > exponent) {
        uint64_t other = hi;
        hi = z_hi, z_hi = other;
        other = lo, lo = z_lo, z_lo = other;
        shift = least - exponent, exponent = least;
        int of_other = sign;
        sign = z_sign, z_sign = of_other;
    } else shift = exponent - least;
    if (shift > 127) z_lo = (z_hi | z_lo) != 0, z_hi = 0;
    for (; shift > 0 && shift < 128; shift--) z_lo = z_lo >> 1 | z_hi << 63 | (z_lo & 1), z_hi >>= 1;
    if (sign == z_sign) {
        lo += z_lo;
        hi += z_hi + (lo < z_lo);
    } else {
        if (z_hi > hi || (z_hi == hi && z_lo > lo)) {
            uint64_t other = hi;
            hi = z_hi, z_hi = other;
            other = lo, lo = z_lo, z_lo = other;
            sign = z_sign;
        }
        hi -= z_hi + (lo < z_lo);
        lo -= z_lo;
        if ((hi | lo) == 0) return 0;
    }
    for (; !(hi >> 63); exponent--) hi = hi << 1 | lo >> 63, lo <<= 1;
    hi |= lo != 0;
    int biased = exponent + 127 + bias, spare = 63 - digits;
    uint64_t all = (uint64_t)(2 * bias + 1) << digits;
    if (biased <= 2 * bias) {
        if (biased <= 0) {
            hi = biased < -62 ? 1 : hi >> (1 - biased) | (hi << (63 + biased) != 0);
            biased = 1;
        }
        uint64_t half = (uint64_t)1 << (spare - 1), less = hi & (2 * half - 1);
        hi >>= spare;
        all = ((uint64_t)(biased - 1) << digits) + hi + (less > half || (less == half && hi & 1));
    }
    return all | (uint64_t)sign << (spare == 11 ? 63 : 31);
}
static int is_plain(double x, double y, double z) {
    return is_finite(x) && is_finite(y) && is_finite(z) && x != 0 && y != 0;
}
WEAK double fma(double x, double y, double z) {
    return is_plain(x, y, z) ? with_bits(fused(x, y, z, 52, 1023)) : is_finite(x) && is_finite(y) && !is_finite(z) ? z : x * y + z;
}
WEAK float fmaf(float x, float y, float z) {
    union { uint32_t bits; float number; } both;
    if (!is_plain(x, y, z)) return (float)fma(x, y, z);
    both.bits = (uint32_t)fused(x, y, z, 23, 127);
    return both.number;
}

WEAK double nan(const char *kind) {
    (void)kind;
    return NOT_A_NUMBER;
}
WEAK float nanf(const char *kind) { return (float)nan(kind); }

WEAK double sqrt(double x) {
    /* Not the compiler's, which may be a call of this. */
#if defined __x86_64__
    __asm__("sqrtsd %0, %0" : "+x"(x));
    return x;
#elif defined __i386__
    __asm__("fsqrt" : "+t"(x));
    return x;
#else
    if (x == 0 || is_nan(x) || x == INFINITE) return x;
    if (x < 0) return NOT_A_NUMBER;
    int exponent;
    uint64_t rest = fraction_of(x, &exponent), root = 0, taken = 0;
    if (exponent & 1) rest += rest, exponent--;
    /* One bit of the root for two of the number, of which zeros follow; the last bit is for rounding. */
    for (int bit = 54; bit > 0; bit--) {
        taken = taken << 2 | (bit > 27 ? rest >> (2 * (bit - 28)) & 3 : 0);
        root += root;
        if (taken > root + root) taken -= root + root + 1, root++;
    }
    return scalbn((double)((root >> 1) + (root & 1)), (exponent - 52) / 2);
#endif
}

WEAK double hypot(double x, double y) {
    if (!is_finite(x) && !is_nan(x)) return INFINITE;
    if (!is_finite(y) && !is_nan(y)) return INFINITE;
    double most = fmax(fabs(x), fabs(y));
    if (most == 0 || is_nan(x + y)) return x + y == 0 ? 0 : x + y;
    int exponent = ilogb(most);
    double a = scalbn(x, -exponent), b = scalbn(y, -exponent);
    return scalbn(square_root(plus(product(a, a), product(b, b))).hi, exponent);
}

/* Exponentials and logarithms */

/* 1/n! from 2 on */
static const double factors[] = {
    1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800, 1.0 / 39916800,
    1.0 / 479001600, 1.0 / 6227020800, 1.0 / 87178291200, 1.0 / 1307674368000, 1.0 / 20922789888000, 1.0 / 355687428096000,
    1.0 / 6402373705728000, 1.0 / 121645100408832000,
};

/* e^x - 1 - x; @param terms of the series */
static double beyond_line(double x, int terms) {
    double all = 0;
    while (terms-- > 0) all = all * x + factors[terms];
    return x * x * all;
}

/* e to the power of hi + lo */
static double raise(double hi, double lo) {
    if (is_nan(hi)) return hi;
    if (hi > 800) return INFINITE;
    if (hi < -800) return 0;
    int n = (int)(hi * 0x1.71547652b82fep+0 + (hi < 0 ? -0.5 : 0.5));
    double rest = hi - n * short_ln2.hi, more = lo - n * short_ln2.lo, x = rounded(rest + more);
    more += rest - x;
    wide line = sum(1, x);
    return scalbn(line.hi + (line.lo + (beyond_line(x, 13) + more * line.hi)), n);
}

/* @param x positive and finite */
static wide logarithm(double x) {
    int n;
    x = frexp(x, &n);
    if (x < 0x1.6a09e667f3bcdp-1) x += x, n--;
    /* ln x = 2 artanh((x - 1) / (x + 1)) */
    wide s = quotient((wide){x - 1, 0}, sum(x, 1)), z = times(s, s);
    double tail = 0;
    for (int odd = 25; odd >= 5; odd -= 2) tail = tail * z.hi + 1.0 / odd;
    wide all = times(z, (wide){0x1.5555555555555p-2, 0x1.5555555555555p-56});
    all = plus((wide){1, 0}, plus(all, (wide){z.hi * z.hi * tail, 0}));
    all = times((wide){2 * s.hi, 2 * s.lo}, all);
    wide power = plus((wide){n * short_ln2.hi, 0}, product(n, short_ln2.lo));
    return n == 0 ? all : plus(power, all);
}

/* A logarithm, times `factor` */
static double logarithm_in(double x, wide factor) {
    if (is_nan(x) || x == INFINITE) return x;
    if (x <= 0) return x == 0 ? -INFINITE : NOT_A_NUMBER;
    return times(logarithm(x), factor).hi;
}
WEAK double log(double x) { return logarithm_in(x, (wide){1, 0}); }
WEAK double log2(double x) { return logarithm_in(x, (wide){0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56}); }
WEAK double log10(double x) { return logarithm_in(x, (wide){0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57}); }
WEAK double log1p(double x) {
    if (fabs(x) < 0x1p-54 || is_nan(x) || x == INFINITE) return x;
    if (x <= -1) return x == -1 ? -INFINITE : NOT_A_NUMBER;
    wide all = sum(1, x), main = logarithm(all.hi);
    return main.hi + (main.lo + all.lo / all.hi);
}

WEAK double exp(double x) { return raise(x, 0); }
WEAK double exp2(double x) {
    if (!(fabs(x) < 2000)) return raise(x, 0);
    double whole = rint(x);
    wide rest = times((wide){x - whole, 0}, ln2);
    return scalbn(raise(rest.hi, rest.lo), (int)whole);
}
WEAK double exp10(double x) {
    /* Twice: e is less than the root of 10. */
    if (!(fabs(x) < 400)) return raise(2 * x, 0);
    wide all = times((wide){x, 0}, (wide){0x1.26bb1bbb55516p+1, -0x1.f48ad494ea3e9p-53});
    return raise(all.hi, all.lo);
}
WEAK double expm1(double x) {
    if (fabs(x) < 0x1p-54 || is_nan(x)) return x;
    return fabs(x) < 0.7 ? x + beyond_line(x, 18) : raise(x, 0) - 1;
}

WEAK double pow(double x, double y) {
    if (y == 0 || x == 1) return 1;
    if (is_nan(x) || is_nan(y)) return x + y;
    int is_whole = trunc(y) == y, is_odd = is_whole && fabs(y) < 0x1p53 && trunc(y / 2) * 2 != y;
    double sign = is_odd && is_negative(x) ? -1 : 1;
    if (x == 0 || !is_finite(x) || !is_finite(y)) {
        if (x == -1) return 1;
        int grows = is_finite(y) ? (x == 0) == (y < 0) : (fabs(x) > 1) == (y > 0);
        return (is_finite(y) ? sign : 1) * (grows ? INFINITE : 0);
    }
    if (x < 0 && !is_whole) return NOT_A_NUMBER;
    wide base = logarithm(fabs(x));
    double rough = base.hi * y;
    if (fabs(rough) > 800 || rough == 0) return sign * raise(rough, 0);
    if (fabs(rough) < 0x1p-60) return sign * (1 + rough);
    wide all = times(base, (wide){y, 0});
    return sign * raise(all.hi, all.lo);
}

WEAK double cbrt(double x) {
    if (x == 0 || !is_finite(x)) return x;
    wide all = quotient(logarithm(fabs(x)), (wide){3, 0});
    return copysign(raise(all.hi, all.lo), x);
}

/* Half of e^x; @param x positive */
static double half_raise(double x) {
    if (x > 720) return INFINITE;
    wide all = plus((wide){x, 0}, (wide){-ln2.hi, -ln2.lo});
    return raise(all.hi, all.lo);
}
WEAK double sinh(double x) {
    double size = fabs(x);
    if (is_nan(x)) return x;
    if (size > 0.7) return copysign(half_raise(size) - raise(-size, 0) / 2, x);
    double less = expm1(size);
    return copysign((less + less / (less + 1)) / 2, x);
}
WEAK double cosh(double x) { return is_nan(x) ? x : half_raise(fabs(x)) + raise(-fabs(x), 0) / 2; }
WEAK double tanh(double x) {
    if (is_nan(x)) return x;
    if (fabs(x) > 22) return copysign(1, x);
    double less = expm1(2 * fabs(x));
    return copysign(less / (less + 2), x);
}
WEAK double asinh(double x) {
    double size = fabs(x);
    if (!is_finite(x) || size < 0x1p-30) return x;
    if (size > 0x1p30) return copysign(log(size) + ln2.hi, x);
    return copysign(log1p(size + size * size / (1 + sqrt(size * size + 1))), x);
}
WEAK double acosh(double x) {
    if (is_nan(x) || x < 1) return NOT_A_NUMBER;
    if (x > 0x1p30) return log(x) + ln2.hi;
    double more = x - 1;
    return log1p(more + sqrt(2 * more + more * more));
}
WEAK double atanh(double x) {
    double size = fabs(x);
    if (is_nan(x) || size > 1) return NOT_A_NUMBER;
    return size < 0x1p-30 ? x : copysign(log1p(2 * size / (1 - size)) / 2, x);
}

/* Angles */

/* The digits of 2/pi */
static const uint32_t turns[] = {
    0xa2f9836e, 0x4e441529, 0xfc2757d1, 0xf534ddc0, 0xdb629599, 0x3c439041, 0xfe5163ab, 0xdebbc561, 0xb7246e3a, 0x424dd2e0,
    0x06492eea, 0x09d1921c, 0xfe1deb1c, 0xb129a73e, 0xe88235f5, 0x2ebb4484, 0xe99c7026, 0xb45f7e41, 0x3991d639, 0x835339f4,
    0x9c845f8b, 0xbdf9283b, 0x1ff897ff, 0xde05980f, 0xef2f118b, 0x5a0a6d1f, 0x6d367ecf, 0x27cb09b7, 0x4f463f66, 0x9e5fea2d,
    0x7527bac7, 0xebe5f17b, 0x3d0739f7, 0x8a5292ea, 0x6bfb5fb1, 0x1f8d5d08, 0x56033046, 0xfc7b6bab,
};

enum { DIGITS = 7 };

/* @param quarter gets how many right angles are taken off, its last two bits; @returns what is left, at most half of one */
static wide angle(double x, unsigned *quarter) {
    *quarter = 0;
    if (fabs(x) <= 0.785) return (wide){x, 0};
    int exponent;
    uint64_t fraction = fraction_of(x, &exponent);
    /* Digits further left give whole turns. */
    int first = exponent > 34 ? (exponent - 2) / 32 : 0;
    uint32_t words[DIGITS + 2] = {0};
    for (int half = 0; half < 2; half++) {
        uint64_t carry = 0;
        for (int at = DIGITS - 1; at >= 0; at--) {
            carry += (uint64_t)turns[first + at] * (uint32_t)(fraction >> (32 * half)) + words[at + 2 - half];
            words[at + 2 - half] = (uint32_t)carry;
            carry >>= 32;
        }
        words[1 - half] = (uint32_t)carry;
    }
    /* The point is moved to behind the first word's last two bits. */
    int skip = DIGITS * 32 + 64 - (32 * (first + DIGITS) - exponent) - 32;
    uint32_t left[DIGITS + 3] = {0};
    for (int at = 0; at < DIGITS + 2; at++) {
        int from = at + (skip >= 0 ? skip / 32 : -((31 - skip) / 32)), shift = skip & 31;
        uint64_t high = from >= 0 && from < DIGITS + 2 ? words[from] : 0;
        uint64_t low = from + 1 >= 0 && from + 1 < DIGITS + 2 ? words[from + 1] : 0;
        left[at] = (uint32_t)((high << 32 | low) >> (32 - shift));
    }
    unsigned whole = left[0];
    int over = left[1] >> 31;
    if (over) {
        whole++;
        for (int at = 1; at < DIGITS + 2; at++) left[at] = ~left[at];
    }
    int lead = 1;
    while (lead < DIGITS - 1 && left[lead] == 0) lead++;
    uint64_t top = (uint64_t)left[lead] << 32 | left[lead + 1], rest = (uint64_t)left[lead + 2] << 32 | left[lead + 3];
    double unit = power_of_two(-32 * (lead + 1));
    wide part = sum((double)(top & ~(uint64_t)0x7ff) * unit, ((double)(top & 0x7ff) + (double)rest * 0x1p-64) * unit);
    wide all = times(part, half_pi);
    int is_back = over != is_negative(x);
    *quarter = is_negative(x) ? 0 - whole : whole;
    return is_back ? (wide){-all.hi, -all.lo} : all;
}

static double sine(wide x) {
    double z = x.hi * x.hi, all = 0;
    for (int at = 15; at >= 1; at -= 2) all = factors[at] - all * z;
    return x.hi - (x.hi * z * all - x.lo * (1 - z / 2));
}

static double cosine(wide x) {
    double z = x.hi * x.hi, all = 0, half = z / 2, line = 1 - half;
    for (int at = 16; at >= 2; at -= 2) all = factors[at] - all * z;
    return line + (((1 - line) - half) + (z * z * all - x.hi * x.lo));
}

/* @param turn right angles to go on */
static double wave(double x, unsigned turn) {
    if (!is_finite(x)) return NOT_A_NUMBER;
    unsigned quarter;
    wide rest = angle(x, &quarter);
    quarter += turn;
    double all = quarter & 1 ? cosine(rest) : sine(rest);
    return quarter & 2 ? -all : all;
}
WEAK double sin(double x) { return x == 0 ? x : wave(x, 0); }
WEAK double cos(double x) { return wave(x, 1); }
WEAK void sincos(double x, double *sine_of, double *cosine_of) {
    *sine_of = sin(x);
    *cosine_of = cos(x);
}
WEAK double tan(double x) { return x == 0 ? x : wave(x, 0) / wave(x, 1); }

/* @param x not negative */
static wide arc(wide x) {
    static const wide quarters[] = {
        {0, 0},
        {0x1.f5b75f92c80ddp-3, 0x1.8ab6e3cf7afbdp-57},
        {0x1.dac670561bb4fp-2, 0x1.a2b7f222f65e2p-56},
        {0x1.4978fa3269ee1p-1, 0x1.2419a87f2a458p-56},
        {0x1.921fb54442d18p-1, 0x1.1a62633145c07p-55},
    };
    if (x.hi > 1) {
        if (x.hi > 0x1p60) return half_pi;
        wide rest = arc(quotient((wide){1, 0}, x));
        return plus(half_pi, (wide){-rest.hi, -rest.lo});
    }
    int at = (int)(4 * x.hi + 0.5);
    wide c = {at / 4.0, 0};
    if (at > 0) x = quotient(plus(x, (wide){-c.hi, 0}), plus((wide){1, 0}, times(x, c)));
    double z = x.hi * x.hi, all = 0;
    for (int odd = 21; odd >= 3; odd -= 2) all = 1.0 / odd - all * z;
    return plus(quarters[at], normal(x.hi, x.lo - x.hi * z * all));
}
WEAK double atan(double x) { return is_nan(x) || x == 0 ? x : copysign(arc((wide){fabs(x), 0}).hi, x); }

/* The other leg of a right triangle whose longest side is 1 */
static wide leg(double x) {
    wide square = product(x, x);
    return square_root(plus((wide){1, 0}, (wide){-square.hi, -square.lo}));
}
WEAK double asin(double x) {
    double size = fabs(x);
    if (is_nan(x) || size > 1) return NOT_A_NUMBER;
    if (size == 1) return copysign(half_pi.hi, x);
    return size < 0x1p-30 ? x : copysign(arc(quotient((wide){size, 0}, leg(x))).hi, x);
}
WEAK double acos(double x) {
    double size = fabs(x);
    if (is_nan(x) || size > 1) return NOT_A_NUMBER;
    wide rest = size < 0x1p-60 ? half_pi : arc(quotient(leg(x), (wide){size, 0}));
    return is_negative(x) ? 2 * half_pi.hi - (rest.hi - (2 * half_pi.lo - rest.lo)) : rest.hi;
}
WEAK double atan2(double y, double x) {
    if (is_nan(x) || is_nan(y)) return x + y;
    wide rest;
    if (y == 0) rest = (wide){0, 0};
    else if (x == 0) rest = half_pi;
    else if (!is_finite(x)) rest = is_finite(y) ? (wide){0, 0} : (wide){half_pi.hi / 2, half_pi.lo / 2};
    else if (!is_finite(y)) rest = half_pi;
    else {
        int up = ilogb(y), down = ilogb(x);
        if (up - down > 70) rest = half_pi;
        else if (up - down < -70) rest = (wide){up - down < -1100 ? 0 : fabs(y / x), 0};
        else rest = arc(quotient((wide){fabs(scalbn(y, -down)), 0}, (wide){fabs(scalbn(x, -down)), 0}));
    }
    double all = is_negative(x) ? 2 * half_pi.hi - (rest.hi - (2 * half_pi.lo - rest.lo)) : rest.hi;
    return copysign(all, y);
}

/* Integrals */

/* @param x from 1 on */
static double far_error(double x) {
    wide square = product(x, x);
    double part = 0;
    for (int n = 8 + (int)(180 / square.hi); n > 0; n--) part = n / 2.0 / (x + part);
    return raise(-square.hi, -square.lo) / (x + part) * 0x1.20dd750429b6dp-1;
}
static double near_error(double x) {
    double z = x * x, all = 1;
    for (int n = 24 + (int)(14 * fabs(x)); n > 0; n--) all = 1 + all * z * 2 / (2 * n + 1);
    return raise(-z, 0) * x * all * 0x1.20dd750429b6dp+0;
}
WEAK double erf(double x) {
    if (is_nan(x)) return x;
    if (fabs(x) > 6) return copysign(1, x);
    return fabs(x) < 1 ? near_error(x) : copysign(1 - far_error(fabs(x)), x);
}
WEAK double erfc(double x) {
    if (is_nan(x)) return x;
    if (fabs(x) < 1) return 1 - near_error(x);
    if (fabs(x) > 30) return x < 0 ? 2 : 0;
    return x < 0 ? 2 - far_error(-x) : far_error(x);
}

/* @param x whole where it is above 52 bits; @returns sin(pi x) */
static double sine_of_turns(double x) {
    double whole = rint(x), sign = trunc(whole / 2) * 2 == whole ? 1 : -1;
    wide part = times((wide){x - whole, 0}, (wide){2 * half_pi.hi, 2 * half_pi.lo});
    return sign * (fabs(part.hi) <= 0.785 ? sine(part) : wave(part.hi, 0));
}

/* Stirling's series: the logarithm of the gamma function; @param at from 20 on */
static wide log_gamma_far(wide at) {
    double z = 1 / (at.hi * at.hi);
    double series = 1.0 / 1680 - z * (1.0 / 1188 - z * (691.0 / 360360));
    series = (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * series))) / at.hi;
    wide log_at = logarithm(at.hi);
    log_at.lo += at.lo / at.hi;
    wide all = times(log_at, plus(at, (wide){-0.5, 0}));
    all = plus(all, (wide){-at.hi, -at.lo});
    all = plus(all, (wide){0x1.d67f1c864beb5p-1, -0x1.65b5a1b7ff5dfp-55});
    return plus(all, (wide){series, 0});
}

WEAK double tgamma(double x) {
    if (is_nan(x) || x == INFINITE) return x;
    if (x == 0) return copysign(INFINITE, x);
    if (trunc(x) == x && x < 0) return NOT_A_NUMBER;
    if (x < 0.5) {
        double below = sine_of_turns(x), all = 2 * half_pi.hi / below;
        if (x < -190) return copysign(0, below);
        if (x > -1) return all / tgamma(1 - x);
        /* What 1 - x rounds away would count; step by step where the other side overflows. */
        double other = -x;
        for (all /= other; other > 150; all /= other) other--;
        return all / tgamma(other);
    }
    wide up = {1, 0};
    if (trunc(x) == x && x < 24) {
        for (double n = 2; n < x; n++) up.hi *= n;
        return up.hi;
    }
    if (x > 172) return INFINITE;
    wide at = {x, 0};
    for (; at.hi < 20; at = plus(at, (wide){1, 0})) up = times(up, at);
    wide all = log_gamma_far(at);
    return raise(all.hi, all.lo) / up.hi;
}

/* log gamma(2 + x), by zeta(n) - 1 over n from 2 on; @param x at most a half */
static double log_gamma_from_two(double x) {
    static const double terms[] = {
        0x1.4a34cc4a60fa6p-2, 0x1.13e001a557607p-4, 0x1.51322ac7d8483p-6, 0x1.e404fc218f5f2p-8, 0x1.7add6eadb6c30p-9,
        0x1.38ac5c2bf8e08p-10, 0x1.0b36af86396e9p-11, 0x1.d3fd4c76d2fc8p-13, 0x1.a127b0f17d65ap-14, 0x1.78de5bd7c81efp-15,
        0x1.580dcee66eb02p-16, 0x1.3cbc963ce2243p-17, 0x1.2597a39f34aacp-18, 0x1.11b2eb7679541p-19, 0x1.0064cdeb22f0fp-20,
        0x1.e2600d93cfd2fp-22, 0x1.c76bbb3f07a4dp-23, 0x1.af5a6cbbf8a97p-24, 0x1.99b93c2070b0fp-25, 0x1.862c734df3eacp-26,
        0x1.7469daccfadcdp-27, 0x1.6434a8447aeadp-28, 0x1.555a877ffd2c3p-29, 0x1.47b1679258d0ep-30, 0x1.3b15d2b2fc10cp-31,
    };
    double all = 0;
    for (int at = (int)(sizeof terms / sizeof *terms) - 1; at >= 0; at--) all = terms[at] - all * x;
    return x * 0x1.b0ee6072093cep-2 + (x * x * all + x * 0x1.6cb90701fbfabp-58);
}

static double log_gamma_of(wide at) {
    wide up = {1, 0};
    for (; at.hi < 20; at = plus(at, (wide){1, 0})) up = times(up, at);
    wide less = logarithm(up.hi);
    less.lo += up.lo / up.hi;
    return plus(log_gamma_far(at), (wide){-less.hi, -less.lo}).hi;
}

/* Of its size; near its zeros below 0 right to 1e-15 as a whole. */
WEAK double lgamma(double x) {
    if (is_nan(x)) return x;
    if (!is_finite(x) || x > 0x1.74c5de97bb961p+1014 || (x <= 0 && trunc(x) == x)) return INFINITE;
    if (fabs(x) < 0x1p-60) return -log(fabs(x));
    if (fabs(x) < 0.5) return (log_gamma_from_two(x) - log1p(x)) - log(fabs(x));
    if (x < 0) {
        double outer = log(2 * half_pi.hi / fabs(sine_of_turns(x)));
        if (x > -1.5) return outer - log_gamma_from_two(-1 - x);
        return outer - log_gamma_of(sum(1, -x));
    }
    if (x < 1.5) return log_gamma_from_two(x - 1) - log1p(x - 1);
    if (x <= 2.5) return log_gamma_from_two(x - 2);
    if (x > 0x1p58) return times(plus(logarithm(x), (wide){-1, 0}), (wide){x, 0}).hi;
    return log_gamma_of((wide){x, 0});
}

/* For float, where a double's result has digits to spare */
#define OF_ONE(name) WEAK float name##f(float x) { return (float)name(x); }
#define OF_TWO(name) WEAK float name##f(float x, float y) { return (float)name(x, y); }

OF_ONE(fabs) OF_ONE(trunc) OF_ONE(floor) OF_ONE(ceil) OF_ONE(round) OF_ONE(rint) OF_ONE(nearbyint) OF_ONE(logb)
OF_ONE(sqrt) OF_ONE(cbrt) OF_ONE(exp) OF_ONE(exp2) OF_ONE(exp10) OF_ONE(expm1) OF_ONE(log)
OF_ONE(log2) OF_ONE(log10) OF_ONE(log1p)
OF_ONE(sin) OF_ONE(cos) OF_ONE(tan) OF_ONE(asin) OF_ONE(acos) OF_ONE(atan)
OF_ONE(sinh) OF_ONE(cosh) OF_ONE(tanh) OF_ONE(asinh) OF_ONE(acosh) OF_ONE(atanh) OF_ONE(erf) OF_ONE(erfc) OF_ONE(tgamma)
OF_ONE(lgamma)
OF_TWO(copysign) OF_TWO(fmax) OF_TWO(fmin) OF_TWO(fdim) OF_TWO(fmod) OF_TWO(remainder) OF_TWO(hypot) OF_TWO(pow) OF_TWO(atan2)

WEAK void sincosf(float x, float *sine_of, float *cosine_of) {
    *sine_of = (float)sin(x);
    *cosine_of = (float)cos(x);
}
WEAK float remquof(float x, float y, int *last) { return (float)remquo(x, y, last); }
WEAK float scalblnf(float x, long n) { return (float)scalbln(x, n); }
WEAK long long llrintf(float x) { return llrint(x); }
WEAK long long llroundf(float x) { return llround(x); }
WEAK float scalbnf(float x, int n) { return (float)scalbn(x, n); }
WEAK float ldexpf(float x, int n) { return (float)scalbn(x, n); }
WEAK float frexpf(float x, int *exponent) { return (float)frexp(x, exponent); }
WEAK int ilogbf(float x) { return ilogb(x); }
WEAK long lrintf(float x) { return lrint(x); }
WEAK long lroundf(float x) { return lround(x); }
WEAK float modff(float x, float *whole) {
    *whole = truncf(x);
    double all;
    return (float)modf(x, &all);
}
WEAK float nextafterf(float x, float to) {
    union { float number; uint32_t bits; } both = {x};
    if (x != x || to != to) return x + to;
    if (x == to) return to;
    if (x == 0) both.bits = (both.number = to, both.bits >> 31 << 31) | 1;
    else both.bits += (x < to) == (x > 0) ? 1 : -1;
    return both.number;
}

#if defined __clang__ && defined __i386__
#pragma clang attribute pop
#endif
