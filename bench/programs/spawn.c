/* SPDX-License-Identifier: MIT */
/*
 * spawn REPORT LIBRARY [NAME=VALUE...] -- COMMAND...: runs a program as it is,
 * and writes what it took into the file REPORT, as JSON: seconds, page faults
 * of all its processes, huge pages that were faulted in meanwhile (by anybody:
 * the kernel counts them for the whole system), and of the process that was the
 * largest the KiB resident at its peak and when it ended. Fails where LIBRARY
 * (a path, or empty) was not mapped in that process. Ends as the program does.
 *
 * A program of its own, since the peak of a process counts what started it: the
 * driver's 43 MB. ptrace(2) stops each process just before it ends, and nowhere
 * else but where it starts another one: its memory is looked at whole, however
 * short it lived. Threads run untraced.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../clock.h"

#define NO_LIBRARY 3

/* The process with the highest peak so far. */
struct largest {
    long peak, end; /* KiB */
    bool served;
};

static void
stop(const char *what)
{
    fprintf(stderr, "spawn: %s: %s\n", what, strerror(errno));
    exit(2);
}

static double
seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* The number after `name` in a file of lines; 0 where there is none. */
static long
number_in(const char *path, const char *name)
{
    FILE *file = fopen(path, "r");
    char line[256];
    long number = 0;

    if (file == NULL)
        return 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0)
            number = strtol(line + strlen(name), NULL, 10);
    }
    fclose(file);
    return number;
}

static bool
has_mapped(pid_t pid, const char *library)
{
    char path[64], line[4096];
    bool found = false;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    file = fopen(path, "r");
    if (file == NULL)
        return false;
    while (!found && fgets(line, sizeof(line), file) != NULL)
        found = strstr(line, library) != NULL;
    fclose(file);
    return found;
}

/* Called while the process stands still before its end. */
static void
look(struct largest *largest, pid_t pid, const char *library)
{
    char path[64];
    long peak;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    peak = number_in(path, "VmHWM:");
    if (peak <= largest->peak)
        return;
    largest->peak = peak;
    largest->end = number_in(path, "VmRSS:");
    largest->served = has_mapped(pid, library);
}

/* Lets a process go on from a stop that ptrace(2) reports in `status`. */
static void
resume(struct largest *largest, pid_t pid, int status, const char *library)
{
    int event = status >> 16, signal = WSTOPSIG(status);

    if (event == PTRACE_EVENT_EXIT)
        look(largest, pid, library);
    if (event == PTRACE_EVENT_STOP && signal != SIGTRAP)
        ptrace(PTRACE_LISTEN, pid, NULL, NULL);
    else
        ptrace(PTRACE_CONT, pid, NULL, event == 0 ? (long)signal : 0L);
}

static int
watch(struct largest *largest, pid_t child, const char *library,
      struct rusage *usage)
{
    struct rusage of_it;
    int status;
    pid_t pid;

    while ((pid = wait4(-1, &status, __WALL, &of_it)) > 0) {
        if (WIFSTOPPED(status)) {
            resume(largest, pid, status, library);
        } else if (pid == child) {
            *usage = of_it;
            return status;
        }
    }
    stop("wait4");
    return 0;
}

/* The program, as soon as the other end of `go` is closed. */
static void
become(char **command, const int go[2])
{
    char byte;

    close(go[1]);
    if (read(go[0], &byte, 1) == 0)
        execvp(command[0], command);
    fprintf(stderr, "spawn: %s: %s\n", command[0], strerror(errno));
    _exit(127);
}

/* Traced from its first instruction on: a short one would end before. */
static pid_t
start(char **command)
{
    long options =
        PTRACE_O_TRACEEXIT | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
    int go[2];
    pid_t pid;

    if (pipe2(go, O_CLOEXEC) != 0 || (pid = fork()) < 0)
        stop("fork");
    if (pid == 0)
        become(command, go);
    if (ptrace(PTRACE_SEIZE, pid, NULL, options) != 0)
        stop("ptrace");
    close(go[0]);
    close(go[1]);
    return pid;
}

static bool
report(const char *path, double wall, const struct rusage *usage, long huge,
       const struct largest *largest)
{
    FILE *file = fopen(path, "w");

    if (file == NULL)
        return false;
    fprintf(file,
            "{\"wall\": %.6f, \"user\": %.6f, \"system\": %.6f, "
            "\"faults\": %ld, \"huge\": %ld, \"peak\": %ld, \"end\": %ld}\n",
            wall, seconds(usage->ru_utime), seconds(usage->ru_stime),
            usage->ru_minflt, huge, largest->peak, largest->end);
    return fclose(file) == 0;
}

int
main(int argc, char **argv)
{
    struct largest largest = {.peak = 0};
    struct rusage usage;
    int status, at = 3;
    uint64_t begin;
    long huge;

    for (; at < argc && strcmp(argv[at], "--") != 0; at++)
        putenv(argv[at]);
    if (at + 1 >= argc) {
        fprintf(stderr,
                "usage: spawn REPORT LIBRARY [NAME=VALUE...] -- COMMAND...\n");
        return 2;
    }
    huge = number_in("/proc/vmstat", "thp_fault_alloc");
    begin = now();
    status = watch(&largest, start(&argv[at + 1]), argv[2], &usage);
    if (!report(argv[1], (double)(now() - begin) / 1e9, &usage,
                number_in("/proc/vmstat", "thp_fault_alloc") - huge, &largest))
        stop(argv[1]);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && !largest.served) {
        fprintf(stderr, "spawn: %s was not in the program's memory\n", argv[2]);
        return NO_LIBRARY;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
