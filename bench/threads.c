/* SPDX-License-Identifier: MIT */
/*
 * threads MODE N MS LIBRARY: how much N of them get done in MS milliseconds.
 *
 * MODE threads or processes: each cycles a zeroed block of 16 MiB and uses the
 * first hundredth. MODE small or large: N threads allocate blocks (64 to 1,024
 * bytes; 2 MiB, one page used) and the next thread frees them. Prints
 * operations per second, all together.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "clock.h"
#include "owner.h"

#define MOST 64
#define BLOCK ((size_t)16 << 20)
#define LARGE ((size_t)2 << 20)
#define SLOTS 256

/* One writer, one reader each. */
struct ring {
    _Atomic(void *) slots[SLOTS];
};

/* Shared with the processes; one cache line each. */
struct shared {
    _Alignas(64) atomic_ulong done;
};

static struct shared *shared;
static struct ring rings[MOST];
static uint64_t end;
static int workers;
static size_t least, most;

static void *
cycle(void *argument)
{
    struct shared *own = argument;
    unsigned long count = 0;

    do {
        char *p = calloc(1, BLOCK);

        if (p == NULL)
            abort();
        for (size_t i = 0; i < BLOCK / 100; i += 4096)
            p[i] = 1;
        free(p);
        count++;
    } while (now() < end);
    atomic_store(&own->done, count);
    return NULL;
}

static int
free_some(struct ring *ring)
{
    int freed = 0;

    for (size_t i = 0; i < SLOTS; i++) {
        void *p = atomic_exchange(&ring->slots[i], NULL);

        freed += p != NULL;
        free(p);
    }
    return freed;
}

/* Fills its own ring, and frees what the neighbour has put into the other. */
static void *
hand_over(void *argument)
{
    struct shared *own = argument;
    int me = (int)(own - shared);
    struct ring *from = &rings[(me + 1) % workers];
    unsigned long count = 0;
    size_t n = least;

    do {
        for (size_t i = 0; i < SLOTS; i++) {
            char *p;

            if (atomic_load(&rings[me].slots[i]) != NULL)
                continue;
            n = least + (n + 97) % (most - least + 1);
            p = malloc(n);
            if (p == NULL)
                abort();
            *p = 1;
            atomic_store(&rings[me].slots[i], p);
            count++;
        }
        free_some(from);
    } while (now() < end);
    atomic_store(&own->done, count);
    return NULL;
}

static void
run_threads(void *(*work)(void *))
{
    pthread_t threads[MOST];

    for (int i = 0; i < workers; i++)
        if (pthread_create(&threads[i], NULL, work, &shared[i]) != 0)
            abort();
    for (int i = 0; i < workers; i++)
        pthread_join(threads[i], NULL);
}

static void
run_processes(void)
{
    for (int i = 0; i < workers; i++)
        if (fork() == 0) {
            cycle(&shared[i]);
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
}

int
main(int argc, char **argv)
{
    unsigned long done = 0;
    uint64_t start;

    if (argc != 5 || (workers = atoi(argv[2])) < 1 || workers > MOST) {
        fprintf(stderr, "usage: threads MODE N MS LIBRARY\n");
        return 2;
    }
    require_owner("malloc", argv[4]);
    shared = mmap(NULL, MOST * sizeof(*shared), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    least = strcmp(argv[1], "large") == 0 ? LARGE : 64;
    most = strcmp(argv[1], "large") == 0 ? LARGE : 1024;
    start = now();
    end = start + strtoull(argv[3], NULL, 10) * 1000000;
    if (strcmp(argv[1], "processes") == 0)
        run_processes();
    else
        run_threads(strcmp(argv[1], "threads") == 0 ? cycle : hand_over);
    start = now() - start;
    for (int i = 0; i < workers; i++)
        done += atomic_load(&shared[i].done);
    printf("{\"per_second\": %.1f}\n", (double)done / ((double)start / 1e9));
    return 0;
}
