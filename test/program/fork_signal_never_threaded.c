/* SPDX-License-Identifier: MIT */
/*
 * fork_signal_never_threaded exits|continues
 *
 * A signal handler forks in a program without threads, most often in the middle
 * of malloc or free: fork must not wait for the call that it interrupted. The
 * child leaves at once, or goes back into that call and on from there. jemalloc
 * 5.3.0 and tcmalloc 2.10 hang here.
 */
#include <time.h>

#include "active.h"
#include "watch.h"

#define FORKS 300
#define CHILD_ROUNDS 20

static volatile sig_atomic_t forks, is_child, child_continues;
static timer_t timer;

/* One shot, so that the program proceeds however slow a fork is. */
static void
start_timer(void)
{
    struct itimerspec soon = {.it_value = {0, 100000 + 7919 * (forks % 100)}};

    REQUIRE(timer_settime(timer, 0, &soon, NULL) == 0);
}

static void
on_signal(int signal_number)
{
    int saved = errno;
    pid_t child = fork();

    (void)signal_number;
    if (child == 0 && !child_continues)
        _exit(0);
    if (child == 0) {
        is_child = 1;
    } else {
        wait_for(child, 0);
        forks = forks + 1;
        start_timer();
    }
    errno = saved;
}

/* Enough blocks of one size to go beyond the thread's cache. */
static void
allocate_many(size_t size, int count)
{
    void *blocks[400];

    for (int i = 0; i < count; i++)
        REQUIRE((blocks[i] = malloc(size)) != NULL);
    for (int i = 0; i < count; i++)
        free(blocks[i]);
}

/* Some of each path: caches, slabs, extents, regions, moved regions. */
static void
allocate_round(int i)
{
    char *p;

    allocate_many(16 + (size_t)i % 64 * 16, 400);
    allocate_many(16384 + (size_t)i % 32 * 16384, 8);
    p = calloc(1, LARGE);
    REQUIRE(p != NULL && p[0] == 0 && p[LARGE - 1] == 0);
    p[0] = p[LARGE - 1] = 1;
    p = realloc(p, 8 * LARGE);
    REQUIRE(p != NULL && p[0] == 1 && p[LARGE - 1] == 1);
    free(p);
}

int
main(int argc, char **argv)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGUSR1};

    require_active();
    watchdog(60);
    REQUIRE(argc == 2);
    child_continues = strcmp(argv[1], "continues") == 0;
    signal(SIGUSR1, on_signal);
    REQUIRE(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    start_timer();
    for (int i = 0; forks < FORKS && !is_child; i++)
        allocate_round(i);
    for (int i = 0; is_child && i < CHILD_ROUNDS; i++)
        allocate_round(i);
    if (is_child)
        use_every_size();
    _exit(0);
}
