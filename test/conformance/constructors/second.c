extern volatile int order;
static int mine;
int other_ran(void);
__attribute__((constructor(101))) static void first(void) { order = order << 4 | 1; mine = 5; }
int other_ran(void) { return mine; }
