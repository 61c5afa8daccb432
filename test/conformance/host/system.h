// What the host asks of the machine below it. Each system-*.c gives these for one instruction set's Linux system calls and
// the program's start, which calls `host`.

typedef __INTPTR_TYPE__ word;
typedef __UINTPTR_TYPE__ uword;
typedef unsigned char byte;
typedef unsigned int u32;

/** Blocks until there are bytes; 0 or less at the end. */
word system_read(void *into, uword size);
void system_write(const void *from, uword size);
/** Fresh zeroed memory at exactly this place, executable; what was there is gone. Returns where it is. */
void *system_map(void *at, uword size);
void system_exit(int code) __attribute__((noreturn));
void host(void) __attribute__((noreturn));

/** PROT_READ | PROT_WRITE | PROT_EXEC; MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE */
#define MAP_PROTECTION 7
#define MAP_HOW 0x4032
#define MAP_HOW_XTENSA 0x0c12
