/* SPDX-License-Identifier: MIT */
/*
 * dirty_descriptor closed|close_range|file|file_everywhere|process|limit N:
 * what a program may do to descriptors that it does not know of. Those that it
 * puts in their place are its own afterwards.
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "dirty.h"

#define LAST 1023

static const char *const names[] = {"/pagemap", "/maps"};

/* The library's descriptor for /proc/PID<name>, or -1. */
static int
find_descriptor(const char *name)
{
    for (int fd = 3; fd <= LAST; fd++) {
        char path[64], target[64];
        ssize_t length;

        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        length = readlink(path, target, sizeof(target) - 1);
        target[length < 0 ? 0 : length] = '\0';
        if (strncmp(target, "/proc/", 6) == 0 && strstr(target, name) != NULL)
            return fd;
    }
    return -1;
}

static void
close_all(void)
{
    for (int fd = 3; fd <= LAST; fd++)
        close(fd);
}

static void
close_range_all(void)
{
#ifdef SYS_close_range
    if (syscall(SYS_close_range, 3U, ~0U, 0) == 0)
        return;
#endif
    skip("no close_range");
}

/* Enough for all of the address space, or all that an off_t can say. */
#define FILE_SIZE (sizeof(off_t) > 4 ? (off_t)1 << 40 : (off_t)INT32_MAX)

/* A file with an entry that says "never populated" for every page. */
static int
make_file(void)
{
    char name[] = "/tmp/dirty_descriptor.XXXXXX";
    int fd = mkstemp(name);

    REQUIRE(fd >= 0);
    REQUIRE(unlink(name) == 0);
    REQUIRE(ftruncate(fd, FILE_SIZE) == 0);
    return fd;
}

static int file;
static bool taken[LAST + 1];

static void
take(int fd)
{
    REQUIRE(dup2(file, fd) == fd);
    taken[fd] = true;
}

static void
replace_by_file(void)
{
    for (size_t i = 0; i < 2; i++) {
        int fd = find_descriptor(names[i]);

        if (fd >= 0)
            take(fd);
    }
}

static void
replace_all_by_file(void)
{
    for (int fd = 3; fd <= LAST; fd++)
        take(fd);
}

/* Neither closed nor replaced by the library. */
static void
require_still_taken(void)
{
    struct stat expected, got;

    REQUIRE(file == 0 || fstat(file, &expected) == 0);
    for (int fd = 0; fd <= LAST; fd++) {
        if (!taken[fd])
            continue;
        REQUIRE(fstat(fd, &got) == 0);
        REQUIRE(got.st_dev == expected.st_dev);
        REQUIRE(got.st_ino == expected.st_ino);
    }
}

/* Forked before the blocks were used: no page of them is populated there. */
static pid_t other;

static void
start_other(void)
{
    other = fork();
    if (other == 0) {
        for (;;)
            pause();
    }
    REQUIRE(other > 0);
}

static void
replace_by_other_process(void)
{
    for (size_t i = 0; i < 2; i++) {
        int fd = find_descriptor(names[i]), theirs;
        char path[64];

        snprintf(path, sizeof(path), "/proc/%d%s", (int)other, names[i]);
        theirs = open(path, O_RDONLY);
        REQUIRE(theirs >= 0);
        if (fd >= 0)
            REQUIRE(dup2(theirs, fd) == fd);
        close(theirs);
    }
}

static void
limit(const char *number)
{
    rlim_t most = (rlim_t)atoi(number);
    struct rlimit descriptors = {most, most};

    REQUIRE(setrlimit(RLIMIT_NOFILE, &descriptors) == 0);
    use_every_size_dirty();
}

/* Twice: the library may have opened its own again. */
static void
run(void (*act)(void))
{
    use_every_size_dirty();
    for (int round = 0; round < 2; round++) {
        act();
        use_every_size_dirty();
        require_still_taken();
    }
}

static void
stop_other(void)
{
    if (other > 0)
        kill(other, SIGKILL);
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(100);
    REQUIRE(argc >= 2);
    if (strcmp(argv[1], "closed") == 0) {
        run(close_all);
    } else if (strcmp(argv[1], "close_range") == 0) {
        run(close_range_all);
    } else if (strcmp(argv[1], "process") == 0) {
        start_other();
        run(replace_by_other_process);
        stop_other();
    } else if (strcmp(argv[1], "limit") == 0) {
        limit(argv[2]);
    } else {
        file = make_file();
        run(strcmp(argv[1], "file") == 0 ? replace_by_file
                                         : replace_all_by_file);
    }
    return 0;
}
