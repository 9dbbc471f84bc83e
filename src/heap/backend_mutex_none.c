/* SPDX-License-Identifier: MIT */
/* Instead of backend_mutex.c on macOS, whose linker wraps nothing. */
#include "heap/backend.h"

void
lz_backend_mutex_unmap(const void *start, size_t length)
{
    (void)start;
    (void)length;
}

void
lz_backend_mutex_fork_child(void)
{
}
