/* SPDX-License-Identifier: MIT */
/*
 * For the programs named wait_*: every exported call that waits, as a table,
 * with what it waits for and how that comes.
 */
#ifndef PROGRAM_WAIT_H
#define PROGRAM_WAIT_H

#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

#include "active.h"
#include "stat.h"
#include "watch.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MIB ((size_t)1 << 20)
#define LONG_TIME 1000 /* seconds: no test waits for them */

extern int lazyzero_read_stats(struct lazyzero_stats *stats)
    __attribute__((weak));

/* What _FORTIFY_SOURCE calls, and what an older glibc may lack. */
extern int __poll_chk(struct pollfd *fds, nfds_t count, int ms, size_t room);
extern int __ppoll_chk(struct pollfd *fds, nfds_t count,
                       const struct timespec *timeout, const sigset_t *mask,
                       size_t room);
extern ssize_t __read_chk(int fd, void *p, size_t n, size_t room);
extern ssize_t __recv_chk(int fd, void *p, size_t n, size_t room, int flags);
extern ssize_t __recvfrom_chk(int fd, void *p, size_t n, size_t room, int flags,
                              struct sockaddr *from, socklen_t *size);
extern int epoll_pwait2(int epoll, struct epoll_event *events, int most,
                        const struct timespec *timeout, const sigset_t *mask);

/* What the calls wait for. */
static struct {
    int in, out;  /* a pair of sockets */
    int epoll;    /* of `in` */
    int listener; /* and its name: */
    struct sockaddr_un name;
    socklen_t name_size;
    int caller;        /* connects, and does not wait */
    int locked, other; /* the same file, opened twice; `locked` has the lock */
    sem_t *semaphore;  /* shared, 0 */
    pid_t waiter;      /* who calls */
    pid_t child;       /* of the waiter; 0: none */
    FILE *pipe;        /* popen's; NULL: none */
} scene;

/* Bytes that are kept warm. */
static inline size_t
kept_bytes(void)
{
    return (size_t)STAT(retained_bytes);
}

/*
 * More than the CPUs' caches take. LAZYZERO_RETAIN says that so much is kept.
 * At least twice: the first block may be made anew; and again where the decay
 * time was over before the look.
 */
static inline void
keep(size_t n)
{
    for (int i = 0; i < 2 || kept_bytes() < n; i++) {
        void *p = malloc(n);

        REQUIRE(p != NULL);
        memset(p, 0x5a, n);
        free(p);
    }
}

static inline void
make_listener(void)
{
    scene.listener = socket(AF_UNIX, SOCK_STREAM, 0);
    scene.caller = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    scene.name.sun_family = AF_UNIX;
    scene.name_size = sizeof(scene.name);
    /* A name that the kernel finds: unix(7), autobind. */
    REQUIRE(bind(scene.listener, (struct sockaddr *)&scene.name,
                 sizeof(sa_family_t)) == 0);
    REQUIRE(getsockname(scene.listener, (struct sockaddr *)&scene.name,
                        &scene.name_size) == 0);
    REQUIRE(listen(scene.listener, 5) == 0);
}

static inline void
make_lock(void)
{
    char path[64];

    scene.locked = memfd_create("lock", 0);
    REQUIRE(scene.locked >= 0);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", scene.locked);
    scene.other = open(path, O_RDWR);
    REQUIRE(scene.other >= 0);
    REQUIRE(flock(scene.locked, LOCK_EX | LOCK_NB) == 0);
}

static inline void
make_scene(void)
{
    struct epoll_event event = {.events = EPOLLIN};
    int pair[2];

    /* The shell of system and popen may be for 64 bits, and this for 32. */
    unsetenv("LD_PRELOAD");
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    scene.in = pair[0];
    scene.out = pair[1];
    scene.epoll = epoll_create1(0);
    REQUIRE(epoll_ctl(scene.epoll, EPOLL_CTL_ADD, scene.in, &event) == 0);
    make_listener();
    make_lock();
    scene.semaphore = (sem_t *)mmap(NULL, sizeof(sem_t), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(sem_init(scene.semaphore, 1, 0) == 0);
    scene.waiter = getpid();
    scene.child = 0;
    scene.pipe = NULL;
}

static inline void
end_scene(void)
{
    const int fds[] = {scene.in,     scene.out,    scene.epoll, scene.listener,
                       scene.caller, scene.locked, scene.other};

    for (size_t i = 0; i < COUNT(fds); i++)
        close(fds[i]);
    munmap(scene.semaphore, sizeof(sem_t));
    if (scene.child > 0)
        kill(scene.child, SIGKILL);
    while (scene.child > 0 && waitpid(scene.child, NULL, 0) < 0 &&
           errno == EINTR)
        ;
}

/* So few seconds are more than the machine needs; a hang is the watchdog's. */
static const struct timespec long_time = {.tv_sec = LONG_TIME};

/* Each returns whether it got what it waited for, with errno. */
static inline bool
run_poll(void)
{
    struct pollfd fd = {scene.in, POLLIN, 0};

    return poll(&fd, 1, -1) == 1 && fd.revents == POLLIN;
}

static inline bool
run_poll_long(void)
{
    struct pollfd fd = {scene.in, POLLIN, 0};

    return poll(&fd, 1, LONG_TIME * 1000) == 1 && fd.revents == POLLIN;
}

static inline bool
run_ppoll(void)
{
    struct pollfd fd = {scene.in, POLLIN, 0};

    return ppoll(&fd, 1, &long_time, NULL) == 1 && fd.revents == POLLIN;
}

static inline bool
run_poll_chk(void)
{
    struct pollfd fd = {scene.in, POLLIN, 0};

    return __poll_chk(&fd, 1, -1, sizeof(fd)) == 1 && fd.revents == POLLIN;
}

static inline bool
run_ppoll_chk(void)
{
    struct pollfd fd = {scene.in, POLLIN, 0};

    return __ppoll_chk(&fd, 1, NULL, NULL, sizeof(fd)) == 1 &&
           fd.revents == POLLIN;
}

static inline bool
run_epoll_wait(void)
{
    struct epoll_event event;

    return epoll_wait(scene.epoll, &event, 1, -1) == 1 &&
           event.events == EPOLLIN;
}

static inline bool
run_epoll_pwait(void)
{
    struct epoll_event event;

    return epoll_pwait(scene.epoll, &event, 1, LONG_TIME * 1000, NULL) == 1 &&
           event.events == EPOLLIN;
}

static inline bool
run_epoll_pwait2(void)
{
    struct epoll_event event;

    return epoll_pwait2(scene.epoll, &event, 1, &long_time, NULL) == 1 &&
           event.events == EPOLLIN;
}

static inline bool
run_select(void)
{
    struct timeval timeout = {.tv_sec = LONG_TIME};
    fd_set set;

    FD_ZERO(&set);
    FD_SET(scene.in, &set);
    return select(scene.in + 1, &set, NULL, NULL, &timeout) == 1 &&
           FD_ISSET(scene.in, &set);
}

static inline bool
run_pselect(void)
{
    fd_set in, odd;

    FD_ZERO(&in);
    FD_SET(scene.in, &in);
    odd = in;
    return pselect(scene.in + 1, &in, NULL, &odd, NULL, NULL) == 1 &&
           FD_ISSET(scene.in, &in) && !FD_ISSET(scene.in, &odd);
}

static inline bool
run_nanosleep(void)
{
    struct timespec left = {-1, -1};

    if (nanosleep(&long_time, &left) == 0)
        return true;
    REQUIRE(left.tv_sec >= LONG_TIME - 100 && left.tv_sec <= LONG_TIME);
    return false;
}

static inline bool
run_clock_nanosleep(void)
{
    struct timespec left = {-1, -1};

    errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &long_time, &left);
    REQUIRE(errno == 0 ||
            (left.tv_sec >= LONG_TIME - 100 && left.tv_sec <= LONG_TIME));
    return errno == 0;
}

static inline bool
run_clock_nanosleep_until(void)
{
    struct timespec end, left = {-1, -1};

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += LONG_TIME;
    errno = clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &end, &left);
    REQUIRE(left.tv_sec == -1 && left.tv_nsec == -1);
    return errno == 0;
}

static inline bool
run_sleep(void)
{
    unsigned left = sleep(LONG_TIME);

    REQUIRE(left == 0 || (left >= LONG_TIME - 100 && left <= LONG_TIME));
    return left == 0;
}

static inline bool
run_usleep(void)
{
    return usleep(LONG_TIME * 1000000) == 0;
}

static inline bool
run_pause(void)
{
    return pause() == 0;
}

/* SIGUSR1 and SIGUSR2 are blocked: see block_signals. */
static inline bool
run_sigsuspend(void)
{
    sigset_t none;

    sigemptyset(&none);
    return sigsuspend(&none) == 0;
}

static inline sigset_t
set_of(int signal_number)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, signal_number);
    return set;
}

static inline bool
run_sigwait(void)
{
    sigset_t set = set_of(SIGUSR2);
    int got = 0;

    errno = sigwait(&set, &got);
    return errno == 0 && got == SIGUSR2;
}

static inline bool
run_sigwaitinfo(void)
{
    sigset_t set = set_of(SIGUSR2);
    siginfo_t info;

    return sigwaitinfo(&set, &info) == SIGUSR2 && info.si_signo == SIGUSR2;
}

static inline bool
run_sigtimedwait(void)
{
    sigset_t set = set_of(SIGUSR2);
    siginfo_t info;

    return sigtimedwait(&set, &info, &long_time) == SIGUSR2 &&
           info.si_signo == SIGUSR2;
}

static inline bool
run_read(void)
{
    char byte;

    return read(scene.in, &byte, 1) == 1 && byte == '\n';
}

static inline bool
run_read_chk(void)
{
    char byte;

    return __read_chk(scene.in, &byte, 1, 1) == 1 && byte == '\n';
}

static inline bool
run_readv(void)
{
    char bytes[2] = "";
    struct iovec parts[2] = {{bytes, 1}, {bytes + 1, 1}};

    return readv(scene.in, parts, 2) == 1 && bytes[0] == '\n';
}

static inline bool
run_recv(void)
{
    char byte;

    return recv(scene.in, &byte, 1, MSG_WAITALL) == 1 && byte == '\n';
}

static inline bool
run_recv_chk(void)
{
    char byte;

    return __recv_chk(scene.in, &byte, 1, 1, 0) == 1 && byte == '\n';
}

static inline bool
run_recvfrom(void)
{
    char byte;

    return recvfrom(scene.in, &byte, 1, 0, NULL, NULL) == 1 && byte == '\n';
}

static inline bool
run_recvfrom_chk(void)
{
    char byte;

    return __recvfrom_chk(scene.in, &byte, 1, 1, 0, NULL, NULL) == 1 &&
           byte == '\n';
}

static inline bool
run_recvmsg(void)
{
    char byte;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

    return recvmsg(scene.in, &message, 0) == 1 && byte == '\n';
}

static inline bool
run_accept(void)
{
    int fd = accept(scene.listener, NULL, NULL);

    return fd >= 0 && close(fd) == 0;
}

static inline bool
run_accept4(void)
{
    struct sockaddr_un name;
    socklen_t size = sizeof(name);
    int fd =
        accept4(scene.listener, (struct sockaddr *)&name, &size, SOCK_CLOEXEC);
    int flags = fd < 0 ? 0 : fcntl(fd, F_GETFD);

    return fd >= 0 && close(fd) == 0 && flags == FD_CLOEXEC;
}

/* The child was killed by `come`. */
static inline bool
is_child(pid_t got, int status)
{
    return got == scene.child && WIFSIGNALED(status) &&
           WTERMSIG(status) == SIGKILL;
}

static inline bool
reaped(bool is_right)
{
    if (is_right)
        scene.child = 0;
    return is_right;
}

static inline bool
run_wait(void)
{
    int status = 0;
    pid_t got = wait(&status);

    return reaped(is_child(got, status));
}

static inline bool
run_wait3(void)
{
    int status = 0;
    struct rusage usage;
    pid_t got = wait3(&status, 0, &usage);

    return reaped(is_child(got, status));
}

static inline bool
run_wait4(void)
{
    int status = 0;
    struct rusage usage;
    pid_t got = wait4(scene.child, &status, WUNTRACED, &usage);

    return reaped(is_child(got, status));
}

static inline bool
run_waitpid(void)
{
    int status = 0;
    pid_t got = waitpid(0, &status, 0);

    return reaped(is_child(got, status));
}

static inline bool
run_waitid(void)
{
    siginfo_t info = {.si_pid = 0};

    return reaped(waitid(P_PID, (id_t)scene.child, &info, WEXITED) == 0 &&
                  info.si_pid == scene.child && info.si_status == SIGKILL &&
                  info.si_code == CLD_KILLED);
}

static inline bool
run_flock(void)
{
    return flock(scene.other, LOCK_SH) == 0;
}

static inline bool
run_sem_wait(void)
{
    return sem_wait(scene.semaphore) == 0;
}

/* A shell that reads a line from `in`. */
static inline const char *
reader(void)
{
    static char command[64];

    snprintf(command, sizeof(command), "read line <&%d", scene.in);
    return command;
}

static inline bool
run_system(void)
{
    return system(reader()) == 0;
}

static inline bool
run_pclose(void)
{
    FILE *pipe = scene.pipe;

    scene.pipe = NULL;
    return pclose(pipe) == 0;
}

/* How what is waited for comes; usable in a signal handler. */
static inline void
come_byte(void)
{
    REQUIRE(send(scene.out, "\n", 1, 0) == 1);
}

static inline void
come_connection(void)
{
    REQUIRE(connect(scene.caller, (struct sockaddr *)&scene.name,
                    scene.name_size) == 0);
}

static inline void
come_child(void)
{
    REQUIRE(kill(scene.child, SIGKILL) == 0);
}

static inline void
come_lock(void)
{
    REQUIRE(flock(scene.locked, LOCK_UN) == 0);
}

static inline void
come_post(void)
{
    REQUIRE(sem_post(scene.semaphore) == 0);
}

static inline void
come_signal(void)
{
    REQUIRE(kill(scene.waiter, SIGUSR2) == 0);
}

/* What a handler does to a call: signal(7). */
enum on_signal {
    ENDS,     /* whatever its flags */
    RESTARTS, /* with SA_RESTART */
    GOES_ON,  /* always */
};

struct waiting {
    const char *name;
    bool (*run)(void);
    void (*come)(void); /* NULL: only a handler ends it */
    enum on_signal on_signal;
    bool is_cancelled; /* pthreads(7): a cancellation point */
};

static const struct waiting waitings[] = {
    {"poll", run_poll, come_byte, ENDS, true},
    {"poll long", run_poll_long, come_byte, ENDS, true},
    {"ppoll", run_ppoll, come_byte, ENDS, true},
    {"__poll_chk", run_poll_chk, come_byte, ENDS, true},
    {"__ppoll_chk", run_ppoll_chk, come_byte, ENDS, true},
    {"epoll_wait", run_epoll_wait, come_byte, ENDS, true},
    {"epoll_pwait", run_epoll_pwait, come_byte, ENDS, true},
    {"epoll_pwait2", run_epoll_pwait2, come_byte, ENDS, true},
    {"select", run_select, come_byte, ENDS, true},
    {"pselect", run_pselect, come_byte, ENDS, true},
    {"nanosleep", run_nanosleep, NULL, ENDS, true},
    {"clock_nanosleep", run_clock_nanosleep, NULL, ENDS, true},
    {"clock_nanosleep until", run_clock_nanosleep_until, NULL, ENDS, true},
    {"sleep", run_sleep, NULL, ENDS, true},
    {"usleep", run_usleep, NULL, ENDS, true},
    {"pause", run_pause, NULL, ENDS, true},
    {"sigsuspend", run_sigsuspend, NULL, ENDS, true},
    {"sigwait", run_sigwait, come_signal, GOES_ON, true},
    {"sigwaitinfo", run_sigwaitinfo, come_signal, ENDS, true},
    {"sigtimedwait", run_sigtimedwait, come_signal, ENDS, true},
    {"read", run_read, come_byte, RESTARTS, true},
    {"__read_chk", run_read_chk, come_byte, RESTARTS, true},
    {"readv", run_readv, come_byte, RESTARTS, true},
    {"recv", run_recv, come_byte, RESTARTS, true},
    {"__recv_chk", run_recv_chk, come_byte, RESTARTS, true},
    {"recvfrom", run_recvfrom, come_byte, RESTARTS, true},
    {"__recvfrom_chk", run_recvfrom_chk, come_byte, RESTARTS, true},
    {"recvmsg", run_recvmsg, come_byte, RESTARTS, true},
    {"accept", run_accept, come_connection, RESTARTS, true},
    {"accept4", run_accept4, come_connection, RESTARTS, true},
    {"wait", run_wait, come_child, RESTARTS, true},
    {"wait3", run_wait3, come_child, RESTARTS, true},
    {"wait4", run_wait4, come_child, RESTARTS, true},
    {"waitpid", run_waitpid, come_child, RESTARTS, true},
    {"waitid", run_waitid, come_child, RESTARTS, true},
    {"flock", run_flock, come_lock, RESTARTS, false},
    {"sem_wait", run_sem_wait, come_post, RESTARTS, true},
    {"system", run_system, come_byte, GOES_ON, false},
    {"pclose", run_pclose, come_byte, GOES_ON, false},
};

/* Before each call: what only some of them wait for. */
static inline void
make_scene_for(const struct waiting *waiting)
{
    make_scene();
    if (waiting->come == come_child) {
        scene.child = fork();
        REQUIRE(scene.child >= 0);
        while (scene.child == 0)
            pause();
    }
    if (waiting->run == run_pclose)
        scene.pipe = popen(reader(), "r");
}

/* For the calls that take signals; the handlers are for SIGUSR1 and SIGALRM. */
static inline void
block_for_sigwait(void)
{
    sigset_t set = set_of(SIGUSR2);

    REQUIRE(pthread_sigmask(SIG_BLOCK, &set, NULL) == 0);
}

#endif
