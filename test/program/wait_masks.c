/* SPDX-License-Identifier: MIT */
/*
 * wait_masks kept|nothing: calls that wait with a signal mask of their own. A
 * signal that only the call lets through ends it, whenever it came; one that
 * only the call blocks is handled when it is over.
 */
#include "wait.h"

static volatile sig_atomic_t handled;

static void
count(int signal_number)
{
    (void)signal_number;
    handled++;
}

static bool
by_ppoll(const sigset_t *mask)
{
    struct pollfd fd = {scene.in, POLLIN, 0};

    return ppoll(&fd, 1, &long_time, mask) == 1;
}

static bool
by_ppoll_chk(const sigset_t *mask)
{
    struct pollfd fd = {scene.in, POLLIN, 0};

    return __ppoll_chk(&fd, 1, NULL, mask, sizeof(fd)) == 1;
}

static bool
by_pselect(const sigset_t *mask)
{
    fd_set set;

    FD_ZERO(&set);
    FD_SET(scene.in, &set);
    return pselect(scene.in + 1, &set, NULL, NULL, NULL, mask) == 1;
}

static bool
by_epoll_pwait(const sigset_t *mask)
{
    struct epoll_event event;

    return epoll_pwait(scene.epoll, &event, 1, -1, mask) == 1;
}

static bool
by_epoll_pwait2(const sigset_t *mask)
{
    struct epoll_event event;

    return epoll_pwait2(scene.epoll, &event, 1, &long_time, mask) == 1;
}

static bool
by_sigsuspend(const sigset_t *mask)
{
    return sigsuspend(mask) == 0;
}

static bool (*const calls[])(const sigset_t *mask) = {
    by_ppoll,       by_ppoll_chk,    by_pselect,
    by_epoll_pwait, by_epoll_pwait2, by_sigsuspend};

/* Sent by another process, so that it also comes between the parts. */
static pid_t
send_later(int signal_number, long us, bool with_byte)
{
    struct timespec delay = {.tv_nsec = us * 1000};
    pid_t sender = fork();

    if (sender != 0)
        return sender;
    clock_nanosleep(CLOCK_MONOTONIC, 0, &delay, NULL);
    kill(scene.waiter, signal_number);
    clock_nanosleep(CLOCK_MONOTONIC, 0, &delay, NULL);
    if (with_byte)
        come_byte();
    _exit(0);
}

static void
require_only_usr1_blocked(bool is_blocked)
{
    sigset_t mask;

    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    for (int i = 1; i < NSIG; i++)
        REQUIRE(sigismember(&mask, i) == (i == SIGUSR1 && is_blocked));
}

static void
block_usr1(bool is_blocked)
{
    sigset_t set = set_of(SIGUSR1);

    pthread_sigmask(is_blocked ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static void
test_let_through(bool (*call)(const sigset_t *), bool is_kept, long us)
{
    sigset_t none;
    pid_t sender = 0;

    sigemptyset(&none);
    make_scene();
    block_usr1(true);
    handled = 0;
    if (is_kept)
        keep(6 * MIB);
    if (us == 0)
        raise(SIGUSR1);
    else
        sender = send_later(SIGUSR1, us, false);
    errno = 0;
    REQUIRE(!call(&none) && errno == EINTR);
    REQUIRE(handled == 1);
    require_only_usr1_blocked(true);
    block_usr1(false);
    if (sender != 0)
        wait_for(sender, 0);
    end_scene();
}

static void
test_blocked(bool (*call)(const sigset_t *), bool is_kept, long us)
{
    sigset_t usr1 = set_of(SIGUSR1);
    pid_t sender;

    make_scene();
    handled = 0;
    if (is_kept)
        keep(6 * MIB);
    sender = send_later(SIGUSR1, us, true);
    errno = 0;
    REQUIRE(call(&usr1) && errno == 0);
    REQUIRE(handled == 1);
    require_only_usr1_blocked(false);
    wait_for(sender, 0);
    end_scene();
}

int
main(int argc, char **argv)
{
    static const long delays[] = {500, 9900, 10100, 11050, 14000};
    struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART};
    bool is_kept = argc == 2 && strcmp(argv[1], "kept") == 0;

    require_active();
    watchdog(100);
    REQUIRE(sigaction(SIGUSR1, &action, NULL) == 0);
    for (size_t i = 0; i < COUNT(calls); i++) {
        printf("%zu\n", i);
        fflush(stdout);
        test_let_through(calls[i], is_kept, 0);
        for (size_t j = 0; j < COUNT(delays); j++) {
            test_let_through(calls[i], is_kept, delays[j]);
            if (calls[i] != by_sigsuspend)
                test_blocked(calls[i], is_kept, delays[j]);
        }
    }
    return 0;
}
