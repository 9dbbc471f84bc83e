/* SPDX-License-Identifier: MIT */
/*
 * The main thread ends first; the last thread frees what it left and exits.
 */
#include "active.h"
#include "watch.h"

static pthread_t main_thread;

static void *
run(void *block)
{
    REQUIRE(pthread_join(main_thread, NULL) == 0);
    REQUIRE(all_bytes_are(block, 0x77, LARGE));
    free(block);
    use_every_size();
    exit(7);
}

int
main(void)
{
    pthread_t thread;
    void *block;

    require_active();
    watchdog(60);
    REQUIRE((block = malloc(LARGE)) != NULL);
    memset(block, 0x77, LARGE);
    main_thread = pthread_self();
    REQUIRE(pthread_create(&thread, NULL, run, block) == 0);
    pthread_exit(NULL);
}
