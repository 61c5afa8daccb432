// Functions that run before mpy_init, in the order of their numbers, those without one last.
typedef __UINTPTR_TYPE__ word;
// Volatile: clang else runs them when it compiles.
volatile int order;
int ran;
static void note(int digit) { order = order << 4 | digit; }
__attribute__((constructor)) static void last(void) { note(3); }
__attribute__((constructor(102))) static void second(void) { note(2); }
extern int other_ran(void);
void *mpy_init(word a, word b, word c, word d);
/* What the function is called with comes from the host. */
void *mpy_init(word a, word b, word c, word d) {
    (void)a, (void)b, (void)c, (void)d;
    ran++;
    return (void *)(word)(order << 8 | other_ran() << 4 | ran);
}
