/* SPDX-License-Identifier: MIT */
/* What only Linux does better for a process, as far as POSIX goes. */
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
