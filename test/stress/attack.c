/* SPDX-License-Identifier: MIT */
/*
 * attack [--seed N] [--steps N] [--threads N] [--faults 0|1], with the library
 * preloaded. --faults 1: pages are filled by userfaultfd too, and a page
 * without memory may then hold more than zeros.
 *
 * Prints one line at the end, or the first thing that is wrong and the command
 * that repeats it: exactly with one thread, where no more than the addresses
 * and the clock differ from run to run.
 */
#include "attack.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "active.h"

struct run run = {.steps = 2000, .threads = 1, .empty = ZERO};
_Thread_local struct worker *me;

static struct worker workers[THREADS_MOST];

static void *
work(void *worker)
{
    me = worker;
    for (me->step = 0; me->step < run.steps / run.threads; me->step++)
        steps_take();
    steps_end();
    return NULL;
}

/* Seeds next to each other must not give related sequences. */
static uint64_t
mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (x ^ x >> 31) | 1;
}

/* The least size that gets a mapping of its own. */
static size_t
find_threshold(void)
{
    size_t low = 0, high = 64 * MIB;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        void *p = malloc(middle);

        if (lazyzero_owns(p))
            high = middle;
        else
            low = middle;
        free(p);
    }
    return high;
}

static void
set_up(void)
{
    for (unsigned i = 0; i < run.threads; i++) {
        workers[i].number = i;
        workers[i].random = mix(run.seed * THREADS_MOST + i + 1);
        workers[i].call = "start";
    }
    me = &workers[0];
    steps_begin();
    run.page = (size_t)sysconf(_SC_PAGESIZE);
    run.threshold = find_threshold();
    steps_make_file();
}

/* The library's thread may hold one that it zeroes. */
static void
finish(size_t mappings)
{
    const struct timespec moment = {0, 50000000};

    me->call = "malloc_trim";
    malloc_trim(0);
    nanosleep(&moment, NULL);
    malloc_trim(0);
    me->call = "end";
    report_left(mappings);
}

static void
report(void)
{
    static const char *const what[] = {"made",        "resized",    "advised",
                                       "protected",   "locked",     "holes",
                                       "mapped over", "userfaultfd"};

    printf("attack: seed %llu:", (unsigned long long)run.seed);
    for (size_t k = 0; k < sizeof(what) / sizeof(what[0]); k++) {
        uint64_t sum = 0;

        for (unsigned i = 0; i < run.threads; i++)
            sum += workers[i].done[k];
        printf(" %llu %s%s", (unsigned long long)sum, what[k],
               k == 7 ? "\n" : ",");
    }
}

static void
read_arguments(int argc, char **argv)
{
    run.seed = (uint64_t)time(NULL) * 1000003 + (uint64_t)getpid();
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t value = strtoull(argv[i + 1], NULL, 0);

        if (strcmp(argv[i], "--seed") == 0)
            run.seed = value;
        else if (strcmp(argv[i], "--steps") == 0)
            run.steps = value;
        else if (strcmp(argv[i], "--threads") == 0)
            run.threads = (unsigned)value;
        else if (strcmp(argv[i], "--faults") == 0)
            run.faults = (unsigned)value;
        else
            argc = 0;
    }
    if (argc % 2 == 1 && run.threads >= 1 && run.threads <= THREADS_MOST)
        return;
    fprintf(stderr, "usage: attack [--seed N] [--steps N] [--threads N] "
                    "[--faults 0|1]\n");
    exit(2);
}

int
main(int argc, char **argv)
{
    pthread_t threads[THREADS_MOST];
    size_t mappings;

    require_active();
    read_arguments(argc, argv);
    set_up();
    report_signals();
    faults_start();
    mappings = report_mappings();
    for (unsigned i = 1; i < run.threads; i++) {
        if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
            return 2;
    }
    work(&workers[0]);
    for (unsigned i = 1; i < run.threads; i++)
        pthread_join(threads[i], NULL);
    finish(mappings);
    report();
    return 0;
}
