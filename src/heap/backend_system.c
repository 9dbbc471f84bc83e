/* SPDX-License-Identifier: MIT */
/*
 * In place of jemalloc: the system's own allocator, under jemalloc's names.
 *
 * For systems where a library's own calls of malloc and free reach libc even
 * while it interposes them (Darwin), or where nothing is interposed (Windows).
 * What the core asks of a backend is here, no more; the system's allocator
 * takes care of its own locks at fork.
 */
#include "heap/backend.h"

#include <string.h>

/* os/darwin/heap.h or os/windows/heap.h (cmake/system.cmake) */
#include LZ_SYSTEM_HEAP

/* What malloc guarantees. */
#define ALIGN 16

void *
je_malloc(size_t n)
{
    return lz_os_block_malloc(n);
}

void *
je_calloc(size_t count, size_t n)
{
    return lz_os_block_calloc(count, n);
}

void *
je_realloc(void *p, size_t n)
{
    return lz_os_block_realloc(p, n);
}

void
je_free(void *p)
{
    lz_os_block_free(p);
}

size_t
je_sallocx(const void *p, int flags)
{
    (void)flags;
    return lz_os_block_size(p);
}

size_t
je_nallocx(size_t n, int flags)
{
    (void)flags;
    return lz_os_block_good_size(n);
}

void
je_dallocx(void *p, int flags)
{
    (void)flags;
    lz_os_block_free(p);
}

void *
je_mallocx(size_t n, int flags)
{
    size_t align = lz_backend_align(flags);
    bool zero = (flags & LZ_MALLOCX_ZERO) != 0;
    void *p;

    if (align <= ALIGN)
        return zero ? lz_os_block_calloc(1, n) : lz_os_block_malloc(n);
    p = lz_os_block_aligned(n, align);
    if (p != NULL && zero)
        memset(p, 0, lz_os_block_size(p));
    return p;
}

static void *
move_aligned(void *p, size_t n, size_t align)
{
    size_t old = lz_os_block_size(p);
    void *q = lz_os_block_aligned(n, align);

    if (q == NULL)
        return NULL;
    memcpy(q, p, old < n ? old : n);
    lz_os_block_free(p);
    return q;
}

void *
je_rallocx(void *p, size_t n, int flags)
{
    size_t align = lz_backend_align(flags), old = lz_os_block_size(p), usable;
    void *q =
        align <= ALIGN ? lz_os_block_realloc(p, n) : move_aligned(p, n, align);

    if (q == NULL || (flags & LZ_MALLOCX_ZERO) == 0)
        return q;
    usable = lz_os_block_size(q);
    if (usable > old)
        memset((char *)q + old, 0, usable - old);
    return q;
}

/* There is no call that resizes in place. */
size_t
je_xallocx(void *p, size_t n, size_t extra, int flags)
{
    (void)n;
    (void)extra;
    (void)flags;
    return lz_os_block_size(p);
}

/* Any pointer may be the system's, which stops at one that is not. */
bool
lz_backend_is_ours_alone(void)
{
    return false;
}

bool
lz_backend_owns(const void *p)
{
    (void)p;
    return true;
}

/* Its middle sizes are zeroed by itself, which knows its own memory. */
bool
lz_backend_may_zero(void)
{
    return false;
}

/* It has its own notion of what memory is short. */
void
lz_backend_make_room(size_t n)
{
    (void)n;
}

size_t
lz_backend_unused(void)
{
    return 0; /* it does not tell */
}

bool
lz_backend_trim(void)
{
    return lz_os_block_relieve();
}

void
lz_backend_set_fork_handlers(void (*prepare)(void), void (*parent)(void),
                             void (*child)(void))
{
    (void)prepare;
    (void)parent;
    (void)child;
}

void
lz_backend_fork_prepare(void)
{
}

void
lz_backend_fork_parent(void)
{
}

void
lz_backend_fork_child(void)
{
}

void
lz_backend_set_ready(void)
{
}
