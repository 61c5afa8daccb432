// Runs programs on this machine, each in a process of its own and for a bounded time of the processor:
// "NUMBER CHECKSUM", or "NUMBER late" for one that takes too long or crashes. PROGRAMS is a list X(name) X(name) ...

#include <stdint.h>
#include <stdio.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define X(name) extern uint32_t name(void);
#include "programs.h"
#undef X

static uint32_t (*const programs[])(void) = {
#define X(name) name,
#include "programs.h"
};

/** Random programs end within five milliseconds or never. Emulators are some thirty times slower, and wait for twenty seconds. */
static const struct itimerval bound = { { 0, 0 }, { 0, 100000 } };

int main(void) {
    for (unsigned i = 0; i < sizeof programs / sizeof *programs; i++) {
        fflush(stdout);
        pid_t child = fork();
        if (child < 0) return 1;
        if (child == 0) {
            setitimer(ITIMER_VIRTUAL, &bound, NULL);
            printf("%u %x\n", i, programs[i]());
            fflush(stdout);
            _exit(0);
        }
        int status;
        if (waitpid(child, &status, 0) != child) return 1;
        if (status != 0) printf("%u late\n", i);
    }
    return 0;
}
