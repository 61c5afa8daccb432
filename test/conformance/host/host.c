// Loads linked native modules, runs them and judges what they return, as MicroPython's loader would load them but without
// MicroPython: one small program for each instruction set. The modules come on standard input, laid out by ../image.ts,
// which also describes the records read here.
//
// Prints "run N" before a module's code is entered, so that a crash has a name, and "right N" or "wrong N VALUE" after.

#include "system.h"

#define MAGIC 0x6d746e31

struct header {
    u32 magic;
    u32 arena_low, arena_high;
    u32 arena_size;
    u32 runs;
};

/** Offsets count from the start of the arena. */
struct run {
    u32 number;
    u32 text, rodata, bss;
    u32 chunks;
    u32 relocations;
    u32 expected;
};

/** Bytes of the arena; `fill` below 256: all of them are this one, and none follow. */
struct chunk {
    u32 at, size, fill;
};

/** Targets are numbered as in a .mpy file's relocation records. */
struct relocation {
    u32 at, target;
};

enum { TO_TEXT, TO_RODATA, TO_BSS, TO_QSTRS = 6, TO_OBJECTS, TO_TABLE, TO_ENTRY };

// ---- The function table: every entry answers with its own number, so that a call that went astray shows.

#define ANSWER(number, a, b) ((word)(0x10000 * (number) + 0x100 * (a) + (b)))
#define NUMBERED(name, number) static word name##number(word a, word b) { return ANSWER(number - 100, a, b); }
#define TEN(USE, name, tens) \
    USE(name, 1##tens##0) USE(name, 1##tens##1) USE(name, 1##tens##2) USE(name, 1##tens##3) USE(name, 1##tens##4) \
    USE(name, 1##tens##5) USE(name, 1##tens##6) USE(name, 1##tens##7) USE(name, 1##tens##8) USE(name, 1##tens##9)
#define HUNDRED(USE, name) \
    TEN(USE, name, 0) TEN(USE, name, 1) TEN(USE, name, 2) TEN(USE, name, 3) TEN(USE, name, 4) \
    TEN(USE, name, 5) TEN(USE, name, 6) TEN(USE, name, 7) TEN(USE, name, 8) TEN(USE, name, 9)
#define POINTER(name, number) [number - 100] = (void *)name##number,

HUNDRED(NUMBERED, entry)

// Places in MicroPython's mp_fun_table_t; ../execute.test.ts compares them with the linker's own list.
#define STORE_GLOBAL 13
#define MEMSET 50
#define MEMMOVE 51
#define FIRST_TYPE 73
#define LAST_TYPE 82

static word (*check)(void);

/** A module hands its check over by its first own name. */
static void store_global(uword qstr, void *value) {
    if (qstr == 0x4101) check = (word (*)(void))value;
}

static void *set_bytes(void *into, int value, uword size) {
    volatile byte *to = into;
    while (size && (uword)to % sizeof(uword)) *to++ = (byte)value, size--;
    // Gaps between far branches and their targets are megabytes.
    volatile uword *words = (volatile uword *)to;
    uword word = (byte)value * (~(uword)0 / 0xff);
    for (; size >= sizeof word; size -= sizeof word) *words++ = word;
    for (to = (volatile byte *)words; size; size--) *to++ = (byte)value;
    return into;
}

static void *move_bytes(void *into, const void *from, uword size) {
    volatile byte *to = into;
    const byte *source = from;
    if ((uword)into <= (uword)from) while (size--) *to++ = *source++;
    else while (size--) to[size] = source[size];
    return into;
}

static word types[LAST_TYPE - FIRST_TYPE + 1];
static void *table[100] = { HUNDRED(POINTER, entry) };
static const unsigned short qstrs[8] = { 0x4100, 0x4101, 0x4102, 0x4103, 0x4104, 0x4105, 0x4106, 0x4107 };
static const word objects[2] = { 0x5100, 0x5101 };

static void fill_table(void) {
    table[STORE_GLOBAL] = (void *)store_global;
    table[MEMSET] = (void *)set_bytes;
    table[MEMMOVE] = (void *)move_bytes;
    for (word i = 0; i <= LAST_TYPE - FIRST_TYPE; i++) {
        types[i] = ANSWER(FIRST_TYPE + i, 0, 0);
        table[FIRST_TYPE + i] = &types[i];
    }
}

// ---- Input and output

static void say(const char *text) {
    uword size = 0;
    while (text[size]) size++;
    system_write(text, size);
}

static void say_number(u32 value, int hexadecimal) {
    char digits[12];
    int at = 12;
    u32 base = hexadecimal ? 16 : 10;
    do {
        // Some of these machines cannot divide, and there is no library that could.
        u32 quotient = 0, rest = 0;
        for (int bit = 31; bit >= 0; bit--) {
            rest = rest << 1 | (value >> bit & 1);
            if (rest >= base) { rest -= base; quotient |= 1u << bit; }
        }
        digits[--at] = "0123456789abcdef"[rest];
        value = quotient;
    } while (value);
    system_write(digits + at, (uword)(12 - at));
}

static void must_read(void *into, uword size) {
    byte *to = into;
    while (size) {
        word count = system_read(to, size);
        if (count <= 0) { say("input ends early\n"); system_exit(3); }
        to += count;
        size -= (uword)count;
    }
}

// ---- Loading

static uword address_of(const struct run *run, byte *arena, u32 target) {
    switch (target) {
        case TO_TEXT: return (uword)(arena + run->text);
        case TO_RODATA: return (uword)(arena + run->rodata);
        case TO_BSS: return (uword)(arena + run->bss);
        case TO_QSTRS: return (uword)qstrs;
        case TO_OBJECTS: return (uword)objects;
        case TO_TABLE: return (uword)table;
        default: return (uword)table[target - TO_ENTRY];
    }
}

static void load(const struct run *run, byte *arena) {
    for (u32 i = 0; i < run->chunks; i++) {
        struct chunk chunk;
        must_read(&chunk, sizeof chunk);
        if (chunk.fill < 0x100) set_bytes(arena + chunk.at, (int)chunk.fill, chunk.size);
        else must_read(arena + chunk.at, chunk.size);
    }
    for (u32 i = 0; i < run->relocations; i++) {
        struct relocation relocation;
        must_read(&relocation, sizeof relocation);
        *(uword *)(arena + relocation.at) += address_of(run, arena, relocation.target);
    }
}

typedef word (*entry_function)(void *self, uword n_args, uword n_kw, void *args);

static entry_function callable(byte *code) {
#if defined(__thumb__)
    return (entry_function)(code + 1);
#else
    return (entry_function)code;
#endif
}

static int judge(const struct run *run, byte *arena) {
#if defined(__riscv)
    __asm__ volatile("fence.i" ::: "memory");
#elif defined(__XTENSA__)
    __asm__ volatile("isync" ::: "memory");
#endif
    say("run ");
    say_number(run->number, 0);
    say("\n");
    check = 0;
    word value = callable(arena + run->text)(0, 0, 0, 0);
    if (check) value = check();
    int right = (u32)value == run->expected;
    say(right ? "right " : "wrong ");
    say_number(run->number, 0);
    if (!right) {
        say(" ");
        say_number((u32)value, 1);
    }
    say("\n");
    return right;
}

void host(void) {
    struct header header;
    must_read(&header, sizeof header);
    uword base = header.arena_low;
    if (sizeof base == 8) base |= (uword)header.arena_high << sizeof base * 4;
    byte *arena = (byte *)base;
    if (header.magic != MAGIC) { say("not an image\n"); system_exit(3); }
    fill_table();
    int all_right = 1;
    for (u32 i = 0; i < header.runs; i++) {
        struct run run;
        must_read(&run, sizeof run);
        if (system_map(arena, header.arena_size) != arena) { say("no memory\n"); system_exit(3); }
        load(&run, arena);
        if (!judge(&run, arena)) all_right = 0;
    }
    say("end\n");
    system_exit(all_right ? 0 : 1);
}
