/* SPDX-License-Identifier: MIT */
/*
 * wait_released [forked]: while a process with one thread waits, in any call,
 * what it keeps is given back. Another process looks at it, and only when the
 * memory is gone does what the call waits for come. With LAZYZERO_RETAIN=1G, so
 * that it surely is kept. `forked`: in the child of a process with threads.
 */
#include "wait.h"

#define KEPT (40 * MIB)
#define NOISE (8 * MIB)

/* Shared by the process that waits and the one that looks. */
static struct {
    size_t resident; /* before the call; 0: not yet */
} * shared;

static size_t
resident_bytes_of(pid_t process)
{
    char path[64];
    size_t pages = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/statm", process);
    file = fopen(path, "r");
    REQUIRE(file != NULL);
    REQUIRE(fscanf(file, "%*u %zu", &pages) == 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void
do_nothing(int signal_number)
{
    (void)signal_number;
}

static void
pass_ms(long ms)
{
    struct timespec time = {.tv_nsec = ms * 1000000};

    nanosleep(&time, NULL);
}

static void
pass_a_moment(void)
{
    pass_ms(1);
}

/* The watchdog ends what goes on for ever; see test(). */
static void
look(const struct waiting *waiting)
{
    size_t before;

    while ((before = __atomic_load_n(&shared->resident, __ATOMIC_ACQUIRE)) == 0)
        pass_a_moment();
    while (resident_bytes_of(scene.waiter) + KEPT - NOISE > before)
        pass_a_moment();
    /* A signal that comes before the call itself would not end it. */
    pass_ms(100);
    if (waiting->come != NULL)
        waiting->come();
    else
        REQUIRE(kill(scene.waiter, SIGUSR1) == 0);
    /* This one is the waiter's child too, and is not to end before the other.
     */
    while (waiting->come == come_child && kill(scene.child, 0) == 0)
        pass_a_moment();
    _exit(0);
}

static void
test(const struct waiting *waiting)
{
    pid_t looker;
    bool got;
    int error;

    fprintf(stdout, "%s\n", waiting->name);
    fflush(stdout);
    shared->resident = 0;
    /* Seconds for each call: a hang is told soon, and its name stands above. */
    alarm(patiently(15));
    make_scene_for(waiting);
    looker = fork();
    if (looker == 0)
        look(waiting);
    keep(KEPT);
    __atomic_store_n(&shared->resident, resident_bytes_of(getpid()),
                     __ATOMIC_RELEASE);
    errno = 0;
    got = waiting->run();
    error = errno;
    REQUIRE(kept_bytes() == 0);
    REQUIRE(waiting->come != NULL ? got && error == 0 : !got && error == EINTR);
    wait_for(looker, 0);
    end_scene();
}

static void
test_all(void)
{
    struct sigaction action = {.sa_handler = do_nothing};

    REQUIRE(sigaction(SIGUSR1, &action, NULL) == 0);
    block_for_sigwait();
    for (size_t i = 0; i < COUNT(waitings); i++)
        test(&waitings[i]);
}

static void *
sleep_for_long(void *unused)
{
    nanosleep(&long_time, NULL);
    return unused;
}

int
main(int argc, char **argv)
{
    pid_t child;

    (void)argv;
    require_active();
    watchdog(100);
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(shared != MAP_FAILED);
    if (argc == 1) {
        test_all();
        return 0;
    }
    start_thread(sleep_for_long);
    child = fork();
    if (child == 0) {
        test_all();
        _exit(0);
    }
    wait_for(child, 0);
    return 0;
}
