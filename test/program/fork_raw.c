/* SPDX-License-Identifier: MIT */
/*
 * Children that no fork handler knows of: _Fork and the clone system call. The
 * other thread rests, so no lock is held. Zeroed memory must be zero there too,
 * also where the block was used before, by the parent or by the child.
 */
#include "active.h"
#include "watch.h"

extern pid_t _Fork(void) __attribute__((weak)); /* glibc 2.34 */

static int resting[2];

static pid_t
raw_clone(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void *
rest(void *unused)
{
    use_every_size();
    REQUIRE(write(resting[1], "", 1) == 1);
    for (;;)
        pause();
    return unused;
}

static void
start_resting_thread(void)
{
    char byte;

    REQUIRE(pipe(resting) == 0);
    start_thread(rest);
    REQUIRE(read(resting[0], &byte, 1) == 1);
}

/* Frees n dirty bytes, twice, so that a zeroed block may come from them. */
static void
dirty_and_zero(size_t n)
{
    for (int i = 0; i < 2; i++) {
        void *p = calloc(1, n);

        REQUIRE(p != NULL);
        REQUIRE(all_bytes_are(p, 0, n));
        memset(p, 0xff, n);
        free(p);
    }
}

static void
dirty_and_zero_every_size(void)
{
    dirty_and_zero(TINY);
    dirty_and_zero(SMALL);
    dirty_and_zero(MIDDLE);
    dirty_and_zero(LARGE);
    dirty_and_zero(8 * LARGE);
}

static void
run(pid_t (*make_child)(void))
{
    unsigned char *kept = malloc(LARGE);

    REQUIRE(kept != NULL);
    memset(kept, 0x11, LARGE);
    for (int i = 0; i < 8; i++) {
        pid_t child;

        dirty_and_zero_every_size();
        child = make_child();
        if (child == 0) {
            dirty_and_zero_every_size();
            REQUIRE(all_bytes_are(kept, 0x11, LARGE));
            free(kept);
            _exit(0);
        }
        wait_for(child, 0);
    }
    REQUIRE(all_bytes_are(kept, 0x11, LARGE));
    free(kept);
}

int
main(void)
{
    require_active();
    watchdog(60);
    run(raw_clone);
    start_resting_thread();
    run(raw_clone);
    if (_Fork != NULL)
        run(_Fork);
    return 0;
}
