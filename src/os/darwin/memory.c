/* SPDX-License-Identifier: MIT */
/*
 * Mappings and zeroing on macOS.
 *
 * Pages become zero by MADV_ZERO, which clears what is populated and brings in
 * nothing, or by mapping over them. Never by MADV_DONTNEED, which is a hint
 * there, nor by MADV_FREE or MADV_FREE_REUSABLE: the contents are undefined
 * afterwards, and programs have read their old bytes.
 */
#include "os/darwin/darwin.h"

#include <sys/mman.h>

#ifndef MADV_ZERO
#define MADV_ZERO 11
#endif

/* What vmmap(1) calls the memory: MALLOC_LARGE. */
#define TAG VM_MAKE_TAG(VM_MEMORY_MALLOC_LARGE)

/* `at` is the address, or 0 for anywhere; the address, or 0. */
static mach_vm_address_t
map(mach_vm_address_t at, size_t length, size_t align)
{
    int flags = TAG | (at == 0 ? VM_FLAGS_ANYWHERE : VM_FLAGS_FIXED);

    if (mach_vm_map(mach_task_self(), &at, length, align - 1, flags,
                    MEMORY_OBJECT_NULL, 0, FALSE, VM_PROT_READ | VM_PROT_WRITE,
                    VM_PROT_ALL, VM_INHERIT_COPY) != KERN_SUCCESS)
        return 0;
    return at;
}

void *
lz_os_map(size_t length, size_t align)
{
    return (void *)(uintptr_t)map(0, length, align);
}

/* A fixed mapping that may not overwrite: refused where something lies. */
int
lz_os_extend(void *start, size_t length, size_t longer)
{
    mach_vm_address_t end = (uintptr_t)start + length;

    return map(end, longer - length, 1) == end ? 0 : ENOMEM;
}

int
lz_os_map_over(void *start, size_t length)
{
    int saved = errno, error = 0;

    if (mmap(start, length, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANON | MAP_FIXED, TAG, 0) == MAP_FAILED)
        error = errno;
    errno = saved;
    return error;
}

/* Gives the pages back, and what reads there afterwards is zero. */
int
lz_os_discard(void *start, size_t length)
{
    return lz_os_map_over(start, length);
}

static int
advise_zero(void *start, size_t length)
{
    int saved = errno, error;

    error = madvise(start, length, MADV_ZERO) == 0 ? 0 : errno;
    errno = saved;
    return error;
}

/*
 * On a page of our own: an older kernel refuses the advice (ENOTSUP, EINVAL).
 */
static bool
try_zero(void)
{
    size_t page = lz_os_page_size();
    unsigned char *p = lz_os_map(page, page);
    bool zeroes;

    if (p == NULL)
        return false;
    *(volatile unsigned char *)p = 0xA5;
    zeroes = advise_zero(p, page) == 0 && *(volatile unsigned char *)p == 0;
    lz_os_unmap(p, page);
    return zeroes;
}

/* Later errors are of one range (copy on write, say), not of the system. */
int
lz_os_zero(void *start, size_t length)
{
    static int known; /* 0: not yet, 1: it does, -1: it does not */
    int answer = __atomic_load_n(&known, __ATOMIC_RELAXED);

    if (answer == 0) {
        answer = try_zero() ? 1 : -1;
        __atomic_store_n(&known, answer, __ATOMIC_RELAXED);
    }
    return answer > 0 ? advise_zero(start, length) : ENOSYS;
}

/* jemalloc expects no zeros of it. */
int
lz_os_heap_advise(void *start, size_t length, int advice)
{
    int saved = errno, result = madvise(start, length, advice);

    errno = saved;
    return result;
}
