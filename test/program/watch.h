/* SPDX-License-Identifier: MIT */
/*
 * For programs with threads, children and signals: a failure ends them at once
 * with one line on standard error, and so does a hang.
 */
#ifndef PROGRAM_WATCH_H
#define PROGRAM_WATCH_H

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "patience.h"

/* One size of each kind: tcache, slab, own extent, region. */
#define TINY ((size_t)24)
#define SMALL ((size_t)5000)
#define MIDDLE ((size_t)100000)
#define LARGE ((size_t)3000000)

/* Not write(), which would be a cancellation point. */
static inline void
say(const char *text)
{
    if (syscall(SYS_write, STDERR_FILENO, text, strlen(text)) < 0)
        _exit(98);
}

/*
 * As require_active(), for a program that is not position independent: there
 * the linker makes a weak reference that it cannot resolve null for good.
 */
static inline void
require_active_by_name(void)
{
    void *found = dlsym(RTLD_DEFAULT, "lazyzero_is_active");

    if (found == NULL || ((int (*)(void))(uintptr_t)found)() != 1) {
        say("liblazyzero is not active\n");
        _exit(99);
    }
}

/* Set by watchdog(): all that the program starts is in this group. */
static pid_t watched_group;

/* A child may be the one that fails or hangs: the whole group ends. */
static inline void
end_group(void)
{
    if (watched_group != 0)
        kill(-watched_group, SIGKILL);
    _exit(1);
}

static inline void
require_failed(const char *what, const char *file, int line)
{
    char text[256];

    snprintf(text, sizeof(text), "%s:%d: %s\n", file, line, what);
    say(text);
    end_group();
}

#define REQUIRE(x) \
    ((x) ? (void)0 \
         : require_failed(#x, strrchr("/" __FILE__, '/') + 1, __LINE__))

static inline void
hang_found(int signal_number)
{
    (void)signal_number;
    say("the program hangs\n");
    end_group();
}

/* Ends this process and all it starts after so many seconds. */
static inline void
watchdog(unsigned seconds)
{
    setpgid(0, 0);
    watched_group = getpgrp();
    signal(SIGALRM, hang_found);
    alarm(patiently(seconds));
}

/* Waits for the end of the child, which must exit with `status`. */
static inline void
wait_for(pid_t child, int status)
{
    int got;

    REQUIRE(child > 0);
    while (waitpid(child, &got, 0) < 0)
        REQUIRE(errno == EINTR);
    REQUIRE(WIFEXITED(got));
    REQUIRE(WEXITSTATUS(got) == status);
}

/* Looks at every one of n bytes, n at least 1. */
static inline bool
all_bytes_are(const void *p, int byte, size_t n)
{
    const unsigned char *bytes = (const unsigned char *)p;

    return bytes[0] == byte && memcmp(bytes, bytes + 1, n - 1) == 0;
}

/* A new block, all of it written and read back; another one by calloc. */
static inline void
use_block(size_t n)
{
    void *p = malloc(n), *q;

    REQUIRE(p != NULL);
    memset(p, 0x5a, n);
    REQUIRE(all_bytes_are(p, 0x5a, n));
    free(p);
    q = calloc(1, n);
    REQUIRE(q != NULL);
    REQUIRE(all_bytes_are(q, 0, n));
    free(q);
}

static inline void
use_every_size(void)
{
    use_block(TINY);
    use_block(SMALL);
    use_block(MIDDLE);
    use_block(LARGE);
}

/* The same without the page faults: for a thread that keeps locks busy. */
static inline void
allocate_every_size(void)
{
    static const size_t sizes[] = {TINY, SMALL, MIDDLE, LARGE};

    for (int i = 0; i < 4; i++) {
        char *p = (char *)malloc(sizes[i]);

        REQUIRE(p != NULL);
        *p = 1;
        free(p);
    }
}

/* For pthread_create: allocates until the process ends. */
static inline void *
allocate_forever(void *unused)
{
    (void)unused;
    for (;;)
        allocate_every_size();
    return NULL;
}

/* A thread that nobody waits for. */
static inline void
start_thread(void *(*function)(void *))
{
    pthread_t thread;

    REQUIRE(pthread_create(&thread, NULL, function, NULL) == 0);
    REQUIRE(pthread_detach(thread) == 0);
}

#endif
