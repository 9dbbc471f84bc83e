/* SPDX-License-Identifier: MIT */
/*
 * dirty_capacity: a block that realloc made as large as its mapping gets
 * MADV_DONTFORK and is freed. Its next owner must be there in a fork child.
 */
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "dirty.h"

int
main(void)
{
    volatile char *q; /* to be read again in the child */
    char *p;
    int status;
    pid_t child;

    require_active();
    watchdog(60);
    do
        p = malloc(MIB);
    while (((uintptr_t)p & (2 * MIB - 1)) != 0); /* without a stagger */
    p = realloc(p, 2 * MIB);
    REQUIRE(madvise(p, 2 * MIB, MADV_DONTFORK) == 0);
    free(p);
    q = malloc(MIB);
    q[5000] = 77;
    child = fork();
    if (child == 0)
        _exit(q[5000] == 77 ? 0 : 1);
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return 0;
}
