/* SPDX-License-Identifier: MIT */
/*
 * The two kinds of lock that jemalloc's fork handlers forget (5.3.0): the one
 * of its radix tree, and, where counters of 64 bits need one, that of each
 * arena's statistics. A thread that holds one while another forks leaves it
 * locked in the child for good: fork_many_threads hung in four runs of six on
 * i386. What they guard is whole at any moment (a pointer, counters), so the
 * child makes them anew. The linker gives us jemalloc's calls of
 * malloc_mutex_init.
 */
#include <string.h>

#include "heap/backend.h"

/* An arena each, four of them a processor; one beyond is as in jemalloc. */
#define FORGOTTEN_MOST 64

/* Atomic; NULL where there is none. */
static void *forgotten[FORGOTTEN_MOST];

bool __real_je_malloc_mutex_init(void *mutex, const char *name, unsigned rank,
                                 int order);
bool __wrap_je_malloc_mutex_init(void *mutex, const char *name, unsigned rank,
                                 int order);
void je_malloc_mutex_postfork_child(void *thread, void *mutex);

static void
remember(void *mutex)
{
    for (size_t i = 0; i < FORGOTTEN_MOST; i++) {
        void *none = NULL;

        if (__atomic_compare_exchange_n(&forgotten[i], &none, mutex, false,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED))
            return;
    }
}

bool
__wrap_je_malloc_mutex_init(void *mutex, const char *name, unsigned rank,
                            int order)
{
    bool failed = __real_je_malloc_mutex_init(mutex, name, rank, order);

    if (!failed &&
        (strcmp(name, "rtree") == 0 || strcmp(name, "arena_stats") == 0))
        remember(mutex);
    return failed;
}

void
lz_backend_mutex_unmap(const void *start, size_t length)
{
    for (size_t i = 0; i < FORGOTTEN_MOST; i++) {
        void *mutex = __atomic_load_n(&forgotten[i], __ATOMIC_ACQUIRE);

        if ((uintptr_t)mutex - (uintptr_t)start < length)
            __atomic_store_n(&forgotten[i], NULL, __ATOMIC_RELEASE);
    }
}

void
lz_backend_mutex_fork_child(void)
{
    for (size_t i = 0; i < FORGOTTEN_MOST; i++) {
        void *mutex = __atomic_load_n(&forgotten[i], __ATOMIC_ACQUIRE);

        if (mutex != NULL)
            je_malloc_mutex_postfork_child(NULL, mutex);
    }
}
