/* For compilers that bring no C library; found only after all others. Declares what a linked library (-lm) may define. */
#ifndef NATMOD_MATH_H
#define NATMOD_MATH_H
#define NAN (__builtin_nanf(""))
#define INFINITY (__builtin_inff())
#define HUGE_VAL (__builtin_inf())
#define HUGE_VALF (__builtin_huge_valf())
#define M_E 2.7182818284590452354
#define M_LOG2E 1.44269504088896340736
#define M_LOG10E 0.43429448190325182765
#define M_LN2 0.69314718055994530942
#define M_LN10 2.30258509299404568402
#define M_PI 3.14159265358979323846
#define M_PI_2 1.57079632679489661923
#define M_PI_4 0.78539816339744830962
#define M_1_PI 0.31830988618379067154
#define M_2_PI 0.63661977236758134308
#define M_2_SQRTPI 1.12837916709551257390
#define M_SQRT2 1.41421356237309504880
#define M_SQRT1_2 0.70710678118654752440
#if defined __x86_64__ || defined __i386__
#define FP_ILOGB0 (-2147483647 - 1)
#define FP_ILOGBNAN FP_ILOGB0
#else
#define FP_ILOGB0 (-2147483647)
#define FP_ILOGBNAN 2147483647
#endif
#define FP_NAN 0
#define FP_INFINITE 1
#define FP_ZERO 2
#define FP_SUBNORMAL 3
#define FP_NORMAL 4
#define fpclassify(x) __builtin_fpclassify(FP_NAN, FP_INFINITE, FP_NORMAL, FP_SUBNORMAL, FP_ZERO, x)
#define isgreater(x, y) __builtin_isgreater(x, y)
#define isgreaterequal(x, y) __builtin_isgreaterequal(x, y)
#define isless(x, y) __builtin_isless(x, y)
#define islessequal(x, y) __builtin_islessequal(x, y)
#define islessgreater(x, y) __builtin_islessgreater(x, y)
#define isunordered(x, y) __builtin_isunordered(x, y)
#define isnan(x) __builtin_isnan(x)
#define isinf(x) __builtin_isinf_sign(x)
#define isfinite(x) __builtin_isfinite(x)
#define isnormal(x) __builtin_isnormal(x)
#define signbit(x) __builtin_signbit(x)
#ifdef __cplusplus
extern "C" {
#endif
#define NATMOD_MATH_1(name) double name(double); float name##f(float);
#define NATMOD_MATH_2(name) double name(double, double); float name##f(float, float);
NATMOD_MATH_1(acos) NATMOD_MATH_1(acosh) NATMOD_MATH_1(asin) NATMOD_MATH_1(asinh) NATMOD_MATH_1(atan) NATMOD_MATH_1(atanh)
NATMOD_MATH_1(cbrt) NATMOD_MATH_1(ceil) NATMOD_MATH_1(cos) NATMOD_MATH_1(cosh) NATMOD_MATH_1(erf) NATMOD_MATH_1(erfc)
NATMOD_MATH_1(exp) NATMOD_MATH_1(exp2) NATMOD_MATH_1(expm1) NATMOD_MATH_1(fabs) NATMOD_MATH_1(floor) NATMOD_MATH_1(lgamma)
NATMOD_MATH_1(log) NATMOD_MATH_1(log10) NATMOD_MATH_1(log1p) NATMOD_MATH_1(log2) NATMOD_MATH_1(nearbyint) NATMOD_MATH_1(rint)
NATMOD_MATH_1(round) NATMOD_MATH_1(sin) NATMOD_MATH_1(sinh) NATMOD_MATH_1(sqrt) NATMOD_MATH_1(tan) NATMOD_MATH_1(tanh)
NATMOD_MATH_1(tgamma) NATMOD_MATH_1(trunc) NATMOD_MATH_1(logb)
NATMOD_MATH_2(atan2) NATMOD_MATH_2(copysign) NATMOD_MATH_2(fmax) NATMOD_MATH_2(fmin) NATMOD_MATH_2(fmod) NATMOD_MATH_2(hypot)
NATMOD_MATH_2(pow) NATMOD_MATH_2(remainder) NATMOD_MATH_2(fdim) NATMOD_MATH_2(nextafter)
#undef NATMOD_MATH_1
#undef NATMOD_MATH_2
double frexp(double, int *);
float frexpf(float, int *);
double ldexp(double, int);
float ldexpf(float, int);
double modf(double, double *);
float modff(float, float *);
double scalbn(double, int);
float scalbnf(float, int);
double scalbln(double, long);
float scalblnf(float, long);
double fma(double, double, double);
float fmaf(float, float, float);
double nan(const char *);
float nanf(const char *);
double remquo(double, double, int *);
float remquof(float, float, int *);
int ilogb(double);
int ilogbf(float);
long lrint(double);
long lrintf(float);
long lround(double);
long lroundf(float);
long long llrint(double);
long long llrintf(float);
long long llround(double);
long long llroundf(float);
#ifdef __cplusplus
}
#endif
#endif
