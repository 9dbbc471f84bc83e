/* SPDX-License-Identifier: MIT */
/*
 * spawn REPORT LIBRARY [NAME=VALUE...] -- COMMAND...: runs a program as it is
 * and writes into the file REPORT, as JSON, what it took: seconds, page faults,
 * KiB of memory at its peak, and whether a file with LIBRARY in its name was in
 * its memory map.
 *
 * A program of its own, since the peak of a process counts what started it (the
 * driver's 43 MB), and since some end within two milliseconds, between two
 * looks of the driver's at the map. Ends as the program does.
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

static bool
maps_library(pid_t pid, const char *library)
{
    char path[64], line[4352];
    bool found = false;
    FILE *maps;

    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    maps = fopen(path, "r");
    while (!found && maps != NULL && fgets(line, sizeof(line), maps) != NULL)
        found = strstr(line, library) != NULL;
    if (maps != NULL)
        fclose(maps);
    return found;
}

/* Looks again and again, at first without a rest. */
static bool
wait_for(pid_t pid, const char *library, int *status, struct rusage *usage)
{
    bool proven = false;
    uint64_t patience = now() + 50000000;

    while (wait4(pid, status, proven ? 0 : WNOHANG, usage) == 0) {
        proven = maps_library(pid, library);
        if (!proven && now() > patience)
            usleep(500);
    }
    return proven;
}

static double
seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static bool
report(const char *path, double wall, bool proven, const struct rusage *usage)
{
    FILE *file = fopen(path, "w");

    if (file == NULL)
        return false;
    fprintf(file,
            "{\"wall\": %.6f, \"user\": %.6f, \"system\": %.6f, "
            "\"faults\": %ld, \"peak\": %ld, \"proven\": %s}\n",
            wall, seconds(usage->ru_utime), seconds(usage->ru_stime),
            usage->ru_minflt, usage->ru_maxrss, proven ? "true" : "false");
    return fclose(file) == 0;
}

int
main(int argc, char **argv)
{
    struct rusage usage;
    int status, at = 3, error;
    uint64_t start;
    bool proven;
    pid_t pid;

    for (; at < argc && strcmp(argv[at], "--") != 0; at++)
        putenv(argv[at]);
    if (at + 1 >= argc) {
        fprintf(stderr, "usage: spawn REPORT LIBRARY [NAME=VALUE...] -- "
                        "COMMAND...\n");
        return 2;
    }
    start = now();
    error =
        posix_spawnp(&pid, argv[at + 1], NULL, NULL, &argv[at + 1], environ);
    if (error != 0) {
        fprintf(stderr, "spawn: %s: %s\n", argv[at + 1], strerror(error));
        return 127;
    }
    proven = wait_for(pid, argv[2], &status, &usage);
    if (!report(argv[1], (double)(now() - start) / 1e9, proven, &usage)) {
        fprintf(stderr, "spawn: %s: %s\n", argv[1], strerror(errno));
        return 2;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
