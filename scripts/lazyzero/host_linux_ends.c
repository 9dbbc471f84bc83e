/* SPDX-License-Identifier: MIT */
/*
 * The memory of processes just before they end, by ptrace(2): each stops there,
 * and where it starts another one. Threads run untraced. Only the thread that
 * began to trace may go on with it, and its end lets go of whatever is left.
 */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "host.h"
#include "say.h"
#include "text.h"

/* An older peak is that of the program before exec(3): of this one, or so. */
#define OWN_PEAK (16 << 20)

/* PTRACE_EVENT_STOP, which old headers of glibc lack. */
enum { EVENT_STOP = 128 };

struct host_ends {
    pid_t pid;
    pthread_t thread;
    sem_t started;
    bool is_tracing;
    double peak, end; /* bytes, of the process with the highest peak so far */
};

/* The number after "\nVmRSS:" and the like, which is in KiB; in bytes. */
static double
number_in(const char *text, const char *name)
{
    const char *found = strstr(text, name);

    return found == NULL ? 0 : strtod(found + strlen(name), NULL) * 1024;
}

static void
look(struct host_ends *ends, pid_t pid)
{
    char *path = text_format("/proc/%ld/status", (long)pid);
    char *text = text_read(path);
    double peak = text == NULL ? 0 : number_in(text, "\nVmHWM:");

    if (peak > ends->peak) {
        ends->peak = peak;
        ends->end = number_in(text, "\nVmRSS:");
    }
    free(text);
    free(path);
}

/* Lets it go on from a stop: of a job, of one for us, or with its signal. */
static void
resume(struct host_ends *ends, pid_t pid, int status)
{
    int event = status >> 16, number = WSTOPSIG(status);

    if (event == PTRACE_EVENT_EXIT)
        look(ends, pid);
    if (event == EVENT_STOP && number != SIGTRAP)
        ptrace(PTRACE_LISTEN, pid, NULL, NULL);
    else
        ptrace(PTRACE_CONT, pid, NULL, event == 0 ? (long)number : 0L);
}

/* The process that changed; 0: it is the program, which ended. That is left for
 * the other thread to see. */
static pid_t
next_change(const struct host_ends *ends)
{
    siginfo_t info = {0};

    while (waitid(P_ALL, 0, &info,
                  WEXITED | WSTOPPED | WNOWAIT | __WALL | __WNOTHREAD) != 0) {
        if (errno != EINTR)
            return 0;
    }
    if (info.si_pid == ends->pid && info.si_code != CLD_TRAPPED &&
        info.si_code != CLD_STOPPED)
        return 0;
    return info.si_pid;
}

static void *
trace(void *argument)
{
    struct host_ends *ends = argument;
    long options =
        PTRACE_O_TRACEEXIT | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
    int status;
    pid_t pid;

    ends->is_tracing = ptrace(PTRACE_SEIZE, ends->pid, NULL, options) == 0;
    sem_post(&ends->started);
    while (ends->is_tracing && (pid = next_change(ends)) != 0) {
        if (waitpid(pid, &status, __WALL | __WNOTHREAD) == pid &&
            WIFSTOPPED(status))
            resume(ends, pid, status);
    }
    return NULL;
}

struct host_ends *
host_ends_start(pid_t pid)
{
    struct host_ends *ends = say_got(calloc(1, sizeof(*ends)));

    ends->pid = pid;
    sem_init(&ends->started, 0, 0);
    if (pthread_create(&ends->thread, NULL, trace, ends) == 0) {
        sem_wait(&ends->started);
        if (ends->is_tracing)
            return ends;
        pthread_join(ends->thread, NULL);
    }
    free(ends);
    return NULL;
}

void
host_ends_wait(struct host_ends *ends)
{
    pthread_join(ends->thread, NULL);
}

double
host_ends_memory(struct host_ends *ends, double *peak)
{
    double end = ends->end;

    if (ends->peak == 0 || *peak - ends->peak > OWN_PEAK)
        end = NAN;
    if (ends->peak > *peak)
        *peak = ends->peak;
    free(ends);
    return end;
}

double
host_huge_faults(void)
{
    const char name[] = "\nthp_fault_alloc ";
    char *text = text_read("/proc/vmstat");
    char *found = text == NULL ? NULL : strstr(text, name);
    double count = text == NULL    ? NAN
                   : found == NULL ? 0 /* a kernel without huge pages */
                                   : strtod(found + strlen(name), NULL);

    free(text);
    return count;
}

double
host_huge_size(void)
{
    char *text =
        text_read("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size");
    double size = text == NULL ? 0 : strtod(text, NULL);

    free(text);
    return size;
}
