/* SPDX-License-Identifier: MIT */
/*
 * zeroed BYTES [LIBRARY]: the cost of a zeroed block, in a fresh process.
 *
 * Prints the nanoseconds of calloc, the KiB by which peak memory rose during
 * the call, and the KiB by which memory rose as the block's first MB was
 * written. Fails unless malloc comes from LIBRARY (part of a file name).
 */
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "owner.h"

#define TOUCHED ((size_t)1 << 20)

static void
fail(const char *what)
{
    perror(what);
    exit(1);
}

/* The number behind `key` in a file like proc(5)'s status. */
static long
read_kib(const char *path, const char *key)
{
    static char text[8192];
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, text, sizeof(text) - 1);
    const char *at;

    if (n < 0)
        fail(path);
    close(fd);
    text[n] = '\0';
    at = strstr(text, key);
    if (at == NULL)
        fail(key);
    return atol(at + strlen(key));
}

/* From here on VmHWM speaks of what comes (proc(5), clear_refs). */
static void
forget_peak(void)
{
    int fd = open("/proc/self/clear_refs", O_WRONLY);

    if (fd < 0 || write(fd, "5", 1) != 1)
        fail("clear_refs");
    close(fd);
}

static long
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}

/* smaps counts the pages; the counters in status may lag by 256 KiB. */
static long
touch(char *p, size_t n)
{
    const char *path = "/proc/self/smaps_rollup";
    long before = read_kib(path, "Rss:");

    for (size_t i = 0; i < n; i++) {
        if (p[i] != 0) {
            fprintf(stderr, "byte %zu of the block is not zero\n", i);
            exit(1);
        }
        p[i] = 1;
    }
    return read_kib(path, "Rss:") - before;
}

int
main(int argc, char **argv)
{
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    long before, start, end, peak;
    char *p;

    if (n == 0) {
        fprintf(stderr, "usage: zeroed BYTES [LIBRARY]\n");
        return 2;
    }
    forget_peak();
    before = read_kib("/proc/self/status", "VmRSS:");
    start = now();
    p = calloc(1, n);
    end = now();
    if (p == NULL)
        fail("calloc");
    peak = read_kib("/proc/self/status", "VmHWM:");
    require_owner("calloc", argc > 2 ? argv[2] : "");
    printf("%ld %ld %ld\n", end - start, peak - before,
           touch(p, n < TOUCHED ? n : TOUCHED));
    return 0;
}
