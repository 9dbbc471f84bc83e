/* SPDX-License-Identifier: MIT */
/*
 * Children of all kinds that go on with the model where their parent stands:
 * what the library knows of memory is their parent's at first.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model.h"
#include "patience.h"

enum { CHILD_STEPS = 30, CHILD_SECONDS = 60 };

static void
go_on(void)
{
    model_check_all();
    for (int i = 0; i < CHILD_STEPS; i++)
        model_step();
    model_check_all();
}

/* A copy of this process, which ends here. */
static _Noreturn void
live_as_copy(void)
{
    alarm(patiently(CHILD_SECONDS));
    go_on();
    model_free_all();
    _exit(0);
}

/*
 * Without fork handlers, locks that another thread held stay held: there only
 * what needs no lock can be asked for.
 */
static _Noreturn void
live_as_clone(void)
{
    alarm(patiently(CHILD_SECONDS));
    if (run.threads == 1 && !run.background)
        go_on();
    else
        model_check_all();
    _exit(0);
}

/* In its parent's memory: what it makes and frees is its parent's too. */
static __attribute__((noinline)) pid_t
vfork_child(void)
{
    pid_t child = vfork();

    if (child == 0) {
        go_on();
        _exit(0);
    }
    return child;
}

static void
wait_for(pid_t child)
{
    int status;

    if (child < 0)
        model_fail("no child: errno %d", errno);
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            model_fail("no child to wait for: errno %d", errno);
    }
    if (status != 0)
        model_fail("the child ended with the status 0x%x", (unsigned)status);
}

/* One in a while, vfork rarely: other threads' signals wait for it. */
void
children_make(void)
{
    size_t kind = random_below(4);
    pid_t child;

    if (me->is_child)
        return;
    me->children++;
    me->is_child = true;
    me->call = kind == 0 ? "vfork" : kind == 1 ? "clone" : "fork";
    if (kind == 0) {
        child = vfork_child();
    } else if (kind == 1) {
        child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
        if (child == 0)
            live_as_clone();
    } else {
        child = fork();
        if (child == 0)
            live_as_copy();
    }
    me->is_child = false;
    wait_for(child);
}
