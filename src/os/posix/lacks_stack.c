/* SPDX-License-Identifier: MIT */
/* A build without an unwinder knows no call stacks. */
#include "os/stack.h"

int
lz_os_backtrace(uintptr_t *frames, int most)
{
    (void)frames;
    (void)most;
    return 0;
}
