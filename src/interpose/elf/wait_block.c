/* SPDX-License-Identifier: MIT */
/*
 * Calls without a time limit. Some handlers restart them and some do not, and
 * only the kernel can tell at the right moment. So they are not cut into parts.
 * If the call would wait, we poll for a moment what it waits for, with all
 * signals blocked. Then we release what is kept, and make the call.
 */
#include "interpose/elf/wait.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* glibc's own prototypes have a union there. */
#ifdef __GLIBC__
#define ADDRESS __SOCKADDR_ARG
#else
#define ADDRESS struct sockaddr *
#endif

/*
 * For a longer receive timeout, the moment of polling makes no difference that
 * anybody would notice.
 */
#define RECEIVE_TIMEOUT_LEAST 1

/* These never wait. */
#define AT_ONCE (MSG_DONTWAIT | MSG_OOB | MSG_ERRQUEUE)

static int
interrupted(void)
{
    errno = EINTR;
    return -1;
}

/*
 * Release at once: whether a child has ended, or a lock is free, cannot be
 * polled for.
 */
static bool
is_interrupted_at_once(void)
{
    return lz_idle_before(NULL, LZ_IDLE_FOR_EVER, NULL, true);
}

NEXT(int, ppoll,
     (struct pollfd * fds, nfds_t count, const struct timespec *timeout,
      const sigset_t *mask),
     (fds, count, timeout, mask))

struct read_call {
    struct lz_idle_call call;
    int fd;
};

static int
wait_readable(struct lz_idle_call *call, const struct timespec *timeout,
              const sigset_t *mask)
{
    struct pollfd fd = {.fd = ((struct read_call *)call)->fd, .events = POLLIN};

    return next_ppoll(&fd, 1, timeout, mask);
}

/* How long the socket's own timeout lets a call wait: too short to be looked
 * at, for long, or for ever. */
static uint64_t
least_wait(int fd)
{
    struct timeval timeout = {0, 0};
    socklen_t size = sizeof(timeout);

    if (getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, &size) != 0 ||
        (timeout.tv_sec == 0 && timeout.tv_usec == 0))
        return LZ_IDLE_FOR_EVER;
    return timeout.tv_sec < RECEIVE_TIMEOUT_LEAST ? 0 : LZ_IDLE_FOR_EVER - 1;
}

/*
 * What fails at once must not be waited for: poll says nothing of it. A read of
 * what was opened for writing fails, an accept where nobody listens, and a read
 * where somebody does.
 */
static bool
may_wait(int fd, bool accepts)
{
    int flags = fcntl(fd, F_GETFL), listens = 0;
    socklen_t size = sizeof(listens);

    if (flags == -1 || (flags & O_NONBLOCK) != 0 ||
        (flags & O_ACCMODE) == O_WRONLY)
        return false;
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0)
        listens = 0; /* no socket */
    return accepts == (listens != 0);
}

static bool
is_interrupted_reading(int fd, bool accepts)
{
    static const struct timespec none;
    struct read_call asked = {{wait_readable, NULL, NULL}, fd};
    int saved = errno;
    bool result = false;

    if (wait_readable(&asked.call, &none, NULL) < 1 && may_wait(fd, accepts))
        result = lz_idle_before(&asked.call, least_wait(fd), NULL, true);
    errno = result ? EINTR : saved;
    return result;
}

#define TAKES(type, name, parameters, arguments, fd, waits, accepts) \
    WAITS(type, name, parameters, arguments)                         \
    {                                                                \
        if (lz_idle_is_due() && (waits) &&                           \
            is_interrupted_reading(fd, accepts))                     \
            return -1;                                               \
        return next_##name arguments;                                \
    }
#define READS(type, name, parameters, arguments, fd, waits) \
    TAKES(type, name, parameters, arguments, fd, waits, false)

READS(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n), fd, n != 0)
READS(ssize_t, readv, (int fd, const struct iovec *parts, int count),
      (fd, parts, count), fd, count > 0)
READS(ssize_t, recv, (int fd, void *p, size_t n, int flags), (fd, p, n, flags),
      fd, (flags & AT_ONCE) == 0)
READS(ssize_t, recvfrom,
      (int fd, void *p, size_t n, int flags, ADDRESS from, socklen_t *size),
      (fd, p, n, flags, from, size), fd, (flags & AT_ONCE) == 0)
READS(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags),
      (fd, message, flags), fd, (flags & AT_ONCE) == 0)
TAKES(int, accept, (int fd, ADDRESS from, socklen_t *size), (fd, from, size),
      fd, true, true)
TAKES(int, accept4, (int fd, ADDRESS from, socklen_t *size, int flags),
      (fd, from, size, flags), fd, true, true)
#ifdef __GLIBC__
/*
 * With the size of the buffer at p. If it is too small, libc ends the program.
 */
READS(ssize_t, __read_chk, (int fd, void *p, size_t n, size_t room),
      (fd, p, n, room), fd, n != 0 && n <= room)
READS(ssize_t, __recv_chk, (int fd, void *p, size_t n, size_t room, int flags),
      (fd, p, n, room, flags), fd, (flags & AT_ONCE) == 0 && n <= room)
READS(ssize_t, __recvfrom_chk,
      (int fd, void *p, size_t n, size_t room, int flags, ADDRESS from,
       socklen_t *size),
      (fd, p, n, room, flags, from, size), fd,
      (flags & AT_ONCE) == 0 && n <= room)
#endif

/* If a child has ended already, it is reaped without further steps. */
WAITS(pid_t, wait4, (pid_t pid, int *status, int options, struct rusage *usage),
      (pid, status, options, usage))
{
    pid_t child;

    if ((options & WNOHANG) != 0 || !lz_idle_is_due())
        return next_wait4(pid, status, options, usage);
    child = next_wait4(pid, status, options | WNOHANG, usage);
    if (child != 0)
        return child;
    return is_interrupted_at_once() ? interrupted()
                                    : next_wait4(pid, status, options, usage);
}

WAITS(pid_t, wait, (int *status), (status))
{
    return kept_wait4(-1, status, 0, NULL);
}

WAITS(pid_t, waitpid, (pid_t pid, int *status, int options),
      (pid, status, options))
{
    return kept_wait4(pid, status, options, NULL);
}

WAITS(pid_t, wait3, (int *status, int options, struct rusage *usage),
      (status, options, usage))
{
    return kept_wait4(-1, status, options, usage);
}

WAITS(int, waitid, (idtype_t type, id_t id, siginfo_t *info, int options),
      (type, id, info, options))
{
    siginfo_t look = {.si_pid = 0};

    if ((options & WNOHANG) == 0 && lz_idle_is_due() &&
        next_waitid(type, id, &look, options | WNOHANG | WNOWAIT) == 0 &&
        look.si_pid == 0 && is_interrupted_at_once())
        return interrupted();
    return next_waitid(type, id, info, options);
}

WAITS(int, flock, (int fd, int how), (fd, how))
{
    int saved = errno, result;

    if ((how & (LOCK_NB | LOCK_UN)) != 0 || !lz_idle_is_due())
        return next_flock(fd, how);
    result = next_flock(fd, how | LOCK_NB);
    if (result == 0 || errno != EWOULDBLOCK)
        return result;
    errno = saved;
    return is_interrupted_at_once() ? interrupted() : next_flock(fd, how);
}

struct sem_call {
    struct lz_idle_call call;
    sem_t *semaphore;
    bool is_taken;
};

#ifdef __GLIBC__
NEXT(int, sem_clockwait,
     (sem_t * semaphore, clockid_t clock, const struct timespec *end),
     (semaphore, clock, end))

static int
wait_sem(struct lz_idle_call *call, const struct timespec *timeout,
         const sigset_t *mask)
{
    struct sem_call *asked = (struct sem_call *)call;
    struct timespec end;

    (void)mask;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += timeout->tv_sec;
    end.tv_nsec += timeout->tv_nsec;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    asked->is_taken =
        next_sem_clockwait(asked->semaphore, CLOCK_MONOTONIC, &end) == 0;
    return asked->is_taken;
}
#else
/*
 * Without sem_clockwait we do not poll first: the clock of the others can be
 * set.
 */
static int
wait_sem(struct lz_idle_call *call, const struct timespec *timeout,
         const sigset_t *mask)
{
    (void)call;
    (void)timeout;
    (void)mask;
    return 0;
}
#endif

/* The workers of Python's multiprocessing are idle there. */
WAITS(int, sem_wait, (sem_t * semaphore), (semaphore))
{
    struct sem_call asked = {{wait_sem, NULL, NULL}, semaphore, false};
    int saved = errno, result;
    bool is_interrupted;

    if (!lz_idle_is_due())
        return next_sem_wait(semaphore);
    pthread_testcancel();
    result = sem_trywait(semaphore);
    if (result == 0 || errno != EAGAIN)
        return result;
    errno = saved;
    is_interrupted = lz_idle_before(&asked.call, LZ_IDLE_FOR_EVER, NULL, true);
    errno = saved;
    if (asked.is_taken)
        return 0;
    return is_interrupted ? interrupted() : next_sem_wait(semaphore);
}

/* Both wait for a child to end, without calling the names above. */
WAITS(int, system, (const char *command), (command))
{
    if (command != NULL && lz_idle_is_due())
        is_interrupted_at_once();
    return next_system(command);
}

WAITS(int, pclose, (FILE * file), (file))
{
    if (lz_idle_is_due())
        is_interrupted_at_once();
    return next_pclose(file);
}
