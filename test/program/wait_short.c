/* SPDX-License-Identifier: MIT */
/*
 * wait_short: a process with one thread sleeps for a fifth of a second, by each
 * call that names a time. That is longer than a hundredth of the decay time, so
 * that next to nothing is kept at its end, and shorter than the decay time.
 */
#include <poll.h>
#include <time.h>

#include "wait.h"

#define KEPT (12 * MIB)
#define IDLE_MOST (4 * MIB)
#define SLEEP_NS 200000000

static const struct timespec some = {.tv_nsec = SLEEP_NS};

static int
by_nanosleep(void)
{
    return nanosleep(&some, NULL);
}

static int
by_clock_nanosleep(void)
{
    return clock_nanosleep(CLOCK_MONOTONIC, 0, &some, NULL);
}

/* Until a time of the next second, or of this one. */
static int
until(clockid_t clock, bool is_next)
{
    struct timespec end;

    do
        clock_gettime(clock, &end);
    while ((end.tv_nsec + SLEEP_NS >= 1000000000) != is_next);
    end.tv_nsec += SLEEP_NS;
    if (is_next) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    return clock_nanosleep(clock, TIMER_ABSTIME, &end, NULL);
}

static int
until_monotonic(void)
{
    return until(CLOCK_MONOTONIC, false);
}

static int
until_monotonic_next(void)
{
    return until(CLOCK_MONOTONIC, true);
}

static int
until_realtime(void)
{
    return until(CLOCK_REALTIME, false);
}

static int
by_usleep(void)
{
    return usleep(SLEEP_NS / 1000);
}

static int
by_poll(void)
{
    return poll(NULL, 0, SLEEP_NS / 1000000);
}

int
main(void)
{
    int (*const calls[])(void) = {by_nanosleep,    by_clock_nanosleep,
                                  until_monotonic, until_monotonic_next,
                                  until_realtime,  by_usleep,
                                  by_poll};

    require_active();
    watchdog(100);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        keep(KEPT);
        REQUIRE(kept_bytes() >= KEPT);
        REQUIRE(calls[i]() == 0);
        REQUIRE(kept_bytes() <= IDLE_MOST);
    }
    return 0;
}
