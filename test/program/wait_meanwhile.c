/* SPDX-License-Identifier: MIT */
/*
 * What comes between the call and the wait of the system, while the library
 * gives back what it keeps. Another process sees to that, and tries it often:
 * on a slow machine it may come too late, which proves nothing.
 */
#include "wait.h"

#define ROUNDS 20

/* Shared with the process that posts. */
static struct {
    int round; /* atomic: the waiter is in this one */
} * shared;

/* Is the process asleep? proc(5), stat: behind the name in brackets. */
static bool
is_asleep(pid_t process)
{
    char path[64], text[256];
    const char *state;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/stat", process);
    file = fopen(path, "r");
    REQUIRE(file != NULL);
    REQUIRE(fgets(text, sizeof(text), file) != NULL);
    fclose(file);
    state = strrchr(text, ')');
    REQUIRE(state != NULL);
    return state[2] == 'S';
}

/* In a child: what it does in each round, after that has begun. */
static pid_t
start_helper(void (*help)(void))
{
    pid_t child = fork();

    if (child != 0)
        return child;
    for (int round = 1; round <= ROUNDS; round++) {
        while (__atomic_load_n(&shared->round, __ATOMIC_ACQUIRE) < round)
            sched_yield();
        help();
    }
    _exit(0);
}

static void
begin_round(int round)
{
    keep(6 * MIB);
    errno = 0;
    __atomic_store_n(&shared->round, round, __ATOMIC_RELEASE);
}

static void
post_once(void)
{
    while (!is_asleep(scene.waiter))
        sched_yield();
    sem_post(scene.semaphore);
}

/* In the moment of grace it is taken, and not waited for again. */
static void
test_semaphore(void)
{
    pid_t helper = start_helper(post_once);
    int value;

    for (int round = 1; round <= ROUNDS; round++) {
        begin_round(round);
        REQUIRE(sem_wait(scene.semaphore) == 0);
        REQUIRE(errno == 0);
        REQUIRE(sem_getvalue(scene.semaphore, &value) == 0);
        REQUIRE(value == 0);
    }
    wait_for(helper, 0);
}

static volatile sig_atomic_t ended;

static void
note_end(int signal_number)
{
    if (signal_number == SIGUSR2)
        ended = 1;
}

/* Many that sigsuspend blocks, and at last the one that it waits for. */
static void
send_signals(void)
{
    for (int i = 0; i < 300; i++)
        kill(scene.waiter, SIGUSR1);
    while (!is_asleep(scene.waiter))
        sched_yield();
    kill(scene.waiter, SIGUSR2);
}

/* A signal that sigsuspend blocks does not end it. */
static void
test_sigsuspend(void)
{
    struct sigaction action = {.sa_handler = note_end};
    sigset_t mask, one;
    pid_t helper;

    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigemptyset(&one);
    sigaddset(&one, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &one, NULL);
    helper = start_helper(send_signals);
    for (int round = 1; round <= ROUNDS; round++) {
        ended = 0;
        begin_round(round);
        REQUIRE(sigsuspend(&mask) == -1);
        REQUIRE(errno == EINTR);
        REQUIRE(ended);
    }
    wait_for(helper, 0);
}

int
main(void)
{
    require_active();
    watchdog(60);
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(shared != MAP_FAILED);
    make_scene();
    test_semaphore();
    shared->round = 0;
    test_sigsuspend();
    end_scene();
    return 0;
}
