// Symbols that modules are often missing, and what to do about each: functions of the C library, helpers that the compiler
// calls by itself, and runtimes that a native module does not have.
// GCC's helpers: https://gcc.gnu.org/onlinedocs/gccint/Libgcc.html; ARM's: RTABI32,
// https://github.com/ARM-software/abi-aa/blob/main/rtabi32/rtabi32.rst

/** What a symbol is, to complete "it is ...", and what to do. */
export interface WellKnown {
  readonly what: string;
  readonly mend: string;
}

/** @returns undefined for a symbol that is not one of them. */
export function wellKnown(symbol: string): WellKnown | undefined {
  return rows.find((row) => row.names.test(symbol));
}

/** Whether a compiler's own library (libgcc, libm) has it. */
export const isOfCompiler = (symbol: string): boolean => isHelper(symbol) || libm.test(symbol);

/** Whether compilers call it by themselves: what extension/headers/libc/arithmetic.c has is of these. */
export const isHelper = (symbol: string): boolean => libgcc.test(symbol);

/** What extension/headers/libc/functions.c defines: `natmod build` links it where code wants any of it. */
export const ownLibrary: readonly string[] = [
  ...[
    'strlen',
    'strnlen',
    'strcmp',
    'strncmp',
    'strcpy',
    'stpcpy',
    'strncpy',
    'strcat',
    'strncat',
    'strchr',
    'strrchr',
  ],
  ...['strspn', 'strcspn', 'strpbrk', 'strstr', 'memcmp', 'bcmp', 'memchr', 'rawmemchr', '__errno', '__errno_location'],
];

/** What extension/headers/libc/mathematics.c defines, each for double and float: linked where no library has it. */
export const ownMathematics: readonly string[] = [
  ...[
    'fabs',
    'trunc',
    'floor',
    'ceil',
    'round',
    'rint',
    'nearbyint',
    'lrint',
    'lround',
    'copysign',
    'fmax',
    'fmin',
    'fdim',
  ],
  ...['scalbn', 'ldexp', 'frexp', 'modf', 'logb', 'ilogb', 'nextafter', 'fmod', 'remainder', 'remquo'],
  ...['sqrt', 'cbrt', 'hypot', 'pow', 'exp', 'exp2', 'exp10', 'expm1', 'log', 'log2', 'log10', 'log1p'],
  ...['sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'atan2', 'sinh', 'cosh', 'tanh', 'asinh', 'acosh', 'atanh'],
  ...['sincos', 'erf', 'erfc', 'tgamma', 'lgamma', 'fma', 'nan', '__fpclassify', 'llrint', 'llround', 'scalbln'],
].flatMap((name) => [name, `${name}f`]);

const runtimeMend = 'set LINK_RUNTIME = 1 in the Makefile, or pass the library with -l';

const replaced: Readonly<Record<string, string>> = {
  malloc: 'm_malloc(size)',
  calloc: 'm_malloc(size) and memset',
  realloc: 'm_realloc(pointer, size)',
  free: 'm_free(pointer)',
  printf: 'mp_printf(&mp_plat_print, ...)',
  vprintf: 'mp_vprintf(&mp_plat_print, ...)',
  fprintf: 'mp_printf(&mp_plat_print, ...)',
  puts: 'mp_printf(&mp_plat_print, ...)',
  putchar: 'mp_printf(&mp_plat_print, ...)',
  abort: 'mp_raise_msg(&mp_type_RuntimeError, ...)',
  exit: 'mp_raise_msg(&mp_type_RuntimeError, ...)',
};

const libm =
  /^(acosh?|asinh?|atan[2h]?|cbrt|ceil|copysign|cosh?|erfc?|exp(2|10|m1)?|fabs|fdim|floor|fma|fmax|fmin|fmod|frexp|hypot|ilogb|ldexp|lgamma(_r)?|ll?rint|ll?round|log(10|1p|2|b)?|modf|nan|nearbyint|nextafter|nexttoward|pow(10)?|remainder|remquo|rint|round|scalbl?n|sincos|sinh?|sqrt|tanh?|tgamma|trunc)[fl]?$|^__(ieee754|kernel|math)_\w+$/;

const libgcc = new RegExp(
  `^__(${[
    'aeabi_(?!mem|unwind|read_tp)\\w+',
    'gnu_(thumb1_case|[fhd]2[fhd]|[fd]_to|ldivmod|uldivmod)\\w*',
    'u?(div|mod|divmod)[hsdt]i[34]',
    '(mul|ash[lr]|lshr|neg|abs|addv|subv|mulv|negv|absv|u?cmp|ffs|clz|ctz|clrsb|popcount|parity|bswap)[qhsdt]i[234]',
    '(add|sub|mul|div|neg|eq|ne|lt|le|gt|ge|cmp|unord|powi)[hsdtx][fc][23]',
    '(fix|fixuns|float|floatun|extend|trunc)[hsdtx][fi][hsdtx][fi]2?',
    'riscv_(save|restore)_\\d+',
    '(u?mul|div|umod|udiv)si3(_internal)?',
    'u?mulsidi3',
  ].join('|')})$`,
);

const noLibrary = 'A native module has no C library';

const rows: readonly ({ readonly names: RegExp } & WellKnown)[] = [
  ...Object.entries(replaced).map(([name, by]) => ({
    names: new RegExp(`^${name}$`),
    what: 'a function of the C library',
    mend: `${noLibrary}: use ${by} of py/dynruntime.h.`,
  })),
  { names: libm, what: "a function of the C library's mathematics (libm)", mend: `To link it, ${runtimeMend} libm.a.` },
  {
    names: libgcc,
    what: "a helper of the compiler's own library (libgcc), called for arithmetic or a switch that the CPU has no instruction for",
    mend: `To link it, ${runtimeMend} libgcc.a.`,
  },
  {
    names: /^__aeabi_mem(set|clr|cpy|move)[48]?$/,
    what: "ARM's name for a memory function, whose arguments come in another order than memset's",
    mend: 'Link without --compat, which has it, or compile with -meabi gnu (clang).',
  },
  {
    names: /^(memset|memcpy|memmove)$/,
    what: 'a memory function that the reference linker of this version does not provide',
    mend: 'Link without --compat, or as of 1.29, or define it in a source file.',
  },
  {
    names: /^(strlen|rawmemchr)$/,
    what: 'a function of the C library, which GCC also makes out of loops',
    mend: `${noLibrary}: compile with -fno-builtin -fno-tree-loop-distribute-patterns, which a source that defines it needs, too. natmod build links one of its own.`,
  },
  {
    names:
      /^(mem(chr|cmp|mem|rchr)|str(nlen|n?cmp|n?cpy|n?cat|r?chr|str|spn|cspn|pbrk|tok|dup|to[dfluI]\w*)|strcasecmp|strncasecmp|bcmp|bcopy|bzero|qsort|bsearch|s?rand|ato[fil]|l?abs|is(alnum|alpha|digit|lower|print|punct|space|upper|xdigit)|to(lower|upper)|v?sn?printf|sscanf)$/,
    what: 'a function of the C library',
    mend: `${noLibrary}: define it in a source file of the module, or link one (-l libc.a).`,
  },
  {
    names: /^(__assert(_fail|_func|_rtn)?|__afail)$/,
    what: 'what assert() calls when it fails',
    mend: 'Compile with -DNDEBUG, or raise an exception instead.',
  },
  {
    names: /^__(mem|st|str|v?sn?printf|v?printf|f)\w*_chk$/,
    what: 'a fortified function of glibc',
    mend: 'Compile with -U_FORTIFY_SOURCE.',
  },
  {
    names: /^__stack_chk_(fail|guard)(_local)?$/,
    what: 'part of the stack protector',
    mend: 'Compile with -fno-stack-protector.',
  },
  {
    names: /^(__tls_get_addr|___tls_get_addr|__aeabi_read_tp|__emutls_get_address|__emutls_v\.\w+)$/,
    what: 'part of thread-local storage, which a native module does not get',
    mend: 'Use ordinary global variables, not _Thread_local or __thread.',
  },
  {
    names: /^(__errno|__errno_location|errno)$/,
    what: 'where the C library keeps errno, which a native module does not have',
    mend: 'Compile with -fno-math-errno, or define it: `int my_errno; int *__errno(void) { return &my_errno; }`. Where a library of glibc uses it, link one of musl instead.',
  },
  {
    names: /^(_dl_x86_\w+|__x86_get_\w+|_rtld_global(_ro)?)$/,
    what: "part of glibc's dynamic loader, which its library asks about the processor",
    mend: "Link another library for the same function: musl's libc.a, for one, asks nothing (-l; Debian has it in musl-dev).",
  },
  {
    names: /^__(start|stop)_[A-Za-z]\w*$/,
    what: 'where GNU ld would say that a section begins or ends, which this linker does not',
    mend: 'Name what is in the section in an array instead.',
  },
  {
    names: /^__(atomic|sync)_\w+$/,
    what: 'an atomic operation that the CPU has no instruction for',
    mend: 'Turn interrupts off around an ordinary access instead.',
  },
  {
    names: /^(_Unwind_\w+|__gxx_personality_\w+|__gcc_personality_\w+|__aeabi_unwind_\w+)$/,
    what: 'part of stack unwinding, which a native module does not have',
    mend: 'Compile with -fno-exceptions -fno-unwind-tables -fno-asynchronous-unwind-tables.',
  },
  {
    names: /^(__cxa_\w+|__dso_handle|_Zn[wa]\w+|_Zd[la]\w+|_ZTV\w*|_ZSt\w+)$/,
    what: 'part of the C++ runtime, which a native module does not have',
    mend: 'Avoid exceptions, new and delete, and objects with constructors at file scope (-fno-exceptions -fno-rtti -fno-threadsafe-statics).',
  },
  {
    names:
      /^(__gcov_\w+|__asan_\w+|__ubsan_\w+|__sanitizer_\w+|__llvm_profile\w+|_?mcount|__gnu_mcount_nc|__cyg_profile_\w+|__fentry__)$/,
    what: 'instrumentation for a tool that is not there on a board',
    mend: 'Compile without --coverage, -fsanitize, -pg and -finstrument-functions.',
  },
  {
    names: /^(_?exit|_sbrk|_write|_read|_close|_kill|_getpid|_fstat|_isatty|_lseek)$/,
    what: 'a system call of the C library, which only a whole program has',
    mend: 'Do without the library function that calls it.',
  },
  {
    names:
      /^(mp_raise_msg_varg|mp_raise_msg_vlist|vstr_\w+|mp_obj_print\w*|mp_print_str|mp_obj_equal|mp_map_\w+|qstr_\w+|gc_\w+|mp_sched_\w+|mp_hal_\w+|mp_state_ctx|mp_obj_new_exception_\w+|mp_call_function_\d|mp_module_\w+|mpz_\w+)$/,
    what: 'in the firmware, but not in the table through which native modules reach it',
    mend: 'Call it by name instead, as Python code would (mp_load_global, mp_load_attr, mp_call_function_n_kw), or do without: py/dynruntime.h lists what there is.',
  },
];
