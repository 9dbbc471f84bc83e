/* SPDX-License-Identifier: MIT */
/*
 * middle MODE BYTES COUNT LIBRARY: blocks of middle size.
 *
 * MODE same: COUNT pairs of malloc and free by one thread, one byte written of
 * each block. MODE other: one thread allocates COUNT blocks, and another one
 * frees them. Both print nanoseconds a block. MODE idle: COUNT threads use
 * blocks of 64 KiB to BYTES in full, free them, and wait. Prints how many KiB
 * are then resident above the start.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "clock.h"
#include "owner.h"

#define SLOTS 16
#define LEAST ((size_t)64 << 10)
#define WARM 1000
#define PAIRS 20

static size_t bytes;
static _Atomic(char *) slots[SLOTS];
static pthread_barrier_t barrier;

static char *
used(void)
{
    char *volatile p = malloc(bytes);

    if (p == NULL)
        abort();
    *p = 1;
    return p;
}

static void
use_same(long count)
{
    while (count-- > 0)
        free(used());
}

static void *
free_all(void *count)
{
    char *p;

    for (long i = 0; i < *(long *)count; i++) {
        while ((p = atomic_load(&slots[i % SLOTS])) == NULL)
            sched_yield();
        atomic_store(&slots[i % SLOTS], NULL);
        free(p);
    }
    return NULL;
}

static void
use_other(long count)
{
    pthread_t other;

    if (pthread_create(&other, NULL, free_all, &count) != 0)
        abort();
    for (long i = 0; i < count; i++) {
        while (atomic_load(&slots[i % SLOTS]) != NULL)
            sched_yield();
        atomic_store(&slots[i % SLOTS], used());
    }
    pthread_join(other, NULL);
}

static void *
use_and_wait(void *unused)
{
    for (size_t size = LEAST; size <= bytes; size *= 2) {
        for (int i = 0; i < PAIRS; i++) {
            char *p = malloc(size);

            if (p == NULL)
                abort();
            memset(p, 1, size);
            free(p);
        }
    }
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return unused;
}

static int
print_idle(long count)
{
    long before = resident_kib();
    pthread_t thread;

    pthread_barrier_init(&barrier, NULL, (unsigned)count + 1);
    for (long i = 0; i < count; i++) {
        if (pthread_create(&thread, NULL, use_and_wait, NULL) != 0)
            abort();
    }
    pthread_barrier_wait(&barrier);
    usleep(100000);
    return printf("{\"kib\": %ld}\n", resident_kib() - before) < 0;
}

int
main(int argc, char **argv)
{
    void (*use)(long count);
    uint64_t start;
    long count;

    if (argc < 5) {
        fprintf(stderr, "usage: middle same|other|idle BYTES COUNT LIBRARY\n");
        return 2;
    }
    require_owner("malloc", argv[4]);
    require_owner("free", argv[4]);
    bytes = strtoul(argv[2], NULL, 10);
    count = atol(argv[3]);
    if (strcmp(argv[1], "idle") == 0)
        return print_idle(count);
    use = strcmp(argv[1], "other") == 0 ? use_other : use_same;
    use(WARM);
    start = now();
    use(count);
    printf("{\"ns\": %.2f}\n", (double)(now() - start) / (double)count);
    return 0;
}
