/* SPDX-License-Identifier: MIT */
/*
 * wait_signals kept|nothing: signals come while the process waits, from moments
 * on that are before, between and after the parts that the library makes of a
 * wait. The call ends or goes on as signal(7) says. (One may come before the
 * call, and does not end it: that none is missed is shown by wait_masks, and by
 * unit/idle.)
 */
#include "wait.h"

/* In microseconds. */
static const long delays[] = {300, 10050, 11100, 14000};
#define INTERVAL 4000
#define TICKS 3

static const struct waiting *now;
static volatile sig_atomic_t ticks;
static bool brings_event;

static void
tick(int signal_number)
{
    (void)signal_number;
    if (++ticks == TICKS && brings_event)
        now->come();
}

static timer_t
start_timer(long delay)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGUSR1};
    struct itimerspec times = {.it_value = {.tv_nsec = delay * 1000},
                               .it_interval = {.tv_nsec = INTERVAL * 1000}};
    timer_t timer;

    REQUIRE(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    REQUIRE(timer_settime(timer, 0, &times, NULL) == 0);
    return timer;
}

static void
require_mask(const sigset_t *before)
{
    sigset_t after;

    pthread_sigmask(SIG_BLOCK, NULL, &after);
    for (int i = 1; i < NSIG; i++)
        REQUIRE(sigismember(&after, i) == sigismember(before, i));
}

/* A tick ends the call; or several do not, and the last brings the event. */
static void
test(bool is_kept, int flags, long delay)
{
    struct sigaction action = {.sa_handler = tick, .sa_flags = flags};
    bool ends = now->on_signal == ENDS ||
                (now->on_signal == RESTARTS && (flags & SA_RESTART) == 0);
    sigset_t before;
    timer_t timer;
    bool got;
    int error;

    REQUIRE(sigaction(SIGUSR1, &action, NULL) == 0);
    make_scene_for(now);
    ticks = 0;
    brings_event = !ends;
    if (is_kept)
        keep(6 * MIB);
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    timer = start_timer(delay);
    errno = 0;
    got = now->run();
    error = errno;
    timer_delete(timer);
    require_mask(&before);
    REQUIRE(ends ? !got && error == EINTR && ticks > 0 : got && ticks >= TICKS);
    end_scene();
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(100);
    REQUIRE(argc == 2);
    block_for_sigwait();
    for (size_t i = 0; i < COUNT(waitings); i++) {
        now = &waitings[i];
        printf("%s\n", now->name);
        fflush(stdout);
        for (size_t j = 0; j < COUNT(delays); j++) {
            test(strcmp(argv[1], "kept") == 0, SA_RESTART, delays[j]);
            test(strcmp(argv[1], "kept") == 0, 0, delays[j]);
        }
    }
    return 0;
}
