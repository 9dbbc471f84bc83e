/* SPDX-License-Identifier: MIT */
/*
 * A fork child holds none of its parent's files under /proc: it may give up the
 * rights that they were opened with. Files that the program has there are its
 * own, and stay.
 */
#include <fcntl.h>

#include "dirty.h"

#define LAST 1023

/* Descriptors of files under /proc/PID with such an end. */
static int
count_files(const char *name, pid_t process)
{
    char path[64], target[64], start[32];
    int count = 0;

    snprintf(start, sizeof(start), "/proc/%d/", (int)process);
    for (int fd = 0; fd <= LAST; fd++) {
        ssize_t length;

        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        length = readlink(path, target, sizeof(target) - 1);
        target[length < 0 ? 0 : length] = '\0';
        count += strncmp(target, start, strlen(start)) == 0 &&
                 strstr(target, name) != NULL;
    }
    return count;
}

static void
run_child(pid_t parent, int own)
{
    REQUIRE(count_files("/pagemap", parent) == 0);
    REQUIRE(count_files("/maps", parent) == 1);
    REQUIRE(fcntl(own, F_GETFD) >= 0);
    use_every_size_dirty();
    REQUIRE(count_files("/maps", parent) == 1);
    _exit(0);
}

int
main(void)
{
    pid_t parent = getpid(), child;
    int own;

    require_active();
    watchdog(60);
    own = open("/proc/self/maps", O_RDONLY);
    REQUIRE(own >= 0);
    for (int i = 0; i < 3; i++) {
        use_every_size_dirty();
        if (count_files("/pagemap", parent) == 0)
            skip("the library opens nothing here");
        child = fork();
        if (child == 0)
            run_child(parent, own);
        wait_for(child, 0);
    }
    return 0;
}
