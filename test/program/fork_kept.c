/* SPDX-License-Identifier: MIT */
/*
 * fork_kept alone|threads: what the library keeps of freed blocks is not in a
 * fork child, and the parent goes on with it. What is live is in the child.
 */
#include "dirty.h"

#define KEPT (64 * MIB)
#define PARTS 8
#define ROUNDS 5

static char *live;

/* Many blocks, so that no one of them is all that is kept. */
static void
keep_something(void)
{
    char *parts[PARTS];

    for (size_t i = 0; i < PARTS; i++) {
        parts[i] = malloc(KEPT / PARTS);
        make_dirty(parts[i]);
    }
    for (size_t i = 0; i < PARTS; i++)
        free(parts[i]);
}

static void
require_mask_is_empty(void)
{
    sigset_t mask;

    REQUIRE(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
    for (int i = 1; i < 32; i++)
        REQUIRE(sigismember(&mask, i) == 0);
}

static void
run_child(size_t parents)
{
    size_t most = parents - KEPT / 4 * 3;

    /* Not stdio first: its buffer is a block of the heap. */
    REQUIRE(resident_bytes() < most);
    REQUIRE(all_bytes_are(live, 0x11, LARGE));
    require_mask_is_empty();
    use_every_size_dirty();
    REQUIRE(all_bytes_are(live, 0x11, LARGE));
    _exit(0);
}

static void *
rest(void *unused)
{
    for (;;)
        pause();
    return unused;
}

/* Not by libc, where a process with one thread would give back what it keeps.
 */
static void
wait_unheard(pid_t child)
{
    int status;

    REQUIRE(syscall(SYS_wait4, child, &status, 0, NULL) == child);
    REQUIRE(status == 0);
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(60);
    REQUIRE(argc == 2);
    if (strcmp(argv[1], "threads") == 0)
        start_thread(rest);
    live = malloc(LARGE);
    memset(live, 0x11, LARGE);
    for (int i = 0; i < ROUNDS; i++) {
        size_t before;
        pid_t child;

        keep_something();
        before = resident_bytes();
        REQUIRE(before > KEPT);
        child = fork();
        if (child == 0)
            run_child(before);
        wait_unheard(child);
        require_mask_is_empty();
        /* Kept still, and again in the hands of the program. */
        REQUIRE(resident_bytes() > KEPT);
        use_every_size_dirty();
    }
    REQUIRE(all_bytes_are(live, 0x11, LARGE));
    return 0;
}
