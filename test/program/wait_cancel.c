/* SPDX-License-Identifier: MIT */
/*
 * wait_cancel kept|nothing: a thread that waits is cancelled; and so is the
 * only thread of a process, by itself, with its signal mask as it was.
 */
#include "wait.h"

static bool is_kept;
static const struct waiting *now;

static void *
run(void *unused)
{
    block_for_sigwait();
    now->run();
    return unused;
}

/* Whether it waits already or not yet: it ends. */
static void
cancel_another(void)
{
    pthread_t thread;
    void *result;

    make_scene_for(now);
    if (is_kept)
        keep(6 * MIB);
    REQUIRE(pthread_create(&thread, NULL, run, NULL) == 0);
    usleep(2000);
    REQUIRE(pthread_cancel(thread) == 0);
    REQUIRE(pthread_join(thread, &result) == 0);
    REQUIRE(result == PTHREAD_CANCELED);
    end_scene();
}

static void
end_well(void *unused)
{
    sigset_t mask;

    (void)unused;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    for (int i = 1; i < NSIG; i++)
        REQUIRE(i == SIGUSR2 || sigismember(&mask, i) != 1);
    _exit(0);
}

static void
cancel_itself(int signal_number)
{
    (void)signal_number;
    pthread_cancel(pthread_self());
}

/* In a child, which has one thread: before the call, or while it waits. */
static void
cancel_the_only_one(bool is_before)
{
    struct itimerval time = {.it_value = {.tv_usec = is_before ? 0 : 3000}};
    struct sigaction action = {.sa_handler = cancel_itself,
                               .sa_flags = SA_RESTART | SA_NODEFER};

    watched_group = 0;
    make_scene_for(now);
    sigaction(SIGALRM, &action, NULL);
    block_for_sigwait();
    if (is_kept)
        keep(6 * MIB);
    pthread_cleanup_push(end_well, NULL);
    if (is_before)
        pthread_cancel(pthread_self());
    setitimer(ITIMER_REAL, &time, NULL);
    /* The call may fail first, and the next one then ends the thread. */
    for (int i = 0; i < 2; i++)
        now->run();
    pthread_cleanup_pop(0);
    REQUIRE(!"not cancelled");
}

static void
in_child(bool is_before)
{
    pid_t child = fork();

    if (child == 0)
        cancel_the_only_one(is_before);
    wait_for(child, 0);
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(100);
    is_kept = argc == 2 && strcmp(argv[1], "kept") == 0;
    for (size_t i = 0; i < COUNT(waitings); i++) {
        now = &waitings[i];
        if (!now->is_cancelled)
            continue;
        printf("%s\n", now->name);
        fflush(stdout);
        in_child(true);
        in_child(false);
        cancel_another();
    }
    return 0;
}
