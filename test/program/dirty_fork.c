/* SPDX-License-Identifier: MIT */
/*
 * dirty_fork fork|vfork|clone|newpid: a child, and a child's child, zero memory
 * that other pages are populated of than in the parent. What the parent knows
 * of its pages (a descriptor that describes them, above all) must not be
 * believed there.
 */
#include <sched.h>
#include <sys/syscall.h>

#include "dirty.h"

static void *untouched[DIRTY_SIZES];

static void
take_untouched(void)
{
    for (size_t i = 0; i < DIRTY_SIZES; i++) {
        untouched[i] = calloc(1, dirty_sizes[i]);
        REQUIRE(untouched[i] != NULL);
    }
}

/* Dirt where the parent has no page. */
static void
free_dirty(void)
{
    for (size_t i = 0; i < DIRTY_SIZES; i++) {
        require_zero(untouched[i], dirty_sizes[i]);
        make_dirty(untouched[i]);
        free(untouched[i]);
    }
}

/* Its dirt is its own: here all is as it was. */
static void
free_untouched(void)
{
    for (size_t i = 0; i < DIRTY_SIZES; i++) {
        require_zero(untouched[i], dirty_sizes[i]);
        free(untouched[i]);
    }
}

static pid_t
clone_process(unsigned long flags)
{
    return (pid_t)syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
}

static pid_t
raw_clone(void)
{
    return clone_process(0);
}

/* Its process id is 1, and so is that of its own such child. */
static pid_t
new_pid(void)
{
    pid_t child = clone_process(CLONE_NEWPID);

    if (child < 0)
        skip("no process may be made in a new pid namespace");
    if (child == 0)
        REQUIRE(getpid() == 1);
    return child;
}

static void
run(pid_t (*make_child)(void), int generations)
{
    pid_t child;

    for (int round = 0; round < 2; round++) {
        take_untouched();
        child = make_child();
        if (child == 0) {
            free_dirty();
            use_every_size_dirty();
            if (generations > 1)
                run(make_child, generations - 1);
            _exit(0);
        }
        wait_for(child, 0);
        free_untouched();
        use_every_size_dirty();
    }
}

/* Before the parent ever needed a zero: nothing is known yet. */
static void
run_from_start(pid_t (*make_child)(void))
{
    run(make_child, 2);
    use_every_size_dirty();
    run(make_child, 2);
}

static int
vfork_child(void *unused)
{
    (void)unused;
    free_dirty();
    use_every_size_dirty();
    return 0;
}

static int
count_descriptors(void)
{
    int count = 0;

    for (int fd = 0; fd < 1024; fd++)
        count += dup2(fd, fd) == fd;
    return count;
}

/* Memory is shared with the child, descriptors are not. */
static void
run_vfork(void)
{
    static char stack[256 << 10] __attribute__((aligned(64)));
    int count = 0;

    for (int round = 0; round < 10; round++) {
        take_untouched();
        wait_for(clone(vfork_child, stack + sizeof(stack),
                       CLONE_VM | CLONE_VFORK | SIGCHLD, NULL),
                 0);
        use_every_size_dirty();
        if (round == 0)
            count = count_descriptors();
    }
    REQUIRE(count_descriptors() == count);
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(100);
    REQUIRE(argc == 2);
    if (strcmp(argv[1], "fork") == 0)
        run_from_start(fork);
    else if (strcmp(argv[1], "clone") == 0)
        run_from_start(raw_clone);
    else if (strcmp(argv[1], "newpid") == 0)
        run_from_start(new_pid);
    else
        run_vfork();
    return 0;
}
