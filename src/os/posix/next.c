/* SPDX-License-Identifier: MIT */
#include "os/next.h"

#include <sys/mman.h>

#include "os/os.h"

/* Each pointer is atomic. NULL until jemalloc has started. */
LZ_HIDDEN struct lz_os_next lz_os_next;
static struct lz_os_next found;
static bool started; /* atomic */

static void
publish(void)
{
    if (!__atomic_load_n(&started, __ATOMIC_ACQUIRE))
        return;
    __atomic_store_n(&lz_os_next.munmap, found.munmap, __ATOMIC_RELEASE);
    __atomic_store_n(&lz_os_next.mremap, found.mremap, __ATOMIC_RELEASE);
    __atomic_store_n(&lz_os_next.madvise, found.madvise, __ATOMIC_RELEASE);
    __atomic_store_n(&lz_os_next.is_foreign, found.is_foreign,
                     __ATOMIC_RELEASE);
}

void
lz_os_set_next(const struct lz_os_next *functions)
{
    found = *functions;
    publish();
}

void
lz_os_set_started(void)
{
    __atomic_store_n(&started, true, __ATOMIC_RELEASE);
    publish();
}

bool
lz_os_next_is_foreign(void)
{
    return __atomic_load_n(&lz_os_next.is_foreign, __ATOMIC_ACQUIRE);
}

int
lz_os_next_munmap(void *p, size_t n)
{
    int (*next)(void *, size_t) =
        __atomic_load_n(&lz_os_next.munmap, __ATOMIC_ACQUIRE);

    return next != NULL ? next(p, n) : munmap(p, n);
}

int
lz_os_next_madvise(void *p, size_t n, int advice)
{
    int (*next)(void *, size_t, int) =
        __atomic_load_n(&lz_os_next.madvise, __ATOMIC_ACQUIRE);

    return next != NULL ? next(p, n, advice) : madvise(p, n, advice);
}
