/* SPDX-License-Identifier: MIT */
/*
 * A block that is freed twice stops the program with a message, even if the
 * thread that frees it is about to be cancelled.
 */
#include "active.h"
#include "watch.h"

static void *
free_twice(void *block)
{
    REQUIRE(pthread_cancel(pthread_self()) == 0);
    free(block);
    free(block);
    return NULL;
}

int
main(void)
{
    pthread_t thread;
    void *block;

    require_active();
    watchdog(60);
    REQUIRE((block = malloc(LARGE)) != NULL);
    printf("hex %p\n", block);
    fflush(stdout);
    REQUIRE(pthread_create(&thread, NULL, free_twice, block) == 0);
    REQUIRE(pthread_join(thread, NULL) == 0);
    return 0;
}
