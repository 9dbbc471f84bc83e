/* SPDX-License-Identifier: MIT */
/* What only Linux tells of a process: elsewhere nothing is known. */
#include "os/os.h"

#include <signal.h>

#include "os/posix/posix.h"

static bool asks_nothing; /* atomic */

bool
lz_os_asks_nothing(void)
{
    return __atomic_load_n(&asks_nothing, __ATOMIC_RELAXED);
}

void
lz_os_ask_nothing(void)
{
    __atomic_store_n(&asks_nothing, true, __ATOMIC_RELAXED);
}

bool
lz_os_is_on_signal_stack(void)
{
    int saved = errno;
    stack_t stack = {.ss_flags = 0};

    if (!lz_os_asks_nothing())
        sigaltstack(NULL, &stack);
    errno = saved;
    return (stack.ss_flags & SS_ONSTACK) != 0;
}

bool
lz_os_is_single_threaded(void)
{
    return false;
}

bool
lz_os_is_alone(void)
{
    return lz_os_is_single_threaded();
}

/* Stacks are apart; Fibonacci hashing of where this one is. */
unsigned
lz_os_cpu(void)
{
    char here;

    return (uint32_t)((uintptr_t)&here >> 16) * 2654435769u >> 28;
}

size_t
lz_os_count_threads(void)
{
    return 0;
}

bool
lz_os_is_last_thread(void)
{
    return false;
}

void
lz_os_name_thread(const char *name)
{
    (void)name;
}

/* What a thread has by default. */
size_t
lz_os_stack_size(size_t n)
{
    (void)n;
    return 0;
}

void
lz_os_fork_child(void)
{
}

void
lz_os_rest(void)
{
}

void
lz_os_stdio_acquire(void)
{
}

void
lz_os_stdio_release(void)
{
}
