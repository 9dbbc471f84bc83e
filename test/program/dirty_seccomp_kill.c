/* SPDX-License-Identifier: MIT */
/*
 * dirty_seccomp_kill before|after: a sandbox that kills at every system call
 * but the few that any malloc makes. LAZYZERO_ORACLE=memset must do without the
 * others, also where the library was in use before the sandbox was entered.
 */
#include "dirty.h"
#include "seccomp_filter.h"

/* Memory, and what this program itself needs to end and to report. */
static const unsigned allowed[] = {
    SYS_mmap,  SYS_munmap,          SYS_mremap,       SYS_madvise,
    SYS_brk,   SYS_futex,           SYS_write,        SYS_exit_group,
    SYS_exit,  SYS_clock_gettime,
#ifdef SYS_mmap2 /* 32 bits */
    SYS_mmap2, SYS_clock_gettime64, SYS_futex_time64,
#endif
};

/* So large that the heap is asked to make room for large blocks. */
static void
use_heap(void)
{
    static void *blocks[40000];

    for (size_t i = 0; i < COUNT(blocks); i++) {
        blocks[i] = malloc(1000);
        make_dirty(blocks[i]);
    }
    for (size_t i = 0; i < COUNT(blocks); i++)
        free(blocks[i]);
}

static void
run(bool used_before)
{
    if (used_before)
        use_every_size_dirty();
    if (!install_filter(allowed, COUNT(allowed), SECCOMP_RET_ALLOW,
                        SECCOMP_RET_KILL_PROCESS))
        _exit(77);
    use_every_size_dirty();
    malloc_trim(0);
    use_heap();
    use_every_size_dirty();
    exit(0); /* and what the library does at exit */
}

int
main(int argc, char **argv)
{
    int status = 0;
    pid_t child;

    require_active();
    watchdog(60);
    REQUIRE(argc == 2);
    child = fork();
    if (child == 0)
        run(strcmp(argv[1], "after") == 0);
    REQUIRE(child > 0 && waitpid(child, &status, 0) == child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip("no seccomp filters");
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        say("killed by the filter\n");
    return status == 0 ? 0 : 1;
}
