/* SPDX-License-Identifier: MIT */
/* Children that go on where their parent stands. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"

enum { CHILD_STEPS = 25, CHILD_SECONDS = 100 };

static bool
is_to_go(const struct block *block)
{
    return block->p != NULL && block->is_absent && block->is_large;
}

/*
 * Of a block with MADV_DONTFORK there may be but parts. All such are freed
 * before anything can move into their holes; afterwards something does.
 */
static void
free_absent(void)
{
    unsigned char *holes[OWN];
    size_t count = 0;

    me->call = "free of what is not in a child";
    for (size_t i = 0; i < OWN; i++) {
        if (!is_to_go(&me->blocks[i]))
            continue;
        holes[count++] = me->blocks[i].p;
        free(me->blocks[i].p);
        me->blocks[i].p = NULL;
    }
    while (count-- > 0)
        holes_settle(holes[count], 256);
}

static void
note_wiped(void)
{
    for (size_t i = 0; i < OWN; i++) {
        if (me->blocks[i].is_wiped)
            pages_may_be(&me->blocks[i], 0, me->blocks[i].pages, ZERO);
    }
}

static _Noreturn void
live_as_child(void)
{
    alarm(CHILD_SECONDS);
    free_absent();
    note_wiped();
    steps_check_all();
    for (int i = 0; i < CHILD_STEPS; i++)
        steps_take();
    steps_check_all();
    steps_free_all();
    _exit(0);
}

void
children_make(void)
{
    int status;
    pid_t child;

    if (me->is_child)
        return;
    me->call = "fork";
    me->is_child = true;
    child = fork();
    if (child == 0)
        live_as_child();
    me->is_child = false;
    me->call = "fork";
    if (child < 0 || waitpid(child, &status, 0) != child)
        report_failure("no child");
    if (status != 0)
        report_failure("the child ended with the status %#x", (unsigned)status);
}
