/* SPDX-License-Identifier: MIT */
/*
 * Calls that wait for descriptors, for a limited time. They are not restarted
 * after a signal handler, so they can wait in parts. They use the form of the
 * call that takes a signal mask, so that no signal is handled unnoticed between
 * two parts.
 */
#include "interpose/elf/wait.h"

#include <dlfcn.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/os.h"

/* The kernel's sigset_t has so many bytes. */
#define KERNEL_SET ((size_t)(_NSIG / 8))

void *
lz_interpose_wait_find(const char *name)
{
    int saved = errno;
    void *found = dlsym(RTLD_NEXT, name);

    errno = found != NULL ? saved : ENOSYS;
    return found;
}

/*
 * The kernel copies the set before it finds that the request is invalid (-1).
 */
static bool
is_set_readable(const void *set)
{
    int saved = errno;
    bool is_readable =
        syscall(SYS_rt_sigprocmask, -1, set, NULL, KERNEL_SET) == 0 ||
        errno != EFAULT;

    errno = saved;
    return is_readable;
}

bool
lz_interpose_wait_is_readable(const void *p, size_t n)
{
    const char *bytes = p;

    return p != NULL && is_set_readable(bytes) &&
           (n <= KERNEL_SET || is_set_readable(bytes + n - KERNEL_SET));
}

static struct timespec
from_ms(int ms)
{
    return (struct timespec){.tv_sec = ms / 1000,
                             .tv_nsec = (long)(ms % 1000) * 1000000};
}

/* Rounded up, so that no wait is too short. */
static int
to_ms(const struct timespec *time)
{
    if (time == NULL)
        return -1;
    if (time->tv_sec >= INT_MAX / 1000)
        return INT_MAX;
    return (int)time->tv_sec * 1000 + (int)((time->tv_nsec + 999999) / 1000000);
}

/* Has it parts? NULL is for ever. */
static bool
is_long(const struct timespec *timeout)
{
    return lz_idle_is_due() &&
           (timeout == NULL || lz_interpose_wait_is_time(timeout));
}

struct poll_call {
    struct lz_idle_call call;
    struct pollfd *fds;
    nfds_t count;
};

static int poll_in_parts(struct pollfd *fds, nfds_t count,
                         const struct timespec *timeout, const sigset_t *mask);

WAITS(int, ppoll,
      (struct pollfd * fds, nfds_t count, const struct timespec *timeout,
       const sigset_t *mask),
      (fds, count, timeout, mask))
{
    return is_long(timeout) ? poll_in_parts(fds, count, timeout, mask)
                            : next_ppoll(fds, count, timeout, mask);
}

WAITS(int, poll, (struct pollfd * fds, nfds_t count, int ms), (fds, count, ms))
{
    struct timespec timeout = from_ms(ms);

    if (ms == 0 || !lz_idle_is_due())
        return next_poll(fds, count, ms);
    return poll_in_parts(fds, count, ms < 0 ? NULL : &timeout, NULL);
}

static int
wait_poll(struct lz_idle_call *call, const struct timespec *timeout,
          const sigset_t *mask)
{
    struct poll_call *asked = (struct poll_call *)call;

    return next_ppoll(asked->fds, asked->count, timeout, mask);
}

static int
poll_in_parts(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
              const sigset_t *mask)
{
    struct poll_call asked = {{wait_poll, timeout, mask}, fds, count};

    return lz_idle_wait(&asked.call);
}

#ifdef __GLIBC__
/* With the size of fds in bytes. If it is too small, libc ends the program. */
WAITS(int, __poll_chk, (struct pollfd * fds, nfds_t count, int ms, size_t room),
      (fds, count, ms, room))
{
    return room / sizeof(*fds) < count ? next___poll_chk(fds, count, ms, room)
                                       : kept_poll(fds, count, ms);
}

WAITS(int, __ppoll_chk,
      (struct pollfd * fds, nfds_t count, const struct timespec *timeout,
       const sigset_t *mask, size_t room),
      (fds, count, timeout, mask, room))
{
    return room / sizeof(*fds) < count
               ? next___ppoll_chk(fds, count, timeout, mask, room)
               : kept_ppoll(fds, count, timeout, mask);
}
#endif

struct epoll_call {
    struct lz_idle_call call;
    int epoll;
    struct epoll_event *events;
    int most;
};

static int epoll_in_parts(int epoll, struct epoll_event *events, int most,
                          int ms, const sigset_t *mask);

WAITS(int, epoll_pwait,
      (int epoll, struct epoll_event *events, int most, int ms,
       const sigset_t *mask),
      (epoll, events, most, ms, mask))
{
    return ms == 0 || !lz_idle_is_due()
               ? next_epoll_pwait(epoll, events, most, ms, mask)
               : epoll_in_parts(epoll, events, most, ms, mask);
}

WAITS(int, epoll_wait,
      (int epoll, struct epoll_event *events, int most, int ms),
      (epoll, events, most, ms))
{
    return ms == 0 || !lz_idle_is_due()
               ? next_epoll_wait(epoll, events, most, ms)
               : epoll_in_parts(epoll, events, most, ms, NULL);
}

static int
wait_epoll(struct lz_idle_call *call, const struct timespec *timeout,
           const sigset_t *mask)
{
    struct epoll_call *asked = (struct epoll_call *)call;

    return next_epoll_pwait(asked->epoll, asked->events, asked->most,
                            to_ms(timeout), mask);
}

static int
epoll_in_parts(int epoll, struct epoll_event *events, int most, int ms,
               const sigset_t *mask)
{
    struct timespec timeout = from_ms(ms);
    struct epoll_call asked = {
        {wait_epoll, ms < 0 ? NULL : &timeout, mask}, epoll, events, most};

    return lz_idle_wait(&asked.call);
}

#ifdef __GLIBC__
static int wait_epoll_exact(struct lz_idle_call *call,
                            const struct timespec *timeout,
                            const sigset_t *mask);

WAITS(int, epoll_pwait2,
      (int epoll, struct epoll_event *events, int most,
       const struct timespec *timeout, const sigset_t *mask),
      (epoll, events, most, timeout, mask))
{
    struct epoll_call asked = {
        {wait_epoll_exact, timeout, mask}, epoll, events, most};

    if ((timeout != NULL &&
         !lz_interpose_wait_is_readable(timeout, sizeof(*timeout))) ||
        !is_long(timeout))
        return next_epoll_pwait2(epoll, events, most, timeout, mask);
    return lz_idle_wait(&asked.call);
}

static int
wait_epoll_exact(struct lz_idle_call *call, const struct timespec *timeout,
                 const sigset_t *mask)
{
    struct epoll_call *asked = (struct epoll_call *)call;

    return next_epoll_pwait2(asked->epoll, asked->events, asked->most, timeout,
                             mask);
}
#endif

/* The sets are the answer too, and are made anew for each part. */
#define SELECT_MOST 4096
#define LONG_BITS (8 * sizeof(long))

struct select_call {
    struct lz_idle_call call;
    int count;
    fd_set *sets[3];
    unsigned long asked[3][SELECT_MOST / LONG_BITS];
    bool is_answered;
};

static int select_in_parts(int count, fd_set *in, fd_set *out, fd_set *odd,
                           const struct timespec *timeout,
                           const sigset_t *mask);

/* What the kernel reads of a set. */
static size_t
set_bytes(int count)
{
    return lz_round_up((size_t)count, LONG_BITS) / 8;
}

static bool
are_sets(int count, fd_set *const sets[3])
{
    if (count < 0 || count > SELECT_MOST)
        return false;
    for (int i = 0; i < 3; i++) {
        if (count > 0 && sets[i] != NULL &&
            !lz_interpose_wait_is_readable(sets[i], set_bytes(count)))
            return false;
    }
    return true;
}

WAITS(int, pselect,
      (int count, fd_set *in, fd_set *out, fd_set *odd,
       const struct timespec *timeout, const sigset_t *mask),
      (count, in, out, odd, timeout, mask))
{
    if (!is_long(timeout) || !are_sets(count, (fd_set *[]){in, out, odd}))
        return next_pselect(count, in, out, odd, timeout, mask);
    return select_in_parts(count, in, out, odd, timeout, mask);
}

/* A second and more in the microseconds is accepted here, unlike elsewhere. */
static struct timespec
from_timeval(const struct timeval *time)
{
    if (time->tv_sec < 0 || time->tv_usec < 0)
        return (struct timespec){.tv_sec = -1};
    return (struct timespec){.tv_sec = time->tv_sec +
                                       (time_t)(time->tv_usec / 1000000),
                             .tv_nsec = (long)(time->tv_usec % 1000000) * 1000};
}

WAITS(int, select,
      (int count, fd_set *in, fd_set *out, fd_set *odd, struct timeval *time),
      (count, in, out, odd, time))
{
    struct timespec timeout = {0, 0};
    uint64_t start;
    int result;

    if (time != NULL)
        timeout = from_timeval(time);
    if (!is_long(time != NULL ? &timeout : NULL) ||
        !are_sets(count, (fd_set *[]){in, out, odd}))
        return next_select(count, in, out, odd, time);
    start = lz_os_now_exact();
    result = select_in_parts(count, in, out, odd,
                             time != NULL ? &timeout : NULL, NULL);
#ifdef __GLIBC__
    if (time != NULL) {
        timeout = lz_idle_rest(&timeout, start);
        time->tv_sec = timeout.tv_sec;
        time->tv_usec = (suseconds_t)(timeout.tv_nsec / 1000);
    }
#else
    (void)start;
#endif
    return result;
}

static int
wait_select(struct lz_idle_call *call, const struct timespec *timeout,
            const sigset_t *mask)
{
    struct select_call *asked = (struct select_call *)call;
    int result;

    for (int i = 0; i < 3 && asked->is_answered; i++) {
        if (asked->sets[i] != NULL)
            memcpy(asked->sets[i], asked->asked[i], set_bytes(asked->count));
    }
    result = next_pselect(asked->count, asked->sets[0], asked->sets[1],
                          asked->sets[2], timeout, mask);
    asked->is_answered = result == 0;
    return result;
}

static int
select_in_parts(int count, fd_set *in, fd_set *out, fd_set *odd,
                const struct timespec *timeout, const sigset_t *mask)
{
    struct select_call asked;

    asked.call = (struct lz_idle_call){wait_select, timeout, mask};
    asked.count = count;
    asked.sets[0] = in;
    asked.sets[1] = out;
    asked.sets[2] = odd;
    for (int i = 0; i < 3; i++) {
        if (asked.sets[i] != NULL)
            memcpy(asked.asked[i], asked.sets[i], set_bytes(count));
    }
    asked.is_answered = false;
    return lz_idle_wait(&asked.call);
}
