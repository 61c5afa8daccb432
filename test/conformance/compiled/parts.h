// Shared by the two sources of a module that checks itself: each part that holds sets a bit.

typedef __INTPTR_TYPE__ word;
typedef __UINTPTR_TYPE__ uword;

/** How many bits `check` sets when all holds. */
#define PARTS 20

extern int counted;
extern word shared_table[4];
extern int visible;
extern word shared_common;
extern const char shared_text[];
extern const word *const shared_pointers[3];

int firmware_answers(void);
int second_file(int n);
int is_weak(void);
word choose(int n);
word variables_hold(int zero);
word variables_after(word n);
int *variables_see(void);
