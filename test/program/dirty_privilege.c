/* SPDX-License-Identifier: MIT */
/*
 * dirty_privilege setuid|undumpable before|after: a daemon that gives up root,
 * or hides its memory, can no longer open what describes it. What it opened
 * before goes on working, but not in its children.
 */
#include <sys/prctl.h>

#include "dirty.h"

#define NOBODY 65534

static void
give_up_root(void)
{
    REQUIRE(setgid(NOBODY) == 0);
    REQUIRE(setuid(NOBODY) == 0);
    REQUIRE(setuid(0) != 0);
}

static void
hide(void)
{
    REQUIRE(prctl(PR_SET_DUMPABLE, 0) == 0);
}

static void
use_in_child(void)
{
    pid_t child = fork();

    if (child == 0) {
        use_every_size_dirty();
        _exit(0);
    }
    wait_for(child, 0);
}

int
main(int argc, char **argv)
{
    void (*act)(void);

    require_active();
    watchdog(60);
    REQUIRE(argc == 3);
    act = strcmp(argv[1], "setuid") == 0 ? give_up_root : hide;
    if (act == give_up_root && geteuid() != 0)
        skip("not root");
    if (strcmp(argv[2], "after") == 0)
        use_every_size_dirty();
    act();
    use_every_size_dirty();
    use_in_child();
    use_every_size_dirty();
    return 0;
}
