/* SPDX-License-Identifier: MIT */
/* What a process starts with, where programs are in ELF's format. */
#include "os/os.h"

#include <pthread.h>

extern char **environ;

char **
lz_os_environment(void)
{
    return environ;
}

int
lz_os_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    return pthread_atfork(prepare, parent, child);
}
