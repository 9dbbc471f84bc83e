/* SPDX-License-Identifier: MIT */
/*
 * Sleeps and waits for signals. Nothing but a signal ends them early. So what
 * will be too old at their end is released before they begin, and the time that
 * this took is subtracted.
 */
#include "interpose/elf/wait.h"

#include <unistd.h>

#include "os/os.h"

/* More than any decay time is for ever. */
static uint64_t
to_ms(const struct timespec *time)
{
    return (uint64_t)time->tv_sec >= UINT32_MAX
               ? LZ_IDLE_FOR_EVER
               : (uint64_t)time->tv_sec * 1000 +
                     (uint64_t)time->tv_nsec / 1000000;
}

static bool
is_time(const struct timespec *time)
{
    return lz_interpose_wait_is_readable(time, sizeof(*time)) &&
           lz_interpose_wait_is_time(time);
}

/* True: interrupted. *rest is what is left of the time. */
static bool
is_interrupted(const struct timespec *time, const sigset_t *also,
               struct timespec *rest)
{
    uint64_t start = lz_os_now_exact();
    bool result = lz_idle_before(NULL, to_ms(time), also, false);

    *rest = lz_idle_rest(time, start);
    return result;
}

WAITS(int, nanosleep, (const struct timespec *time, struct timespec *left),
      (time, left))
{
    struct timespec rest;

    if (!lz_idle_is_due() || !is_time(time))
        return next_nanosleep(time, left);
    if (!is_interrupted(time, NULL, &rest))
        return next_nanosleep(&rest, left);
    if (left != NULL)
        *left = rest;
    errno = EINTR;
    return -1;
}

/* The clocks that continue while the process sleeps. */
static bool
is_clock(clockid_t clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ||
           clock == CLOCK_BOOTTIME || clock == CLOCK_TAI;
}

/* How long that is from now; nothing once it is past. */
static struct timespec
until(clockid_t clock, const struct timespec *end)
{
    struct timespec now, time = {0, 0};

    if (clock_gettime(clock, &now) != 0 || end->tv_sec < now.tv_sec ||
        (end->tv_sec == now.tv_sec && end->tv_nsec <= now.tv_nsec))
        return time;
    time.tv_sec = end->tv_sec - now.tv_sec;
    time.tv_nsec = end->tv_nsec - now.tv_nsec;
    if (time.tv_nsec < 0) {
        time.tv_sec--;
        time.tv_nsec += 1000000000;
    }
    return time;
}

/* Returns an error number. */
WAITS(int, clock_nanosleep,
      (clockid_t clock, int flags, const struct timespec *time,
       struct timespec *left),
      (clock, flags, time, left))
{
    struct timespec rest;

    if (!lz_idle_is_due() || !is_clock(clock) || !is_time(time))
        return next_clock_nanosleep(clock, flags, time, left);
    if ((flags & TIMER_ABSTIME) != 0) {
        rest = until(clock, time);
        return is_interrupted(&rest, NULL, &rest)
                   ? EINTR
                   : next_clock_nanosleep(clock, flags, time, left);
    }
    if (!is_interrupted(time, NULL, &rest))
        return next_clock_nanosleep(clock, flags, &rest, left);
    if (left != NULL)
        *left = rest;
    return EINTR;
}

/* libc's two are nanosleep too. */
WAITS(unsigned, sleep, (unsigned seconds), (seconds))
{
    struct timespec time = {.tv_sec = (time_t)seconds};
    int saved = errno;

    if (seconds == 0 || time.tv_sec < 0 || !lz_idle_is_due())
        return next_sleep(seconds);
    if (kept_nanosleep(&time, &time) != 0)
        return (unsigned)time.tv_sec;
    errno = saved;
    return 0;
}

WAITS(int, usleep, (useconds_t us), (us))
{
    struct timespec time = {.tv_sec = (time_t)(us / 1000000),
                            .tv_nsec = (long)(us % 1000000) * 1000};

    return us == 0 || !lz_idle_is_due() ? next_usleep(us)
                                        : kept_nanosleep(&time, NULL);
}

static int
interrupted(void)
{
    errno = EINTR;
    return -1;
}

WAITS(int, pause, (void), ())
{
    return lz_idle_is_due() &&
                   lz_idle_before(NULL, LZ_IDLE_FOR_EVER, NULL, false)
               ? interrupted()
               : next_pause();
}

WAITS(int, sigsuspend, (const sigset_t *mask), (mask))
{
    return lz_idle_is_due() &&
                   lz_interpose_wait_is_readable(mask, sizeof(long)) &&
                   lz_idle_before(NULL, LZ_IDLE_FOR_EVER, mask, false)
               ? interrupted()
               : next_sigsuspend(mask);
}

/* A signal that is pending already is accepted without further steps. */
static bool
is_one_pending(const sigset_t *set)
{
    sigset_t pending;

    sigpending(&pending);
    for (int signal = 1; signal < NSIG; signal++) {
        if (sigismember(&pending, signal) == 1 && sigismember(set, signal) == 1)
            return true;
    }
    return false;
}

static bool
waits_for(const sigset_t *set)
{
    return lz_idle_is_due() &&
           lz_interpose_wait_is_readable(set, sizeof(long)) &&
           !is_one_pending(set);
}

WAITS(int, sigwaitinfo, (const sigset_t *set, siginfo_t *info), (set, info))
{
    return waits_for(set) && lz_idle_before(NULL, LZ_IDLE_FOR_EVER, set, false)
               ? interrupted()
               : next_sigwaitinfo(set, info);
}

WAITS(int, sigtimedwait,
      (const sigset_t *set, siginfo_t *info, const struct timespec *time),
      (set, info, time))
{
    struct timespec rest;

    if (time == NULL)
        return kept_sigwaitinfo(set, info);
    if (!is_time(time) || !waits_for(set))
        return next_sigtimedwait(set, info, time);
    return is_interrupted(time, set, &rest)
               ? interrupted()
               : next_sigtimedwait(set, info, &rest);
}

/* A handler does not end it. */
WAITS(int, sigwait, (const sigset_t *set, int *signal), (set, signal))
{
    if (waits_for(set))
        lz_idle_before(NULL, LZ_IDLE_FOR_EVER, set, true);
    return next_sigwait(set, signal);
}
