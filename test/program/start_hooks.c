/* SPDX-License-Identifier: MIT */
/*
 * Beside start_hooks_library.c, before or after it: the program starts, the
 * library is active, and its engine is not the one for a system that refuses
 * everything.
 */
#include "dirty.h"

extern int start_hooks_calls __attribute__((weak));
extern const char *lazyzero_oracle(void) __attribute__((weak));

/* It reads the page table where that can be read. */
static bool
engine_works(void)
{
    return access("/proc/self/pagemap", R_OK) != 0 ||
           (strcmp(lazyzero_oracle(), "scan") == 0 ||
            strcmp(lazyzero_oracle(), "pagemap") == 0);
}

static void *
rest(void *unused)
{
    pause();
    return unused;
}

/* With a second thread, fork holds the allocator's locks meanwhile. */
static void
fork_with_something_kept(void)
{
    pthread_t other;
    int status;

    REQUIRE(pthread_create(&other, NULL, rest, NULL) == 0);
    for (int i = 0; i < 3; i++) {
        char *p = malloc(10 * MIB);
        pid_t child;

        REQUIRE(p != NULL);
        make_dirty(p);
        free(p);
        child = fork();
        if (child == 0)
            _exit(0);
        REQUIRE(waitpid(child, &status, 0) == child && status == 0);
    }
}

int
main(void)
{
    char *p;

    require_active();
    watchdog(60);
    REQUIRE(&start_hooks_calls != NULL);
    REQUIRE(engine_works());
    for (int i = 0; i < 20; i++) {
        p = malloc(10 * MIB);
        REQUIRE(p != NULL);
        make_dirty(p);
        free(p);
        p = calloc(1, 10 * MIB);
        REQUIRE(p != NULL && all_bytes_are(p, 0, 10 * MIB));
        free(p);
        for (size_t n = 100; n < 2 * MIB; n *= 3)
            free(malloc(n));
    }
    malloc_trim(0);
    REQUIRE(start_hooks_calls > 0);
    fork_with_something_kept();
    return 0;
}
