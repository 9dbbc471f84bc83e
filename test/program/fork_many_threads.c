/* SPDX-License-Identifier: MIT */
/*
 * fork_many_threads [THREADS]: twenty threads, or as many as given, fork, all
 * at once, and others allocate: the locks that one of
 * them holds for its fork must come free in the parent and in every child, and
 * a child must not find a thread's old bytes in zeroed memory.
 */
#include "active.h"
#include "watch.h"

#define THREADS_MOST 200
#define BUSY_THREADS 3

static int thread_count = 20;

static void
leave_dirty(size_t n)
{
    void *p = malloc(n);

    REQUIRE(p != NULL);
    memset(p, 0xff, n);
    free(p);
}

static void
require_zeroed(size_t n)
{
    void *p = calloc(1, n);

    REQUIRE(p != NULL);
    REQUIRE(all_bytes_are(p, 0, n));
    memset(p, 0xff, n);
    free(p);
}

static void
run_child(void)
{
    static const size_t sizes[] = {TINY, SMALL, MIDDLE, LARGE};

    for (int i = 0; i < 8; i++)
        require_zeroed(sizes[i % 4]);
    _exit(0);
}

static void *
keep_forking(void *unused)
{
    for (int i = 0; i < (thread_count > 50 ? 1 : 10); i++) {
        pid_t child;

        leave_dirty(SMALL);
        leave_dirty(MIDDLE);
        leave_dirty(LARGE);
        child = fork();
        if (child == 0)
            run_child();
        wait_for(child, 0);
    }
    return unused;
}

int
main(int argc, char **argv)
{
    pthread_t threads[THREADS_MOST];

    require_active();
    watchdog(60);
    if (argc == 2)
        thread_count = atoi(argv[1]);
    REQUIRE(thread_count > 0 && thread_count <= THREADS_MOST);
    for (int i = 0; i < BUSY_THREADS; i++)
        start_thread(allocate_forever);
    for (int i = 0; i < thread_count; i++)
        REQUIRE(pthread_create(&threads[i], NULL, keep_forking, NULL) == 0);
    for (int i = 0; i < thread_count; i++)
        REQUIRE(pthread_join(threads[i], NULL) == 0);
    return 0;
}
