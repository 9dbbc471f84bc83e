/* SPDX-License-Identifier: MIT */
/*
 * background_thread last|idle|alone|full: the library's own thread. `last`:
 * main ends by pthread_exit, then a worker; the process ends, and its exit
 * handlers run as on a thread of the program. `idle`: a program with threads
 * that sleeps keeps nothing. `alone`: one that has a single thread has no
 * other. `full`: it ends where no address space is left (jemalloc crashed for
 * want of an arena).
 */
#include <dirent.h>
#include <sched.h>
#include <sys/resource.h>

#include "dirty.h"

#define KEPT (64 * MIB)

/* More than any thread of the library's own would be given. */
static __thread char local[MIB];

static void
keep_something(void)
{
    char *p = malloc(KEPT);

    make_dirty(p);
    free(p);
}

/* How many threads; `name` not NULL: of that name. */
static size_t
count_threads(const char *name)
{
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *task;
    char path[300], line[32];
    size_t count = 0;

    REQUIRE(tasks != NULL);
    while ((task = readdir(tasks)) != NULL) {
        FILE *file;

        if (task->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "/proc/self/task/%s/comm", task->d_name);
        file = fopen(path, "r");
        if (file == NULL)
            continue;
        if (fgets(line, sizeof(line), file) != NULL)
            count += name == NULL || strncmp(line, name, strlen(name)) == 0;
        fclose(file);
    }
    closedir(tasks);
    return count;
}

static void *
work(void *unused)
{
    local[0] = 1;
    keep_something();
    usleep(300000);
    return unused;
}

static void
use_a_stack(void)
{
    volatile char much[512 * 1024];
    sigset_t mask;

    for (size_t i = 0; i < sizeof(much); i += 1024)
        much[i] = 1;
    REQUIRE(pthread_sigmask(SIG_BLOCK, NULL, &mask) == 0);
    REQUIRE(!sigismember(&mask, SIGTERM));
    say("handlers ran\n");
}

static void *
rest(void *unused)
{
    for (;;)
        pause();
    return unused;
}

static void
run_idle(void)
{
    size_t before;

    start_thread(rest);
    before = resident_bytes();
    for (int round = 0; round < 2; round++) {
        keep_something();
        while (count_threads("lazyzero") == 0)
            usleep(1000);
        while (resident_bytes() > before + 16 * MIB)
            usleep(10000);
        while (count_threads("lazyzero") != 0)
            usleep(10000);
        /* A thread that could not be had is tried for again that late. */
        usleep(200000);
    }
}

/* unshare(2): EINVAL in a process with threads. */
static void
run_alone(void)
{
    pid_t child = fork();

    if (child == 0) {
        keep_something();
        REQUIRE(count_threads(NULL) == 1);
        REQUIRE(unshare(CLONE_NEWUSER) == 0 || errno != EINVAL);
        _exit(0);
    }
    wait_for(child, 0);
}

static void
run_full(void)
{
    static const struct rlimit nothing = {.rlim_cur = 4096, .rlim_max = 4096};

    start_thread(rest);
    keep_something();
    while (count_threads("lazyzero") == 0)
        usleep(1000);
    REQUIRE(setrlimit(RLIMIT_AS, &nothing) == 0);
    while (count_threads("lazyzero") != 0)
        usleep(10000);
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(60);
    REQUIRE(argc == 2);
    local[0] = 1;
    if (strcmp(argv[1], "idle") == 0) {
        run_idle();
    } else if (strcmp(argv[1], "alone") == 0) {
        run_alone();
    } else if (strcmp(argv[1], "full") == 0) {
        run_full();
    } else {
        REQUIRE(atexit(use_a_stack) == 0);
        keep_something();
        start_thread(work);
        pthread_exit(NULL);
    }
    return 0;
}
