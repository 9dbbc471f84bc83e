/* SPDX-License-Identifier: MIT */
/*
 * dirty_shrunk HOW: a block that starts where its mapping does is treated as a
 * whole, shortened by realloc, and freed. What the library keeps of it then has
 * been the program's to the last page: the next owner must not inherit it.
 */
#include "userfault.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

#define LONG (64 * MIB)
#define SHORT (8 * MIB)

static char *
new_long(void)
{
    void *p;

    REQUIRE(posix_memalign(&p, 2 * MIB, LONG) == 0);
    return (char *)p;
}

/* What is left, and the page behind it. */
static void
lock(char *p)
{
    if (mlock(p, SHORT + 2 * MIB) != 0)
        skip("so much may not be locked");
}

static void
treat(char *p, const char *how)
{
    if (strcmp(how, "userfault") == 0)
        fill_by_program(p, LONG);
    else if (strcmp(how, "wipeonfork") == 0)
        REQUIRE(madvise(p, LONG, MADV_WIPEONFORK) == 0);
    else if (strcmp(how, "dontfork") == 0)
        REQUIRE(madvise(p, LONG, MADV_DONTFORK) == 0);
    else
        lock(p);
}

static char *
leave_short(const char *how)
{
    char *p = new_long();

    treat(p, how);
    p = realloc(p, SHORT);
    REQUIRE(p != NULL);
    return p;
}

static void
require_there_in_child(void)
{
    char *p = malloc(SHORT);
    pid_t child;

    memset(p, 0x11, SHORT);
    child = fork();
    if (child == 0) {
        REQUIRE(all_bytes_are(p, 0x11, SHORT));
        _exit(0);
    }
    wait_for(child, 0);
    free(p);
}

int
main(int argc, char **argv)
{
    char *p;

    require_active();
    watchdog(100);
    REQUIRE(argc == 2);
    if (strcmp(argv[1], "userfault") == 0)
        start_serving();
    free(leave_short(argv[1]));
    require_there_in_child();
    REQUIRE(locked_bytes() == 0);
    free(leave_short(argv[1]));
    use_all(SHORT);
    free(leave_short(argv[1]));
    use_scattered(SHORT);
    p = leave_short(argv[1]);
    memset(p, 0, SHORT);
    REQUIRE(all_bytes_are(p, 0, SHORT));
    free(p);
    use_all(SHORT);
    return 0;
}
