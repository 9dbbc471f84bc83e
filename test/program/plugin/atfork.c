/* SPDX-License-Identifier: MIT */
#include "atfork.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

void (*atfork_action)(void);

static void
act(void)
{
    if (atfork_action != NULL)
        atfork_action();
}

void
atfork_register(void)
{
    if (pthread_atfork(act, act, act) != 0)
        abort();
}

/* Allocates nothing: the first thing that happens may be the registration. */
__attribute__((constructor)) static void
load(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[2], "library") == 0)
        atfork_register();
}
