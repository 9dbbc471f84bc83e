/* SPDX-License-Identifier: MIT */
#include "os/windows/heap.h"

#include <string.h>

#include "os/windows/windows.h"

/* What HeapAlloc guarantees with 64 bits, and what the header takes. */
#define ALIGN 16

struct header {
    size_t offset; /* of the block in that of the process heap */
};

_Static_assert(sizeof(struct header) <= ALIGN, "fits");

static struct header *
header_of(const void *p)
{
    return (struct header *)((uintptr_t)p - ALIGN);
}

static char *
start_of(const void *p)
{
    return (char *)((uintptr_t)p - header_of(p)->offset);
}

static void *
refuse(void)
{
    errno = ENOMEM;
    return NULL;
}

/* The block at that offset in `start`, which may be NULL. */
static void *
block_in(char *start, size_t offset)
{
    if (start == NULL)
        return refuse();
    header_of(start + offset)->offset = offset;
    return start + offset;
}

static void *
allocate(size_t n, DWORD flags)
{
    if (n > LZ_SIZE_LIMIT)
        return refuse();
    return block_in(HeapAlloc(GetProcessHeap(), flags, n + ALIGN), ALIGN);
}

void *
lz_os_block_malloc(size_t n)
{
    return allocate(n, 0);
}

void *
lz_os_block_calloc(size_t count, size_t n)
{
    size_t size;

    if (__builtin_mul_overflow(count, n, &size))
        return refuse();
    return allocate(size, HEAP_ZERO_MEMORY);
}

void *
lz_os_block_aligned(size_t n, size_t align)
{
    char *start;

    if (align <= ALIGN)
        return allocate(n, 0);
    if (n > LZ_SIZE_LIMIT || align > LZ_SIZE_LIMIT / 2)
        return refuse();
    start = HeapAlloc(GetProcessHeap(), 0, n + align);
    return block_in(start, lz_round_up((uintptr_t)start + ALIGN, align) -
                               (uintptr_t)start);
}

/* What HeapReAlloc moves it may align otherwise. */
static void *
move(void *p, size_t n)
{
    size_t old = lz_os_block_size(p);
    void *q = allocate(n, 0);

    if (q == NULL)
        return NULL;
    memcpy(q, p, old < n ? old : n);
    lz_os_block_free(p);
    return q;
}

void *
lz_os_block_realloc(void *p, size_t n)
{
    if (p == NULL || n > LZ_SIZE_LIMIT)
        return allocate(n, 0);
    if (header_of(p)->offset != ALIGN)
        return move(p, n);
    return block_in(HeapReAlloc(GetProcessHeap(), 0, start_of(p), n + ALIGN),
                    ALIGN);
}

void
lz_os_block_free(void *p)
{
    if (p != NULL)
        HeapFree(GetProcessHeap(), 0, start_of(p));
}

size_t
lz_os_block_size(const void *p)
{
    if (p == NULL)
        return 0;
    return HeapSize(GetProcessHeap(), 0, start_of(p)) - header_of(p)->offset;
}

size_t
lz_os_block_good_size(size_t n)
{
    return n;
}

bool
lz_os_block_relieve(void)
{
    return HeapCompact(GetProcessHeap(), 0) != 0;
}
