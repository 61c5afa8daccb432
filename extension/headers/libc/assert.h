/* For compilers that bring no C library (Debian's xtensa-lx106 GCC, clang for bare targets); found only after all others. */
#undef assert
#ifdef NDEBUG
#define assert(expression) ((void)0)
#else
/* A module has no stderr to complain on: stop where a debugger sees it. */
#define assert(expression) ((expression) ? (void)0 : __builtin_trap())
#endif
#if !defined(__cplusplus) && !defined(static_assert)
#define static_assert _Static_assert
#endif
