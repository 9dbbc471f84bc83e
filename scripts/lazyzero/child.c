/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"
#include "library.h"
#include "say.h"
#include "text.h"
#include "watcher.h"

volatile int child_interrupted;

/* For the handler; changed only while the signals are blocked. */
static volatile pid_t running;
static volatile bool running_apart;

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM};

#define SIGNAL_COUNT (sizeof(signals) / sizeof(signals[0]))

static void
stop_group(int number)
{
    if (number != SIGALRM)
        child_interrupted = number;
    if (running <= 0)
        return;
    kill(-running, number == SIGALRM ? SIGKILL : SIGTERM);
    alarm(number == SIGALRM ? 0 : 3);
}

static void
on_signal(int number, siginfo_t *info, void *context)
{
    int saved = errno;

    (void)context;
    if (running_apart)
        stop_group(number);
    else if (running <= 0)
        child_interrupted = number;
    else if (info->si_pid != 0) /* 0: from the terminal */
        kill(running, number);
    errno = saved;
}

static sigset_t
all_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < SIGNAL_COUNT; i++)
        sigaddset(&set, signals[i]);
    return set;
}

/*
 * An ignored signal stays so, for us and for the program (nohup). A call that
 * waits is not restarted: a copy to a pipe that nobody reads ends so.
 */
static void
catch_signals(void)
{
    static bool caught;
    struct sigaction action = {.sa_flags = SA_SIGINFO}, old;

    action.sa_sigaction = on_signal;
    action.sa_mask = all_signals();
    for (size_t i = 0; i < SIGNAL_COUNT && !caught; i++) {
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(signals[i], &action, NULL);
    }
    caught = true;
}

static void
redirect(int to, const char *path, int flags)
{
    int fd = open(path, flags, 0600);

    if (fd >= 0 && fd != to) {
        dup2(fd, to);
        close(fd);
    }
}

/* A file as standard input is read from where it stood when we began. */
static bool
rewind_input(void)
{
    static off_t start = -1;
    struct stat status;

    if (fstat(STDIN_FILENO, &status) != 0 || !S_ISREG(status.st_mode))
        return false;
    if (start < 0)
        start = lseek(STDIN_FILENO, 0, SEEK_CUR);
    return lseek(STDIN_FILENO, start, SEEK_SET) >= 0;
}

static void
stand_apart(const struct child *child, bool has_input)
{
    setpgid(0, 0);
    if (!has_input)
        redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
    if (child->show) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        return;
    }
    redirect(STDOUT_FILENO, "/dev/null", O_WRONLY);
    redirect(STDERR_FILENO, "/dev/null", O_WRONLY);
    if (child->output != NULL)
        redirect(STDOUT_FILENO, child->output,
                 O_WRONLY | O_CREAT | O_EXCL | O_APPEND);
}

/* What holds the program back until all is ready to look at its end. */
static bool
open_gate(int gate[2])
{
    if (pipe(gate) != 0)
        return false;
    fcntl(gate[0], F_SETFD, FD_CLOEXEC);
    fcntl(gate[1], F_SETFD, FD_CLOEXEC);
    return true;
}

static void
wait_at_gate(const int gate[2])
{
    char byte;

    close(gate[1]);
    while (read(gate[0], &byte, 1) < 0 && errno == EINTR)
        ;
}

static struct host_ends *
look_at_ends(pid_t pid, const int gate[2], double *began)
{
    struct host_ends *ends = host_ends_start(pid);

    *began = watcher_now();
    close(gate[0]);
    close(gate[1]);
    return ends;
}

static void
become(const struct child *child, const sigset_t *mask, bool has_input)
{
    char *why;
    int out;

    for (size_t i = 0; child->set != NULL && child->set[i] != NULL; i++)
        putenv(text_format("%s", child->set[i]));
    if (child->library != NULL)
        library_preload(child->library);
    if (child->bindings != NULL)
        host_trace_bindings(child->bindings);
    /* A copy of it for the one message that the program's must not hide. */
    out = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (child->apart)
        stand_apart(child, has_input);
    sigprocmask(SIG_SETMASK, mask, NULL);
    execvp(child->program[0], child->program);
    why = text_format("lazyzero: cannot run %s: %s\n", child->program[0],
                      strerror(errno));
    if (write(out, why, strlen(why)) < 0)
        _exit(SAY_CANNOT_RUN);
    _exit(SAY_CANNOT_RUN);
}

static double
seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static struct child_result
result_of(pid_t pid, double wall, int status, const struct rusage *usage)
{
    return (struct child_result){
        .pid = pid,
        .wall = wall,
        .user = seconds(usage->ru_utime),
        .system = seconds(usage->ru_stime),
        .minor = (double)usage->ru_minflt,
        .major = (double)usage->ru_majflt,
        .peak = (double)usage->ru_maxrss * host_peak_unit,
        .status =
            WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
        .end = NAN,
        .killed = WIFSIGNALED(status),
    };
}

/* The process, when it began, and `ends` if they are looked at. */
static pid_t
start(const struct child *child, const sigset_t *mask, double *began,
      struct host_ends **ends)
{
    /* Here: a process keeps the place, and the next one starts from it too. */
    bool has_input = child->apart && rewind_input();
    int gate[2];
    bool has_gate = child->ends && open_gate(gate);
    pid_t pid;

    *began = watcher_now();
    pid = fork();
    if (pid < 0)
        say_stop(SAY_FAILED, "cannot start a process: %s", strerror(errno));
    if (pid == 0) {
        if (has_gate)
            wait_at_gate(gate);
        become(child, mask, has_input);
    }
    if (child->apart)
        setpgid(pid, pid);
    running_apart = child->apart;
    running = pid;
    *ends = has_gate ? look_at_ends(pid, gate, began) : NULL;
    return pid;
}

/*
 * Its number stays its own until no signal can be sent to it any more. While it
 * is traced, waitid(2) would return at each of its stops.
 */
static void
wait_for(pid_t pid, struct host_ends *ends)
{
    siginfo_t info;

    if (ends != NULL)
        host_ends_wait(ends);
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 &&
           errno == EINTR)
        ;
}

struct child_result
child_run(const struct child *child)
{
    sigset_t set = all_signals(), mask;
    struct rusage usage = {0};
    struct child_result result;
    struct watcher watcher;
    struct host_ends *ends;
    double began, wall;
    int status = 0;
    pid_t pid;

    catch_signals();
    fflush(NULL);
    sigprocmask(SIG_BLOCK, &set, &mask);
    pid = start(child, &mask, &began, &ends);
    watcher_start(&watcher, child->watch, pid, began);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    wait_for(pid, ends);
    wall = watcher_now() - began;
    watcher_stop(&watcher);
    sigprocmask(SIG_BLOCK, &set, NULL);
    wait4(pid, &status, 0, &usage);
    running = 0;
    alarm(0);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    result = result_of(pid, wall, status, &usage);
    result.traced = ends != NULL;
    if (result.traced)
        result.end = host_ends_memory(ends, &result.peak);
    return result;
}

char *
child_describe(int status)
{
    if (status > 128 && status < 128 + 65)
        return text_format("signal %d (%s)", status - 128,
                           strsignal(status - 128));
    return text_format("exit status %d", status);
}
