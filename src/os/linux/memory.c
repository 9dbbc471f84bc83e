/* SPDX-License-Identifier: MIT */
/* Memory, as Linux from 3.x on has it. */
#include "os/os.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "os/linux/proc.h"
#include "os/next.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

void *
lz_os_next_mremap(void *p, size_t n, size_t to_n, int flags, void *to)
{
    void *(*next)(void *, size_t, size_t, int, ...) =
        __atomic_load_n(&lz_os_next.mremap, __ATOMIC_ACQUIRE);

    return next != NULL ? next(p, n, to_n, flags, to)
                        : mremap(p, n, to_n, flags, to);
}

/* MADV_DONTNEED zeroes private memory; lz_os_discard_zeroes tries it. */
int
lz_os_discard(void *start, size_t length)
{
    int saved = errno, error;

    error = lz_os_next_madvise(start, length, MADV_DONTNEED) == 0 ? 0 : errno;
    errno = saved;
    return error;
}

bool
lz_os_is_mapped(char *start, size_t length)
{
    /* Changes nothing, and fails with ENOMEM where there is a hole. */
    return lz_os_heap_advise(start, length, MADV_NORMAL) == 0;
}

/*
 * The bare system call (call.c): allocator locks are held, and another
 * library's function may allocate. Nobody needs to observe this advice.
 */
int
lz_os_inherit(void *start, size_t length, bool inherited)
{
    int saved = errno, error = 0;

    if (madvise(start, length, inherited ? MADV_DOFORK : MADV_DONTFORK) != 0)
        error = errno;
    errno = saved;
    return error;
}

int
lz_os_heap_advise(void *start, size_t length, int advice)
{
    int saved = errno, result = lz_os_next_madvise(start, length, advice);

    errno = saved;
    return result;
}

void *
lz_os_heap_break(intptr_t increment)
{
    int saved = errno;
    void *p = sbrk(increment);

    errno = saved;
    return p;
}

int
lz_os_extend(void *start, size_t length, size_t longer)
{
    int saved = errno, error = 0;

    if (lz_os_next_mremap(start, length, longer, 0, NULL) == MAP_FAILED)
        error = errno;
    errno = saved;
    return error;
}

void
lz_os_name(void *start, size_t length)
{
    static bool refused;
    int saved = errno;

    /*
     * Needs Linux 5.17, if it was configured so. A mapping without a name works
     * as well.
     */
    if (!__atomic_load_n(&refused, __ATOMIC_RELAXED) &&
        !lz_os_proc_is_silent() &&
        prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, (unsigned long)(uintptr_t)start,
              length, "lazyzero") != 0)
        __atomic_store_n(&refused, true, __ATOMIC_RELAXED);
    errno = saved;
}

void
lz_os_keep_out_of_dumps(void *start, size_t length)
{
    lz_os_heap_advise(start, length, MADV_DONTDUMP);
}

void
lz_os_want_hugepages(void *start, size_t length, bool wanted)
{
    lz_os_heap_advise(start, length, wanted ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

/*
 * MADV_POPULATE_WRITE is of Linux 5.14. EINVAL is the answer before it, and
 * later where a part of the range is not writable; no range at all tells which.
 */
static int
explain_refusal(void *start)
{
    return lz_os_next_madvise(start, 0, MADV_POPULATE_WRITE) == 0 ? EFAULT
                                                                  : ENOSYS;
}

int
lz_os_populate(void *start, size_t length)
{
    int saved = errno, error = 0;

    while (error == 0 &&
           lz_os_next_madvise(start, length, MADV_POPULATE_WRITE) != 0) {
        if (errno == EINVAL)
            error = explain_refusal(start);
        else if (errno != EINTR && errno != EAGAIN)
            error = errno;
    }
    errno = saved;
    return error;
}
