/* SPDX-License-Identifier: MIT */
/*
 * dirty_signal [BYTES]: memset of a large block in a signal handler, on an
 * alternate stack of 8 KiB, or so many, with nothing below it: first of all
 * calls in the process, then of recycled blocks, then at any moment of the
 * program's own calls.
 */
#include <sys/mman.h>
#include <sys/time.h>

#include "dirty.h"

static size_t stack_size = 8192;

static char *volatile block;
static volatile size_t block_size;
static volatile int handled;

static void
zero_block(int signal_number)
{
    int saved = errno;

    (void)signal_number;
    errno = 4242;
    memset(block, 0, block_size);
    REQUIRE(errno == 4242);
    errno = saved;
    handled++;
}

static void
set_stack(void)
{
    size_t page = page_size(), room = stack_size < page ? page : stack_size;
    char *map =
        mmap(NULL, page + room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    stack_t stack = {.ss_sp = map + page, .ss_size = stack_size};

    REQUIRE(map != MAP_FAILED);
    REQUIRE(mprotect(map + page, room, PROT_READ | PROT_WRITE) == 0);
    REQUIRE(sigaltstack(&stack, NULL) == 0);
}

static void
do_nothing(int signal_number)
{
    handled += signal_number != 0;
}

static void
set_handler(int signal_number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler,
                               .sa_flags = SA_ONSTACK | SA_RESTART};

    REQUIRE(sigaction(signal_number, &action, NULL) == 0);
}

/* Processors with many registers need a large stack for any handler at all. */
static void
require_room(void)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        set_handler(SIGUSR1, do_nothing);
        raise(SIGUSR1);
        _exit(handled == 1 ? 0 : 1);
    }
    REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
    if (status != 0)
        skip("this processor's signal frames need more");
}

static void
check(size_t n, bool dirty)
{
    block = malloc(n);
    block_size = n;
    REQUIRE(block != NULL);
    if (dirty) {
        for (size_t at = 0; at < n; at += page_size())
            block[at] = (char)DIRT;
    }
    REQUIRE(raise(SIGUSR1) == 0);
    REQUIRE(all_bytes_are(block, 0, n));
    make_dirty(block);
    free(block);
}

/* Signals meet this program inside calloc, memset and free. */
static void
run_under_timer(void)
{
    struct itimerval often = {{0, 2000}, {0, 2000}}, never = {{0, 0}, {0, 0}};

    block_size = 2 * MIB;
    block = malloc(block_size);
    handled = 0;
    set_handler(SIGVTALRM, zero_block);
    REQUIRE(setitimer(ITIMER_VIRTUAL, &often, NULL) == 0);
    while (handled < 30) {
        use_all(2 * MIB);
        use_scattered(3 * MIB);
        use_memset(300000);
    }
    REQUIRE(setitimer(ITIMER_VIRTUAL, &never, NULL) == 0);
    REQUIRE(all_bytes_are(block, 0, block_size));
    free(block);
}

int
main(int argc, char **argv)
{
    require_active();
    if (argc > 1)
        stack_size = strtoul(argv[1], NULL, 10);
    watchdog(60);
    set_stack();
    require_room();
    set_handler(SIGUSR1, zero_block);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < DIRTY_SIZES; i++) {
            check(dirty_sizes[i], false);
            check(dirty_sizes[i], true);
        }
    }
    run_under_timer();
    return 0;
}
