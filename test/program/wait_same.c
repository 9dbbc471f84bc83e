/* SPDX-License-Identifier: MIT */
/*
 * What a call that waits returns, errno, and what it leaves in its arguments:
 * by libc's own function, and by the library's with nothing kept and with
 * something. All three must be the same.
 */
#include <malloc.h>
#include <signal.h>

#include "wait.h"

#define ERRNO_MARK 12345
#define WAIT_MS 40
#define VALUES 4

/* Nothing is mapped there; and numbers that the compiler is not to know. */
static void *volatile wild = (void *)16;
static volatile nfds_t too_many = (nfds_t)1 << 30;
static volatile int too_few = -1;

struct result {
    long result, error, values[VALUES];
};

static void *libc; /* NULL: the function that a program gets */

#define KEPT (6 * MIB)

static bool is_kept; /* something is, during the call */

/* A child has nothing of what its parent keeps. */
static pid_t
fork_that_keeps(void)
{
    pid_t child = fork();

    if (child == 0 && is_kept)
        keep(KEPT);
    return child;
}

/* Looked up by name each time: the compiler has its own ideas of some. */
#define CALL(name)                                                           \
    ((__typeof__(&name))(uintptr_t)dlsym(libc != NULL ? libc : RTLD_DEFAULT, \
                                         #name))

#define RESULT(...)        \
    return (struct result) \
    {                      \
        __VA_ARGS__        \
    }
#define RETURNS(call)           \
    long result = (long)(call); \
    long error = errno

static uint64_t
ms_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static const struct timespec none = {0, 0},
                             some = {.tv_nsec = WAIT_MS * 1000000},
                             wrong = {.tv_nsec = 1000000000},
                             negative = {.tv_sec = -1},
                             huge = {.tv_sec = INT32_MAX};

/* --- poll --- */

static struct result
poll_of(int fd, int ms)
{
    struct pollfd one = {fd, POLLIN, 77};
    uint64_t start = ms_now();
    RETURNS(CALL(poll)(&one, 1, ms));

    RESULT(
        result, error,
        {one.revents, one.events, ms < 0 || ms_now() - start >= (uint64_t)ms});
}

static struct result
poll_nothing(void)
{
    return poll_of(scene.in, 0);
}

static struct result
poll_timeout(void)
{
    return poll_of(scene.in, WAIT_MS);
}

static struct result
poll_short(void)
{
    return poll_of(scene.in, 2);
}

static struct result
poll_ready(void)
{
    come_byte();
    return poll_of(scene.in, -7);
}

static struct result
poll_hung_up(void)
{
    shutdown(scene.out, SHUT_RDWR);
    return poll_of(scene.in, -1);
}

static struct result
poll_closed(void)
{
    return poll_of(900, -1);
}

static struct result
poll_no_descriptors(void)
{
    uint64_t start = ms_now();
    RETURNS(CALL(poll)(NULL, 0, WAIT_MS));

    RESULT(result, error, {ms_now() - start >= WAIT_MS});
}

static struct result
poll_wild(void)
{
    RETURNS(CALL(poll)((struct pollfd *)wild, 1, -1));
    RESULT(result, error, {0});
}

static struct result
poll_too_many(void)
{
    struct pollfd one = {scene.in, POLLIN, 0};
    RETURNS(CALL(poll)(&one, too_many, 100));
    RESULT(result, error, {0});
}

static struct result
ppoll_of(const struct timespec *timeout, const sigset_t *mask)
{
    struct pollfd one = {scene.in, POLLIN, 77};
    uint64_t start = ms_now();
    RETURNS(CALL(ppoll)(&one, 1, timeout, mask));

    RESULT(result, error, {one.revents, ms_now() - start >= WAIT_MS});
}

static struct result
ppoll_timeout(void)
{
    return ppoll_of(&some, NULL);
}

static struct result
ppoll_wrong(void)
{
    return ppoll_of(&wrong, NULL);
}

static struct result
ppoll_negative(void)
{
    return ppoll_of(&negative, NULL);
}

static struct result
ppoll_wild_mask(void)
{
    return ppoll_of(NULL, (sigset_t *)wild);
}

static struct result
ppoll_huge(void)
{
    come_byte();
    return ppoll_of(&huge, NULL);
}

/* libc ends the program. */
static struct result
poll_chk_overflow(void)
{
    struct pollfd one = {scene.in, POLLIN, 0};
    int status = 0;
    pid_t child = fork_that_keeps();

    if (child == 0) {
        close(STDERR_FILENO);
        CALL(__poll_chk)(&one, 2, 10, sizeof(one));
        _exit(0);
    }
    waitpid(child, &status, 0);
    RESULT(status, 0, {0});
}

static struct result
ppoll_chk_overflow(void)
{
    struct pollfd one = {scene.in, POLLIN, 0};
    int status = 0;
    pid_t child = fork_that_keeps();

    if (child == 0) {
        close(STDERR_FILENO);
        CALL(__ppoll_chk)(&one, 2, &some, NULL, sizeof(one));
        _exit(0);
    }
    waitpid(child, &status, 0);
    RESULT(status, 0, {0});
}

/* --- select --- */

static long
bits(const fd_set *set)
{
    return (FD_ISSET(scene.in, set) ? 1 : 0) |
           (FD_ISSET(scene.out, set) ? 2 : 0) |
           (FD_ISSET(scene.listener, set) ? 4 : 0);
}

static struct result
select_of(int count, struct timeval timeout, bool with_out)
{
    struct timeval before = timeout;
    uint64_t start = ms_now(), waited;
    fd_set in, out, odd;
    bool is_less;

    FD_ZERO(&in);
    FD_SET(scene.in, &in);
    FD_SET(scene.listener, &in);
    odd = in;
    FD_ZERO(&out);
    if (with_out)
        FD_SET(scene.out, &out);
    RETURNS(CALL(select)(count, &in, &out, &odd, &timeout));
    waited = ms_now() - start;
    is_less = timercmp(&timeout, &before, <);
    /* How much of a long time is left depends; of one that is over nothing. */
    RESULT(
        result, error,
        {bits(&in) | bits(&out) << 4 | bits(&odd) << 8,
         waited >= (result == 0 ? (uint64_t)before.tv_sec * 1000 +
                                      (uint64_t)before.tv_usec / 1000
                                : WAIT_MS),
         is_less,
         result == 0 ? (long)timeout.tv_sec * 1000000 + timeout.tv_usec : 0});
}

static struct result
select_nothing(void)
{
    return select_of(100, (struct timeval){0, 0}, false);
}

static struct result
select_timeout(void)
{
    return select_of(100, (struct timeval){0, WAIT_MS * 1000}, false);
}

static struct result
select_many_us(void)
{
    return select_of(1024, (struct timeval){.tv_usec = 1100000}, false);
}

static struct result
select_ready(void)
{
    come_byte();
    come_connection();
    return select_of(100, (struct timeval){1000, 0}, true);
}

static struct result
select_writable(void)
{
    return select_of(100, (struct timeval){1000, 0}, true);
}

/* As many as there could be; the sets are longer than any on the stack. */
static struct result
select_most(void)
{
    static unsigned long sets[3][(1 << 20) / (8 * sizeof(long))];
    fd_set *in = (fd_set *)sets[0];

    memset(sets, 0, sizeof(sets));
    FD_SET(scene.in, in);
    come_byte();
    RETURNS(
        CALL(select)(1 << 20, in, (fd_set *)sets[1], (fd_set *)sets[2], NULL));
    RESULT(result, error, {bits(in)});
}

static struct result
select_wrong_count(void)
{
    return select_of(-1, (struct timeval){1, 0}, false);
}

static struct result
select_negative(void)
{
    return select_of(100, (struct timeval){-1, 0}, false);
}

static struct result
select_negative_us(void)
{
    return select_of(100, (struct timeval){1, -1}, false);
}

static struct result
select_closed(void)
{
    struct timeval timeout = {1000, 0};
    fd_set set;

    close(scene.caller);
    FD_ZERO(&set);
    FD_SET(scene.caller, &set);
    RETURNS(CALL(select)(scene.caller + 1, &set, NULL, NULL, &timeout));
    RESULT(result, error, {FD_ISSET(scene.caller, &set) != 0});
}

static struct result
select_wild(void)
{
    struct timeval timeout = {1000, 0};
    RETURNS(CALL(select)(10, (fd_set *)wild, NULL, NULL, &timeout));
    RESULT(result, error, {0});
}

static struct result
pselect_of(const struct timespec *timeout, const sigset_t *mask)
{
    uint64_t start = ms_now();
    fd_set in;

    FD_ZERO(&in);
    FD_SET(scene.in, &in);
    RETURNS(CALL(pselect)(100, &in, NULL, NULL, timeout, mask));
    RESULT(result, error, {bits(&in), ms_now() - start >= WAIT_MS});
}

static struct result
pselect_timeout(void)
{
    return pselect_of(&some, NULL);
}

static struct result
pselect_nothing(void)
{
    return pselect_of(&none, NULL);
}

static struct result
pselect_wrong(void)
{
    return pselect_of(&wrong, NULL);
}

static struct result
pselect_wild_mask(void)
{
    return pselect_of(NULL, (sigset_t *)wild);
}

/* --- epoll --- */

static struct result
epoll_of(int epoll, int most, int ms)
{
    struct epoll_event events[2] = {{.events = 0}, {.events = 0}};
    uint64_t start = ms_now();
    RETURNS(CALL(epoll_wait)(epoll, events, most, ms));

    RESULT(result, error,
           {events[0].events, ms < 0 || ms_now() - start >= (uint64_t)ms});
}

static struct result
epoll_nothing(void)
{
    return epoll_of(scene.epoll, 2, 0);
}

static struct result
epoll_timeout(void)
{
    return epoll_of(scene.epoll, 2, WAIT_MS);
}

static struct result
epoll_ready(void)
{
    come_byte();
    return epoll_of(scene.epoll, 2, -1);
}

static struct result
epoll_none_wanted(void)
{
    return epoll_of(scene.epoll, 0, -1);
}

static struct result
epoll_not_one(void)
{
    return epoll_of(scene.in, 1, -1);
}

static struct result
epoll_closed(void)
{
    return epoll_of(900, 1, -1);
}

static struct result
epoll_wild(void)
{
    come_byte();
    RETURNS(CALL(epoll_pwait)(scene.epoll, (struct epoll_event *)wild, 1, -1,
                              NULL));
    RESULT(result, error, {0});
}

static struct result
epoll_pwait2_of(const struct timespec *timeout)
{
    struct epoll_event event = {.events = 0};
    uint64_t start = ms_now();
    RETURNS(CALL(epoll_pwait2)(scene.epoll, &event, 1, timeout, NULL));

    RESULT(result, error, {event.events, ms_now() - start >= WAIT_MS});
}

static struct result
epoll_pwait2_timeout(void)
{
    return epoll_pwait2_of(&some);
}

static struct result
epoll_pwait2_wrong(void)
{
    return epoll_pwait2_of(&wrong);
}

#if UINTPTR_MAX > 0xffffffffu
static struct result
epoll_pwait2_wild(void)
{
    return epoll_pwait2_of((struct timespec *)wild);
}
#endif

/* --- sleeps --- */

static struct result
nanosleep_of(const struct timespec *time)
{
    struct timespec left = {7, 7};
    uint64_t start = ms_now();
    RETURNS(CALL(nanosleep)(time, &left));

    RESULT(result, error,
           {left.tv_sec, left.tv_nsec, ms_now() - start >= WAIT_MS});
}

static struct result
nanosleep_some(void)
{
    return nanosleep_of(&some);
}

static struct result
nanosleep_none(void)
{
    return nanosleep_of(&none);
}

static struct result
nanosleep_wrong(void)
{
    return nanosleep_of(&wrong);
}

static struct result
nanosleep_negative(void)
{
    return nanosleep_of(&negative);
}

static struct result
nanosleep_wild(void)
{
    return nanosleep_of((struct timespec *)wild);
}

static struct result
clock_nanosleep_of(clockid_t clock, int flags, const struct timespec *time)
{
    struct timespec left = {7, 7};
    uint64_t start = ms_now();
    RETURNS(CALL(clock_nanosleep)(clock, flags, time, &left));

    RESULT(result, error,
           {left.tv_sec, left.tv_nsec, ms_now() - start >= WAIT_MS});
}

static struct result
clock_nanosleep_some(void)
{
    return clock_nanosleep_of(CLOCK_BOOTTIME, 0, &some);
}

static struct result
clock_nanosleep_until(void)
{
    struct timespec end;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_nsec += (WAIT_MS + 1) * 1000000;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    return clock_nanosleep_of(CLOCK_REALTIME, TIMER_ABSTIME, &end);
}

static struct result
clock_nanosleep_past(void)
{
    return clock_nanosleep_of(CLOCK_MONOTONIC, TIMER_ABSTIME, &some);
}

static struct result
clock_nanosleep_no_clock(void)
{
    return clock_nanosleep_of(99, 0, &some);
}

/* Refused; and were it not, nobody knows when this clock has gone on so far. */
static struct result
clock_nanosleep_thread_clock(void)
{
    return clock_nanosleep_of(CLOCK_THREAD_CPUTIME_ID, 0, &huge);
}

static struct result
clock_nanosleep_wild(void)
{
    return clock_nanosleep_of(CLOCK_MONOTONIC, 0, (struct timespec *)wild);
}

static struct result
sleep_none(void)
{
    RETURNS(CALL(sleep)(0));
    RESULT(result, error, {0});
}

static struct result
sleep_some(void)
{
    uint64_t start = ms_now();
    RETURNS(CALL(sleep)(1));

    RESULT(result, error, {ms_now() - start >= 1000});
}

static struct result
usleep_some(void)
{
    uint64_t start = ms_now();
    RETURNS(CALL(usleep)(WAIT_MS * 1000));

    RESULT(result, error, {ms_now() - start >= WAIT_MS});
}

static struct result
usleep_none(void)
{
    RETURNS(CALL(usleep)(0));
    RESULT(result, error, {0});
}

/* --- signals; SIGUSR2 is blocked --- */

static struct result
sigtimedwait_of(const sigset_t *set, const struct timespec *time)
{
    siginfo_t info = {.si_signo = 0};
    uint64_t start = ms_now();
    RETURNS(CALL(sigtimedwait)(set, &info, time));

    RESULT(result, error, {info.si_signo, ms_now() - start >= WAIT_MS});
}

static struct result
sigtimedwait_none(void)
{
    sigset_t set = set_of(SIGUSR2);

    return sigtimedwait_of(&set, &none);
}

static struct result
sigtimedwait_some(void)
{
    sigset_t set = set_of(SIGUSR2);

    return sigtimedwait_of(&set, &some);
}

static struct result
sigtimedwait_pending(void)
{
    sigset_t set = set_of(SIGUSR2);

    raise(SIGUSR2);
    return sigtimedwait_of(&set, &long_time);
}

static struct result
sigtimedwait_wrong(void)
{
    sigset_t set = set_of(SIGUSR2);

    return sigtimedwait_of(&set, &wrong);
}

static struct result
sigtimedwait_wild_time(void)
{
    sigset_t set = set_of(SIGUSR2);

    return sigtimedwait_of(&set, (struct timespec *)wild);
}

static struct result
sigtimedwait_wild(void)
{
    return sigtimedwait_of((sigset_t *)wild, &some);
}

static struct result
sigwaitinfo_wild(void)
{
    RETURNS(CALL(sigwaitinfo)((sigset_t *)wild, NULL));
    RESULT(result, error, {0});
}

static struct result
sigwait_pending(void)
{
    sigset_t set = set_of(SIGUSR2);
    int got = 0;

    raise(SIGUSR2);
    RETURNS(CALL(sigwait)(&set, &got));
    RESULT(result, error, {got});
}

static struct result
sigwait_wild(void)
{
    int got = 7;
    RETURNS(CALL(sigwait)((sigset_t *)wild, &got));

    RESULT(result, error, {got});
}

static struct result
sigsuspend_wild(void)
{
    RETURNS(CALL(sigsuspend)((sigset_t *)wild));
    RESULT(result, error, {0});
}

/* --- reads --- */

static void
set_nonblocking(int fd)
{
    fcntl(fd, F_SETFL, O_NONBLOCK);
}

static struct result
read_of(int fd, void *p, size_t n)
{
    RETURNS(CALL(read)(fd, p, n));
    RESULT(result, error, {0});
}

static struct result
read_nonblocking(void)
{
    char byte;

    set_nonblocking(scene.in);
    return read_of(scene.in, &byte, 1);
}

static struct result
read_closed(void)
{
    char byte;

    return read_of(900, &byte, 1);
}

static struct result
read_nothing(void)
{
    char byte;

    return read_of(scene.in, &byte, 0);
}

static struct result
read_end(void)
{
    char byte;

    shutdown(scene.out, SHUT_RDWR);
    return read_of(scene.in, &byte, 1);
}

static struct result
read_wild(void)
{
    come_byte();
    return read_of(scene.in, wild, 1);
}

static struct result
read_file(void)
{
    char bytes[4];

    REQUIRE(pwrite(scene.locked, "xyz", 3, 0) == 3);
    return read_of(scene.other, bytes, 4);
}

static struct result
read_folder(void)
{
    char byte;
    int fd = open("/", O_RDONLY);
    struct result result = read_of(fd, &byte, 1);

    close(fd);
    return result;
}

static struct result
read_chk_overflow(void)
{
    char bytes[4];
    int status = 0;
    pid_t child = fork_that_keeps();

    if (child == 0) {
        close(STDERR_FILENO);
        CALL(__read_chk)(scene.in, bytes, 4, 3);
        _exit(0);
    }
    waitpid(child, &status, 0);
    RESULT(status, 0, {0});
}

static struct result
readv_wrong(void)
{
    RETURNS(CALL(readv)(scene.in, (struct iovec *)wild, too_few));
    RESULT(result, error, {0});
}

static struct result
recv_of(int fd, int flags)
{
    char bytes[4] = "";
    uint64_t start = ms_now();
    RETURNS(CALL(recv)(fd, bytes, sizeof(bytes), flags));

    RESULT(result, error, {bytes[0], ms_now() - start >= WAIT_MS});
}

static struct result
recv_dont_wait(void)
{
    return recv_of(scene.in, MSG_DONTWAIT);
}

static struct result
recv_urgent(void)
{
    return recv_of(scene.in, MSG_OOB);
}

static struct result
recv_peek(void)
{
    come_byte();
    return recv_of(scene.in, MSG_PEEK);
}

static struct result
recv_not_a_socket(void)
{
    return recv_of(scene.locked, 0);
}

static struct result
recv_timeout(void)
{
    struct timeval timeout = {.tv_usec = WAIT_MS * 1000};

    setsockopt(scene.in, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    return recv_of(scene.in, 0);
}

static struct result
recv_all_of_less(void)
{
    come_byte();
    shutdown(scene.out, SHUT_RDWR);
    return recv_of(scene.in, MSG_WAITALL);
}

static struct result
recvfrom_address(void)
{
    struct sockaddr_un from;
    socklen_t size = sizeof(from);
    char byte = 0;

    come_byte();
    RETURNS(
        CALL(recvfrom)(scene.in, &byte, 1, 0, (struct sockaddr *)&from, &size));
    RESULT(result, error, {byte, size});
}

static struct result
recvmsg_flags(void)
{
    char bytes[4];
    struct iovec part = {bytes, 4};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    come_byte();
    RETURNS(CALL(recvmsg)(scene.in, &message, 0));
    RESULT(result, error, {message.msg_flags, bytes[0]});
}

static struct result
recvmsg_wild(void)
{
    come_byte();
    RETURNS(CALL(recvmsg)(scene.in, (struct msghdr *)wild, 0));
    RESULT(result, error, {0});
}

static struct result
accept_nonblocking(void)
{
    set_nonblocking(scene.listener);
    RETURNS(CALL(accept)(scene.listener, NULL, NULL));
    RESULT(result, error, {0});
}

static struct result
accept_not_listening(void)
{
    RETURNS(CALL(accept)(scene.in, NULL, NULL));
    RESULT(result, error, {0});
}

static struct result
accept4_wrong(void)
{
    come_connection();
    RETURNS(CALL(accept4)(scene.listener, NULL, NULL, 12345));
    RESULT(result, error, {0});
}

static struct result
accept_timeout(void)
{
    struct timeval timeout = {.tv_usec = WAIT_MS * 1000};
    uint64_t start = ms_now();

    setsockopt(scene.listener, SOL_SOCKET, SO_RCVTIMEO, &timeout,
               sizeof(timeout));
    RETURNS(CALL(accept)(scene.listener, NULL, NULL));
    RESULT(result, error, {ms_now() - start >= WAIT_MS});
}

/* --- children --- */

/* It exits with 3; with a stop first, it is stopped when this returns. */
static pid_t
make_child(bool with_stop)
{
    siginfo_t info;
    pid_t child = fork();

    if (child == 0) {
        if (with_stop)
            raise(SIGSTOP);
        _exit(3);
    }
    waitid(P_PID, (id_t)child, &info,
           (with_stop ? WSTOPPED : WEXITED) | WNOWAIT);
    return child;
}

static struct result
wait_no_child(void)
{
    int status = 7;
    RETURNS(CALL(wait)(&status));

    RESULT(result, error, {status});
}

static struct result
waitpid_wrong(void)
{
    int status = 7;
    RETURNS(CALL(waitpid)(-1, &status, 0x10000000 | 0x400));

    RESULT(result, error, {status});
}

static struct result
waitpid_ended(void)
{
    int status = 7;
    pid_t child = make_child(false);
    RETURNS(CALL(waitpid)(child, &status, 0));

    RESULT(result == child, error, {status});
}

/* The first one has ended, too, and is not asked for. */
static struct result
waitpid_second(void)
{
    int status = 7;
    pid_t first = make_child(false), second = make_child(false);

    RETURNS(CALL(waitpid)(second, &status, 0));

    waitpid(result == first ? second : first, NULL, 0);
    RESULT(result == second, error, {status});
}

static struct result
wait3_usage(void)
{
    struct rusage usage = {.ru_maxrss = -1};
    int status = 7;
    pid_t child = make_child(false);
    RETURNS(CALL(wait3)(&status, 0, &usage));

    RESULT(result == child, error, {status, usage.ru_maxrss > 0});
}

static struct result
waitpid_stopped(void)
{
    int status = 7;
    pid_t child = make_child(true);
    RETURNS(CALL(waitpid)(-1, &status, WUNTRACED));

    kill(child, SIGCONT);
    waitpid(child, NULL, 0);
    RESULT(result == child, error, {status});
}

static struct result
waitpid_running(void)
{
    int status = 7;
    pid_t child = make_child(true);

    waitpid(child, NULL, WUNTRACED);
    RETURNS(CALL(waitpid)(child, &status, WNOHANG));
    kill(child, SIGCONT);
    waitpid(child, NULL, 0);
    RESULT(result, error, {status});
}

/* One that runs until end_child, and is there without a wait of the library's.
 */
static pid_t
begin_child(void)
{
    pid_t child = fork();

    while (child == 0)
        syscall(SYS_ppoll, NULL, 0, NULL, NULL, 0);
    return child;
}

static void
end_child(pid_t child)
{
    kill(child, SIGKILL);
    syscall(SYS_wait4, child, NULL, 0, NULL);
}

static struct result
waitpid_no_hang(void)
{
    int status = 7;
    pid_t child = begin_child();
    RETURNS(CALL(waitpid)(child, &status, WNOHANG));

    end_child(child);
    RESULT(result, error, {status});
}

static struct result
waitid_no_hang(void)
{
    siginfo_t info = {.si_pid = 7};
    pid_t child = begin_child();
    RETURNS(CALL(waitid)(P_PID, (id_t)child, &info, WEXITED | WNOHANG));

    end_child(child);
    RESULT(result, error, {info.si_pid});
}

/* It runs, and ends while it is waited for. */
static struct result
wait_running(void)
{
    int status = 7;
    pid_t child = fork();

    if (child == 0) {
        nanosleep(&some, NULL);
        _exit(4);
    }
    RETURNS(CALL(wait)(&status));
    RESULT(result == child, error, {status});
}

static struct result
wait4_usage(void)
{
    int status = 7;
    struct rusage usage = {.ru_maxrss = -1};
    pid_t child = make_child(false);
    RETURNS(CALL(wait4)(0, &status, 0, &usage));

    RESULT(result == child, error, {status, usage.ru_maxrss > 0});
}

static struct result
waitid_twice(void)
{
    siginfo_t info = {.si_pid = 0};
    pid_t child = make_child(false);
    long first = CALL(waitid)(P_ALL, 0, &info, WEXITED | WNOWAIT);
    RETURNS(CALL(waitid)(P_PID, (id_t)child, NULL, WEXITED));

    RESULT(result, error, {first, info.si_pid == child, info.si_status});
}

static struct result
waitid_wrong(void)
{
    siginfo_t info = {.si_pid = 7};
    pid_t child = make_child(false);
    RETURNS(CALL(waitid)(P_PID, (id_t)child, &info, 0));

    waitpid(child, NULL, 0);
    RESULT(result, error, {info.si_pid});
}

static struct result
waitid_wild(void)
{
    pid_t child = make_child(false);
    RETURNS(CALL(waitid)(P_PID, (id_t)child, (siginfo_t *)wild, WEXITED));

    waitpid(child, NULL, 0);
    RESULT(result, error, {0});
}

/* --- others --- */

static struct result
flock_of(int fd, int how)
{
    RETURNS(CALL(flock)(fd, how));
    RESULT(result, error, {0});
}

static struct result
flock_held(void)
{
    return flock_of(scene.other, LOCK_EX | LOCK_NB);
}

static struct result
flock_free(void)
{
    come_lock();
    return flock_of(scene.other, LOCK_EX);
}

static struct result
flock_unlock(void)
{
    return flock_of(scene.locked, LOCK_UN);
}

static struct result
flock_closed(void)
{
    return flock_of(900, LOCK_EX);
}

static struct result
flock_wrong(void)
{
    return flock_of(scene.other, 0);
}

static struct result
sem_posted(void)
{
    come_post();
    RETURNS(CALL(sem_wait)(scene.semaphore));
    RESULT(result, error, {0});
}

static struct result
system_shell(void)
{
    RETURNS(CALL(system)(NULL));
    RESULT(result, error, {0});
}

static struct result
system_status(void)
{
    RETURNS(CALL(system)("exit 3"));
    RESULT(result, error, {0});
}

static struct result
pclose_status(void)
{
    FILE *pipe = popen("exit 3", "r");
    RETURNS(CALL(pclose)(pipe));

    RESULT(result, error, {0});
}

/* clang-format off */
#define SAME(name) {#name, name, false}
/* The 32-bit glibc reads such a time itself and crashes, with us or without. */
#define SAME_IN_WIDE(name) {#name, sizeof(long) == 8 ? name : NULL, false}
/* It does not wait, or not for long: so what is kept stays. */
#define AT_ONCE(name) {#name, name, true}
/* clang-format on */

static const struct {
    const char *name;
    struct result (*run)(void);
    bool is_at_once;
} cases[] = {
    AT_ONCE(poll_nothing),
    SAME(poll_timeout),
    SAME(poll_short),
    AT_ONCE(poll_ready),
    SAME(poll_hung_up),
    SAME(poll_closed),
    SAME(poll_no_descriptors),
    SAME(poll_wild),
    SAME(poll_too_many),
    SAME(ppoll_timeout),
    SAME(ppoll_wrong),
    SAME(ppoll_negative),
    SAME(ppoll_wild_mask),
    SAME(ppoll_huge),
    SAME(poll_chk_overflow),
    SAME(ppoll_chk_overflow),
    AT_ONCE(select_nothing),
    SAME(select_timeout),
    SAME(select_many_us),
    SAME(select_most),
    AT_ONCE(select_ready),
    AT_ONCE(select_writable),
    SAME(select_wrong_count),
    SAME(select_negative),
    SAME(select_negative_us),
    SAME(select_closed),
    SAME(select_wild),
    SAME(pselect_timeout),
    SAME(pselect_nothing),
    SAME(pselect_wrong),
    SAME(pselect_wild_mask),
    SAME(epoll_nothing),
    SAME(epoll_timeout),
    AT_ONCE(epoll_ready),
    SAME(epoll_none_wanted),
    SAME(epoll_not_one),
    SAME(epoll_closed),
    SAME(epoll_wild),
    SAME(epoll_pwait2_timeout),
    SAME(epoll_pwait2_wrong),
#if UINTPTR_MAX > 0xffffffffu /* else libc reads the time limit itself */
    SAME_IN_WIDE(epoll_pwait2_wild),
#endif
    AT_ONCE(nanosleep_some),
    SAME(nanosleep_none),
    SAME(nanosleep_wrong),
    SAME(nanosleep_negative),
    SAME_IN_WIDE(nanosleep_wild),
    AT_ONCE(clock_nanosleep_some),
    AT_ONCE(clock_nanosleep_until),
    SAME(clock_nanosleep_past),
    SAME(clock_nanosleep_no_clock),
    AT_ONCE(clock_nanosleep_thread_clock),
    SAME_IN_WIDE(clock_nanosleep_wild),
    SAME(sleep_none),
    SAME(sleep_some),
    SAME(usleep_some),
    SAME(usleep_none),
    SAME(sigtimedwait_none),
    SAME(sigtimedwait_some),
    AT_ONCE(sigtimedwait_pending),
    SAME(sigtimedwait_wrong),
    SAME_IN_WIDE(sigtimedwait_wild_time),
    SAME(sigtimedwait_wild),
    SAME(sigwaitinfo_wild),
    AT_ONCE(sigwait_pending),
    SAME(sigwait_wild),
    SAME(sigsuspend_wild),
    AT_ONCE(read_nonblocking),
    SAME(read_closed),
    AT_ONCE(read_nothing),
    SAME(read_end),
    SAME(read_wild),
    AT_ONCE(read_file),
    SAME(read_folder),
    SAME(read_chk_overflow),
    SAME(readv_wrong),
    AT_ONCE(recv_dont_wait),
    AT_ONCE(recv_urgent),
    AT_ONCE(recv_peek),
    SAME(recv_not_a_socket),
    AT_ONCE(recv_timeout),
    SAME(recv_all_of_less),
    SAME(recvfrom_address),
    SAME(recvmsg_flags),
    SAME(recvmsg_wild),
    AT_ONCE(accept_nonblocking),
    SAME(accept_not_listening),
    SAME(accept4_wrong),
    AT_ONCE(accept_timeout),
    SAME(wait_no_child),
    SAME(waitpid_wrong),
    SAME(waitpid_ended),
    SAME(waitpid_second),
    SAME(wait3_usage),
    SAME(waitpid_stopped),
    SAME(waitpid_running),
    AT_ONCE(waitpid_no_hang),
    AT_ONCE(waitid_no_hang),
    SAME(wait_running),
    SAME(wait4_usage),
    SAME(waitid_twice),
    SAME(waitid_wrong),
    SAME(waitid_wild),
    AT_ONCE(flock_held),
    AT_ONCE(flock_free),
    AT_ONCE(flock_unlock),
    SAME(flock_closed),
    SAME(flock_wrong),
    AT_ONCE(sem_posted),
    SAME(system_shell),
    SAME(system_status),
    SAME(pclose_status),
};

static struct result
run(struct result (*call)(void), bool keeps)
{
    struct result result;

    make_scene();
    is_kept = keeps;
    if (is_kept)
        keep(KEPT);
    errno = ERRNO_MARK;
    result = call();
    is_kept = keeps && kept_bytes() >= KEPT;
    end_scene();
    return result;
}

/* As with a decay time that is over during the test, without this option. */
static bool
stays(void)
{
    const char *decay = getenv("LAZYZERO_DECAY_MS");

    return decay != NULL && strlen(decay) > 3;
}

static bool
is_same(const char *name, const char *how, const struct result *a,
        const struct result *b)
{
    bool is = memcmp(a, b, sizeof(*a)) == 0;

    if (!is)
        fprintf(stderr,
                "%s, %s: %ld %ld %ld %ld %ld %ld, not %ld %ld %ld %ld "
                "%ld %ld\n",
                name, how, b->result, b->error, b->values[0], b->values[1],
                b->values[2], b->values[3], a->result, a->error, a->values[0],
                a->values[1], a->values[2], a->values[3]);
    return is;
}

int
main(void)
{
    void *handle = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    bool is_right = true;

    require_active();
    watchdog(100);
    REQUIRE(handle != NULL);
    REQUIRE(dlsym(handle, "poll") != dlsym(RTLD_DEFAULT, "poll"));
    block_for_sigwait();
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct result expected, nothing, kept;

        if (cases[i].run == NULL)
            continue;
        libc = handle;
        malloc_trim(0);
        expected = run(cases[i].run, false);
        libc = NULL;
        malloc_trim(0);
        nothing = run(cases[i].run, false);
        kept = run(cases[i].run, true);
        is_right &= is_same(cases[i].name, "nothing kept", &expected, &nothing);
        is_right &= is_same(cases[i].name, "kept", &expected, &kept);
        if (cases[i].is_at_once && stays() && !is_kept) {
            fprintf(stderr, "%s: nothing is kept any more\n", cases[i].name);
            is_right = false;
        }
    }
    return is_right ? 0 : 1;
}
