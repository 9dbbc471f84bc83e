/* SPDX-License-Identifier: MIT */
/*
 * spawn REPORT [NAME=VALUE...] -- COMMAND...: runs a program as it is and
 * writes into the file REPORT, as JSON, what it took: seconds, page faults, and
 * KiB of memory at its peak. Ends as the program does.
 *
 * A program of its own, since the peak of a process counts what started it: the
 * driver's 43 MB.
 */
#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../clock.h"

extern char **environ;

static double
seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static bool
report(const char *path, double wall, const struct rusage *usage)
{
    FILE *file = fopen(path, "w");

    if (file == NULL)
        return false;
    fprintf(file,
            "{\"wall\": %.6f, \"user\": %.6f, \"system\": %.6f, "
            "\"faults\": %ld, \"peak\": %ld}\n",
            wall, seconds(usage->ru_utime), seconds(usage->ru_stime),
            usage->ru_minflt, usage->ru_maxrss);
    return fclose(file) == 0;
}

int
main(int argc, char **argv)
{
    struct rusage usage;
    int status, at = 2, error;
    uint64_t start;
    pid_t pid;

    for (; at < argc && strcmp(argv[at], "--") != 0; at++)
        putenv(argv[at]);
    if (at + 1 >= argc) {
        fprintf(stderr, "usage: spawn REPORT [NAME=VALUE...] -- COMMAND...\n");
        return 2;
    }
    start = now();
    error =
        posix_spawnp(&pid, argv[at + 1], NULL, NULL, &argv[at + 1], environ);
    if (error != 0) {
        fprintf(stderr, "spawn: %s: %s\n", argv[at + 1], strerror(error));
        return 127;
    }
    if (wait4(pid, &status, 0, &usage) < 0 ||
        !report(argv[1], (double)(now() - start) / 1e9, &usage)) {
        fprintf(stderr, "spawn: %s: %s\n", argv[1], strerror(errno));
        return 2;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
