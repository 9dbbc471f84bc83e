/* SPDX-License-Identifier: MIT */
/*
 * exit while other threads allocate: they go on through all exit handlers and
 * destructors, the library's own included.
 */
#include "active.h"
#include "watch.h"

#define CHILDREN 60

static void
at_exit(void)
{
    use_every_size();
}

static void
run_child(int i)
{
    REQUIRE(atexit(at_exit) == 0);
    REQUIRE(at_quick_exit(at_exit) == 0);
    for (int thread = 0; thread < 4; thread++)
        start_thread(allocate_forever);
    usleep(100 * (unsigned)i);
    if (i % 2 == 0)
        exit(7);
    quick_exit(7);
}

int
main(void)
{
    require_active();
    watchdog(60);
    for (int i = 0; i < CHILDREN; i++) {
        pid_t child = fork();

        if (child == 0)
            run_child(i);
        wait_for(child, 7);
    }
    return 0;
}
