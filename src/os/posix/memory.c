/* SPDX-License-Identifier: MIT */
/*
 * Memory as any POSIX system has it. Together with map.c and the files
 * lacks_*.c it is enough for a correct library, which then makes memory zero by
 * writing or by mapping it anew and never by advice: what madvise leaves behind
 * differs between systems.
 */
#include "os/os.h"

#include <sys/mman.h>
#include <unistd.h>

#include "os/next.h"

static size_t page_size;

size_t
lz_os_page_size(void)
{
    size_t size = __atomic_load_n(&page_size, __ATOMIC_RELAXED);

    if (LZ_UNLIKELY(size == 0)) {
        size = (size_t)sysconf(_SC_PAGESIZE);
        __atomic_store_n(&page_size, size, __ATOMIC_RELAXED);
    }
    return size;
}

int
lz_os_unmap(void *start, size_t length)
{
    int saved = errno, error;

    error = lz_os_next_munmap(start, length) == 0 ? 0 : errno;
    errno = saved;
    return error;
}

int
lz_os_protect(void *start, size_t length)
{
    int saved = errno, error;

    error = mprotect(start, length, PROT_NONE) == 0 ? 0 : errno;
    errno = saved;
    return error;
}

static bool
try_discard(void)
{
    size_t page = lz_os_page_size();
    unsigned char *p = lz_os_map(page, page);
    bool zeroes;

    if (p == NULL)
        return false;
    *(volatile unsigned char *)p = 0xA5;
    zeroes = lz_os_discard(p, page) == 0 && *(volatile unsigned char *)p == 0;
    lz_os_unmap(p, page);
    return zeroes;
}

bool
lz_os_discard_zeroes(void)
{
    static int known; /* 0: not yet, 1: it does, -1: it does not */
    int answer = __atomic_load_n(&known, __ATOMIC_RELAXED);

    if (answer == 0) {
        answer = try_discard() ? 1 : -1;
        __atomic_store_n(&known, answer, __ATOMIC_RELAXED);
    }
    return answer > 0;
}

void *
lz_os_heap_map(void *hint, size_t length, int prot, int flags)
{
    int saved = errno;
    void *p = mmap(hint, length, prot, flags, -1, 0);

    errno = saved;
    return p;
}

int
lz_os_heap_unmap(void *start, size_t length)
{
    return lz_os_unmap(start, length) == 0 ? 0 : -1;
}
