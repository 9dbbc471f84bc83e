/* SPDX-License-Identifier: MIT */
#include "child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "library.h"
#include "say.h"
#include "text.h"

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
    int fd = open(path, flags);

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
stand_apart(bool show, bool has_input)
{
    setpgid(0, 0);
    if (!has_input)
        redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
    if (show) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        return;
    }
    redirect(STDOUT_FILENO, "/dev/null", O_WRONLY);
    redirect(STDERR_FILENO, "/dev/null", O_WRONLY);
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
        stand_apart(child->show, has_input);
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

static double
time_of(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double
now(void)
{
    return time_of(CLOCK_MONOTONIC);
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
        .killed = WIFSIGNALED(status),
    };
}

/* A thread, so that the end of the program is seen at once. */
struct watcher {
    const struct child *child;
    pid_t pid;
    double start;
    pthread_t thread;
    bool is_running, is_over; /* is_over: atomic */
};

static void *
watch(void *argument)
{
    struct watcher *watcher = argument;

    while (!__atomic_load_n(&watcher->is_over, __ATOMIC_RELAXED)) {
        double cost = time_of(CLOCK_THREAD_CPUTIME_ID), pause;

        watcher->child->watch(watcher->pid, now() - watcher->start);
        cost = time_of(CLOCK_THREAD_CPUTIME_ID) - cost;
        pause = 19 * cost;
        /* In parts, since the end waits for this thread. */
        do {
            nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
            pause -= 0.005;
        } while (pause > 0 &&
                 !__atomic_load_n(&watcher->is_over, __ATOMIC_RELAXED));
    }
    return NULL;
}

/* While the signals are blocked, as they shall be on that thread. */
static void
start_watching(struct watcher *watcher)
{
    if (watcher->child->watch != NULL)
        watcher->is_running =
            pthread_create(&watcher->thread, NULL, watch, watcher) == 0;
}

static void
stop_watching(struct watcher *watcher)
{
    __atomic_store_n(&watcher->is_over, true, __ATOMIC_RELAXED);
    if (watcher->is_running)
        pthread_join(watcher->thread, NULL);
}

struct child_result
child_run(const struct child *child)
{
    sigset_t set = all_signals(), mask;
    struct rusage usage = {0};
    struct watcher watcher;
    /* Here: a process keeps the place, and the next one starts from it too. */
    bool has_input = child->apart && rewind_input();
    siginfo_t info;
    double start;
    int status = 0;
    pid_t pid;

    catch_signals();
    fflush(NULL);
    sigprocmask(SIG_BLOCK, &set, &mask);
    start = now();
    pid = fork();
    if (pid < 0)
        say_stop(SAY_FAILED, "cannot start a process: %s", strerror(errno));
    if (pid == 0)
        become(child, &mask, has_input);
    if (child->apart)
        setpgid(pid, pid);
    running_apart = child->apart;
    running = pid;
    watcher = (struct watcher){.child = child, .pid = pid, .start = start};
    start_watching(&watcher);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    /* Its number stays its own until no signal can be sent to it any more. */
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 &&
           errno == EINTR)
        ;
    start = now() - start;
    stop_watching(&watcher);
    sigprocmask(SIG_BLOCK, &set, NULL);
    wait4(pid, &status, 0, &usage);
    running = 0;
    alarm(0);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    return result_of(pid, start, status, &usage);
}

char *
child_describe(int status)
{
    if (status > 128 && status < 128 + 65)
        return text_format("signal %d (%s)", status - 128,
                           strsignal(status - 128));
    return text_format("exit status %d", status);
}

static char *folder;

static void
remove_folder(void)
{
    DIR *open = opendir(folder);
    struct dirent *entry;

    while (open != NULL && (entry = readdir(open)) != NULL) {
        char *path = text_format("%s/%s", folder, entry->d_name);

        unlink(path);
        free(path);
    }
    if (open != NULL)
        closedir(open);
    rmdir(folder);
}

const char *
child_folder(void)
{
    const char *where = getenv("TMPDIR");

    if (folder != NULL)
        return folder;
    if (where == NULL || where[0] != '/')
        where = "/tmp";
    folder = text_format("%s/lazyzero.XXXXXX", where);
    if (mkdtemp(folder) == NULL)
        say_stop(SAY_FAILED, "cannot create a folder in %s: %s (set TMPDIR)",
                 where, strerror(errno));
    atexit(remove_folder);
    return folder;
}
