/*
 * Arithmetic that compilers call for what a processor has no instruction for: division, 64 bits, floats. Clang comes without a
 * library for it but on x64, and GCC's for the ESP8266 leaves out what that chip has in ROM, where a direct call does not reach. A
 * build compiles this file and links what the module uses of it, where no library has it. Without operators that would call
 * these again.
 * https://gcc.gnu.org/onlinedocs/gccint/Libgcc.html
 */
#if defined __XTENSA__ || (defined __clang__ && !defined __x86_64__)
#ifdef __arm__
/*
 * ARM has names of its own, whose arguments are never in registers for floats.
 * https://github.com/ARM-software/abi-aa/blob/main/rtabi32/rtabi32.rst
 */
#define HELPER __attribute__((weak, pcs("aapcs")))
#define __udivsi3 __aeabi_uidiv
#define __divsi3 __aeabi_idiv
#define __muldi3 __aeabi_lmul
#define __ashldi3 __aeabi_llsl
#define __lshrdi3 __aeabi_llsr
#define __ashrdi3 __aeabi_lasr
#define __adddf3 __aeabi_dadd
#define __subdf3 __aeabi_dsub
#define __muldf3 __aeabi_dmul
#define __divdf3 __aeabi_ddiv
#define __addsf3 __aeabi_fadd
#define __subsf3 __aeabi_fsub
#define __mulsf3 __aeabi_fmul
#define __divsf3 __aeabi_fdiv
#define __extendsfdf2 __aeabi_f2d
#define __truncdfsf2 __aeabi_d2f
#define __fixdfsi __aeabi_d2iz
#define __fixunsdfsi __aeabi_d2uiz
#define __fixdfdi __aeabi_d2lz
#define __fixunsdfdi __aeabi_d2ulz
#define __fixsfsi __aeabi_f2iz
#define __fixunssfsi __aeabi_f2uiz
#define __fixsfdi __aeabi_f2lz
#define __fixunssfdi __aeabi_f2ulz
#define __floatsidf __aeabi_i2d
#define __floatunsidf __aeabi_ui2d
#define __floatdidf __aeabi_l2d
#define __floatundidf __aeabi_ul2d
#define __floatsisf __aeabi_i2f
#define __floatunsisf __aeabi_ui2f
#define __floatdisf __aeabi_l2f
#define __floatundisf __aeabi_ul2f
#define __unorddf2 __aeabi_dcmpun
#define __unordsf2 __aeabi_fcmpun
#else
#define HELPER __attribute__((weak))
#endif

typedef unsigned long long wide;

HELPER unsigned __udivsi3(unsigned value, unsigned by);
HELPER unsigned __umodsi3(unsigned value, unsigned by);
HELPER wide __udivdi3(wide value, wide by);
HELPER wide __umoddi3(wide value, wide by);
HELPER int __divsi3(int value, int by);
HELPER long long __divdi3(long long value, long long by);
HELPER long long __muldi3(long long left, long long right);
HELPER wide __umulsidi3(unsigned left, unsigned right);

static unsigned divide(unsigned value, unsigned by, unsigned *rest) {
    unsigned quotient = 0, left = 0;
    for (int bit = 0; bit < 32; bit++) {
        unsigned carry = left >> 31;
        left = left + left + (value >> 31);
        value += value;
        quotient += quotient;
        if (carry || left >= by) left -= by, quotient++;
    }
    *rest = left;
    return quotient;
}

static wide divide_wide(wide value, wide by, wide *rest) {
    wide quotient = 0, left = 0;
    for (int bit = 0; bit < 64; bit++) {
        unsigned carry = (unsigned)(left >> 32) >> 31;
        left = left + left + ((unsigned)(value >> 32) >> 31);
        value += value;
        quotient += quotient;
        if (carry || left >= by) left -= by, quotient++;
    }
    *rest = left;
    return quotient;
}

static unsigned size_of(int value) {
    return value < 0 ? 0 - (unsigned)value : (unsigned)value;
}

static wide size_of_wide(long long value) {
    return value < 0 ? 0 - (wide)value : (wide)value;
}

HELPER unsigned __udivsi3(unsigned value, unsigned by) {
    unsigned rest;
    return divide(value, by, &rest);
}

HELPER unsigned __umodsi3(unsigned value, unsigned by) {
    unsigned rest;
    divide(value, by, &rest);
    return rest;
}

HELPER int __divsi3(int value, int by) {
    unsigned quotient = __udivsi3(size_of(value), size_of(by));
    return (value < 0) == (by < 0) ? (int)quotient : (int)(0 - quotient);
}

HELPER wide __udivdi3(wide value, wide by) {
    wide rest;
    return divide_wide(value, by, &rest);
}

HELPER wide __umoddi3(wide value, wide by) {
    wide rest;
    divide_wide(value, by, &rest);
    return rest;
}

HELPER long long __divdi3(long long value, long long by) {
    wide quotient = __udivdi3(size_of_wide(value), size_of_wide(by));
    return (value < 0) == (by < 0) ? (long long)quotient : (long long)(0 - quotient);
}

HELPER long long __muldi3(long long left, long long right) {
    wide product = 0, addend = (wide)left;
    for (wide bits = (wide)right; bits != 0; bits >>= 1, addend += addend)
        if (bits & 1) product += addend;
    return (long long)product;
}

HELPER wide __umulsidi3(unsigned left, unsigned right) {
#ifdef __XTENSA__
    return (wide)__muldi3((long long)left, (long long)right);
#else
    return (wide)left * right;
#endif
}

HELPER wide __ashldi3(wide value, int by);
HELPER wide __lshrdi3(wide value, int by);
HELPER long long __ashrdi3(long long value, int by);

HELPER wide __ashldi3(wide value, int by) {
    unsigned low = (unsigned)value, high = (unsigned)(value >> 32);
    if (by & 32) high = low << (by & 31), low = 0;
    else if (by) high = high << by | low >> (32 - by), low <<= by;
    return (wide)high << 32 | low;
}

HELPER wide __lshrdi3(wide value, int by) {
    unsigned low = (unsigned)value, high = (unsigned)(value >> 32);
    if (by & 32) low = high >> (by & 31), high = 0;
    else if (by) low = low >> by | high << (32 - by), high >>= by;
    return (wide)high << 32 | low;
}

HELPER long long __ashrdi3(long long value, int by) {
    wide flip = (wide)(value >> 63);
    return (long long)(__lshrdi3((wide)value ^ flip, by) ^ flip);
}

#ifdef __arm__
/* Quotient and rest together. */
HELPER wide __aeabi_uidivmod(unsigned value, unsigned by);
HELPER wide __aeabi_idivmod(int value, int by);
HELPER wide __natmod_uldivmod(wide value, wide by, wide *rest);
HELPER wide __natmod_ldivmod(long long value, long long by, wide *rest);

HELPER wide __aeabi_uidivmod(unsigned value, unsigned by) {
    unsigned rest, quotient = divide(value, by, &rest);
    return (wide)rest << 32 | quotient;
}

HELPER wide __aeabi_idivmod(int value, int by) {
    unsigned rest, quotient = divide(size_of(value), size_of(by), &rest);
    if ((value < 0) != (by < 0)) quotient = 0 - quotient;
    if (value < 0) rest = 0 - rest;
    return (wide)rest << 32 | quotient;
}

HELPER wide __natmod_uldivmod(wide value, wide by, wide *rest) {
    return divide_wide(value, by, rest);
}

HELPER wide __natmod_ldivmod(long long value, long long by, wide *rest) {
    wide quotient = divide_wide(size_of_wide(value), size_of_wide(by), rest);
    if (value < 0) *rest = 0 - *rest;
    return (value < 0) == (by < 0) ? quotient : 0 - quotient;
}

/* The rest is returned in r2 and r3, which C has no way to say. */
#define WITH_REST(name)                                                                                                         \
    __attribute__((weak, naked)) void __aeabi_##name(void) {                                                                    \
        __asm__("push {r4, lr}\n sub sp, #16\n add r4, sp, #8\n str r4, [sp]\n bl __natmod_" #name                              \
                "\n ldr r2, [sp, #8]\n ldr r3, [sp, #12]\n add sp, #16\n pop {r4, pc}");                                        \
    }
WITH_REST(uldivmod)
WITH_REST(ldivmod)

/* Not a loop that counts, of which a compiler would make a call of this. */
HELPER int __clzsi2(unsigned value) {
    int zeros = value == 0;
    for (int step = 16; step > 0; step >>= 1)
        if (value >> (32 - step) == 0) zeros += step, value <<= step;
    return zeros;
}
#endif

#ifndef __i386__
/* Floats without an FPU, rounded to the nearest as IEEE 754 says, by integers alone. Those of float go by way of double. */

typedef union { double number; wide bits; } double_bits;
typedef union { float number; unsigned bits; } float_bits;

typedef struct { int digits, bias, most; } format;
static const format of_double = {52, 1023, 2047}, of_float = {23, 127, 255};

/* @returns the bits of value * 2^exponent; bit 0 of value stands for all that is less */
static wide rounded(format to, int is_negative, int exponent, wide value) {
    wide sign = (wide)is_negative << (to.most > 255 ? 63 : 31);
    if (value == 0) return sign;
    for (; !(value >> 63); exponent--) value += value;
    int biased = exponent + 63 + to.bias, spare = 63 - to.digits;
    if (biased >= to.most) return sign | (wide)to.most << to.digits;
    if (biased <= 0) {
        int shift = 1 - biased;
        value = shift > 63 ? 1 : value >> shift | (value << (64 - shift) != 0);
        biased = 1;
        if (shift > 63) return sign;
    }
    wide less = value & (((wide)1 << spare) - 1), half = (wide)1 << (spare - 1);
    value >>= spare;
    if (less > half || (less == half && value & 1)) value++;
    return (sign | (wide)(biased - 1) << to.digits) + value;
}

static double double_of(int is_negative, int exponent, wide value) {
    double_bits all;
    all.bits = rounded(of_double, is_negative, exponent, value);
    return all.number;
}

static wide bits_of(double x) {
    double_bits all;
    all.number = x;
    return all.bits;
}

static double with_bits(wide bits) {
    double_bits all;
    all.bits = bits;
    return all.number;
}

static const wide infinite = (wide)2047 << 52, quiet = (wide)1 << 51;
static wide size_bits(wide bits) { return bits << 1 >> 1; }
static int is_nan(wide bits) { return size_bits(bits) > infinite; }
static int sign_of(wide bits) { return (int)(bits >> 63); }

/* @returns a whole number, times 2^exponent */
static wide take_apart(wide bits, int *exponent) {
    int biased = (int)(bits >> 52) & 2047;
    *exponent = (biased ? biased : 1) - 1075;
    return (bits & (((wide)1 << 52) - 1)) | (biased ? (wide)1 << 52 : 0);
}

static wide take_normal(wide bits, int *exponent) {
    wide value = take_apart(bits, exponent);
    for (; value && !(value >> 63); --*exponent) value += value;
    return value;
}

HELPER double __adddf3(double x, double y) {
    wide a = bits_of(x), b = bits_of(y);
    if (is_nan(a) || is_nan(b)) return with_bits(infinite | quiet);
    if (size_bits(a) < size_bits(b)) {
        wide other = a;
        a = b;
        b = other;
    }
    if (size_bits(a) == infinite) return with_bits(size_bits(b) == infinite && a != b ? infinite | quiet : a);
    int exponent, less;
    wide value = take_apart(a, &exponent) << 10, add = take_apart(b, &less) << 10;
    int shift = exponent - less;
    add = shift > 63 ? add != 0 : shift == 0 ? add : add >> shift | (add << (64 - shift) != 0);
    value = sign_of(a) == sign_of(b) ? value + add : value - add;
    return double_of(value == 0 ? sign_of(a) & sign_of(b) : sign_of(a), exponent - 10, value);
}
HELPER double __subdf3(double x, double y) { return __adddf3(x, with_bits(bits_of(y) ^ (wide)1 << 63)); }

HELPER double __muldf3(double x, double y) {
    wide a = bits_of(x), b = bits_of(y);
    int sign = sign_of(a ^ b), left, right;
    if (is_nan(a) || is_nan(b)) return with_bits(infinite | quiet);
    if (size_bits(a) == infinite || size_bits(b) == infinite)
        return with_bits(size_bits(a) && size_bits(b) ? (wide)sign << 63 | infinite : infinite | quiet);
    a = take_normal(a, &left);
    b = take_normal(b, &right);
    wide low = __umulsidi3((unsigned)a, (unsigned)b), high = __umulsidi3((unsigned)(a >> 32), (unsigned)(b >> 32));
    wide one = __umulsidi3((unsigned)(a >> 32), (unsigned)b), two = __umulsidi3((unsigned)a, (unsigned)(b >> 32));
    wide middle = (low >> 32) + (unsigned)one + (unsigned)two;
    high += (one >> 32) + (two >> 32) + (middle >> 32);
    return double_of(sign, left + right + 64, high | ((unsigned)middle != 0 || (unsigned)low != 0));
}

HELPER double __divdf3(double x, double y) {
    wide a = bits_of(x), b = bits_of(y);
    int sign = sign_of(a ^ b), left, right;
    if (is_nan(a) || is_nan(b)) return with_bits(infinite | quiet);
    if (size_bits(a) == infinite || size_bits(b) == 0) {
        int is_known = size_bits(a) == infinite ? size_bits(b) != infinite : size_bits(a) != 0;
        return with_bits(is_known ? (wide)sign << 63 | infinite : infinite | quiet);
    }
    if (size_bits(b) == infinite || size_bits(a) == 0) return with_bits((wide)sign << 63);
    wide rest = take_normal(a, &left), by = take_normal(b, &right), quotient = 0;
    for (int bit = 0; bit < 63; bit++) {
        unsigned carry = 0;
        if (bit > 0) {
            carry = (unsigned)(rest >> 63);
            rest += rest;
        }
        quotient += quotient;
        if (carry || rest >= by) rest -= by, quotient++;
    }
    return double_of(sign, left - right - 62, quotient | (rest != 0));
}

/* @returns below, at or above 0, or `unordered` */
static int compared(double x, double y, int unordered) {
    wide a = bits_of(x), b = bits_of(y);
    if (is_nan(a) || is_nan(b)) return unordered;
    if (a == b || (size_bits(a) | size_bits(b)) == 0) return 0;
    if (sign_of(a) != sign_of(b)) return sign_of(a) ? -1 : 1;
    return (a < b) == sign_of(a) ? 1 : -1;
}

HELPER double __extendsfdf2(float x) {
    float_bits all;
    all.number = x;
    unsigned bits = all.bits, biased = bits >> 23 & 255, digits = bits & 0x7fffff;
    wide sign = (wide)(bits >> 31) << 63;
    if (biased == 255) return with_bits(sign | infinite | (digits ? quiet : 0));
    return double_of((int)(bits >> 31), (int)(biased ? biased : 1) - 150, digits | (biased ? 0x800000 : 0));
}
HELPER float __truncdfsf2(double x) {
    wide bits = bits_of(x);
    int exponent;
    wide value = take_apart(bits, &exponent);
    float_bits all;
    if (size_bits(bits) >= infinite) all.bits = (unsigned)(bits >> 63) << 31 | (is_nan(bits) ? 0x7fc00000 : 0x7f800000);
    else all.bits = (unsigned)rounded(of_float, sign_of(bits), exponent, value);
    return all.number;
}

/* Toward zero */
static wide whole_of(double x) {
    int exponent;
    wide value = take_apart(bits_of(x), &exponent);
    if (exponent > 10) return (wide)-1 >> 1;
    if (exponent >= 0) return value << exponent;
    return exponent < -63 ? 0 : value >> -exponent;
}
HELPER long long __fixdfdi(double x) {
    wide whole = whole_of(x);
    return sign_of(bits_of(x)) ? (long long)(0 - whole) : (long long)whole;
}
HELPER wide __fixunsdfdi(double x) {
    wide bits = bits_of(x);
    int exponent;
    wide value = take_apart(bits, &exponent);
    return exponent == 11 ? value << 11 : (wide)__fixdfdi(x);
}
HELPER int __fixdfsi(double x) { return (int)__fixdfdi(x); }
HELPER unsigned __fixunsdfsi(double x) { return (unsigned)__fixdfdi(x); }
HELPER double __floatdidf(long long x) { return double_of(x < 0, 0, size_of_wide(x)); }
HELPER double __floatundidf(wide x) { return double_of(0, 0, x); }
HELPER double __floatsidf(int x) { return __floatdidf(x); }
HELPER double __floatunsidf(unsigned x) { return double_of(0, 0, x); }
HELPER double __negdf2(double x) { return with_bits(bits_of(x) ^ (wide)1 << 63); }

static float float_of(int is_negative, wide value) {
    float_bits all;
    all.bits = (unsigned)rounded(of_float, is_negative, 0, value);
    return all.number;
}
HELPER float __floatdisf(long long x) { return float_of(x < 0, size_of_wide(x)); }
HELPER float __floatundisf(wide x) { return float_of(0, x); }
HELPER float __floatsisf(int x) { return float_of(x < 0, size_of(x)); }
HELPER float __floatunsisf(unsigned x) { return float_of(0, x); }
HELPER long long __fixsfdi(float x) { return __fixdfdi(__extendsfdf2(x)); }
HELPER wide __fixunssfdi(float x) { return __fixunsdfdi(__extendsfdf2(x)); }
HELPER int __fixsfsi(float x) { return __fixdfsi(__extendsfdf2(x)); }
HELPER unsigned __fixunssfsi(float x) { return __fixunsdfsi(__extendsfdf2(x)); }
HELPER float __negsf2(float x) { return __truncdfsf2(__negdf2(__extendsfdf2(x))); }

#define OF_FLOAT(name)                                                                                                          \
    HELPER float __##name##sf3(float x, float y) {                                                                              \
        return __truncdfsf2(__##name##df3(__extendsfdf2(x), __extendsfdf2(y)));                                                 \
    }
OF_FLOAT(add) OF_FLOAT(sub) OF_FLOAT(mul) OF_FLOAT(div)

#define COMPARISON(name, unordered)                                                                                             \
    HELPER int __##name##df2(double x, double y) { return compared(x, y, unordered); }                                          \
    HELPER int __##name##sf2(float x, float y) { return compared(__extendsfdf2(x), __extendsfdf2(y), unordered); }
COMPARISON(eq, 1) COMPARISON(ne, 1) COMPARISON(lt, 1) COMPARISON(le, 1) COMPARISON(gt, -1) COMPARISON(ge, -1)

#ifdef __arm__
#define ANSWER(name, sign)                                                                                                      \
    HELPER int __aeabi_dcmp##name(double x, double y) { return __##name##df2(x, y) sign 0; }                                    \
    HELPER int __aeabi_fcmp##name(float x, float y) { return __##name##sf2(x, y) sign 0; }
ANSWER(eq, ==) ANSWER(lt, <) ANSWER(le, <=) ANSWER(gt, >) ANSWER(ge, >=)
#endif

HELPER int __unorddf2(double x, double y) { return is_nan(bits_of(x)) || is_nan(bits_of(y)); }
HELPER int __unordsf2(float x, float y) { return __unorddf2(__extendsfdf2(x), __extendsfdf2(y)); }
#endif

#ifdef __clang__
HELPER int __mulsi3(int left, int right);
HELPER int __modsi3(int value, int by);
HELPER long long __moddi3(long long value, long long by);

HELPER int __mulsi3(int left, int right) {
    unsigned product = 0, addend = (unsigned)left;
    for (unsigned bits = (unsigned)right; bits != 0; bits >>= 1, addend += addend)
        if (bits & 1) product += addend;
    return (int)product;
}

HELPER int __modsi3(int value, int by) {
    unsigned rest = __umodsi3(size_of(value), size_of(by));
    return value < 0 ? (int)(0 - rest) : (int)rest;
}

HELPER long long __moddi3(long long value, long long by) {
    wide rest = __umoddi3(size_of_wide(value), size_of_wide(by));
    return value < 0 ? (long long)(0 - rest) : (long long)rest;
}
#endif

/* What compilers make of pow with a whole exponent under -ffast-math. Floats come where the module's own functions have them. */
#define WHOLE_POWER(name, type)                                                                                                 \
    __attribute__((weak)) type __powi##name(type x, int exponent) {                                                             \
        type all = 1;                                                                                                           \
        for (unsigned left = size_of(exponent);; x *= x) {                                                                      \
            if (left & 1) all *= x;                                                                                             \
            if ((left >>= 1) == 0) return exponent < 0 ? 1 / all : all;                                                         \
        }                                                                                                                       \
    }
WHOLE_POWER(df2, double)
WHOLE_POWER(sf2, float)
#endif
