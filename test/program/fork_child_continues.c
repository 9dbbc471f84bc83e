/* SPDX-License-Identifier: MIT */
/*
 * The child of a threaded process goes on as a program of its own: it uses,
 * resizes and frees the blocks it inherited, starts threads, and forks again.
 * Neither side sees what the other does.
 */
#include "active.h"
#include "watch.h"

#define BLOCKS 7

static const size_t sizes[BLOCKS] = {TINY,      SMALL,     MIDDLE,   LARGE,
                                     2 * LARGE, 3 * LARGE, 5 * LARGE};
static unsigned char *blocks[BLOCKS];

static void
make_blocks(int byte)
{
    for (int i = 0; i < BLOCKS; i++) {
        REQUIRE((blocks[i] = malloc(sizes[i])) != NULL);
        memset(blocks[i], byte, sizes[i]);
    }
}

static void
require_blocks(int byte)
{
    for (int i = 0; i < BLOCKS; i++)
        REQUIRE(all_bytes_are(blocks[i], byte, sizes[i]));
}

static void
rewrite_blocks(int byte)
{
    for (int i = 0; i < BLOCKS; i++)
        memset(blocks[i], byte, sizes[i]);
}

static void
resize_blocks(int byte)
{
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = realloc(blocks[i], 4 * sizes[i]);
        REQUIRE(blocks[i] != NULL);
        REQUIRE(all_bytes_are(blocks[i], byte, sizes[i]));
        blocks[i] = realloc(blocks[i], sizes[i]);
        REQUIRE(blocks[i] != NULL);
    }
    require_blocks(byte);
}

/* What replaces them must be zero, although they were not. */
static void
replace_blocks(void)
{
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    for (int i = 0; i < BLOCKS; i++)
        REQUIRE((blocks[i] = calloc(1, sizes[i])) != NULL);
    require_blocks(0);
}

static void *
allocate_for_a_while(void *unused)
{
    for (int i = 0; i < 20; i++)
        use_every_size();
    return unused;
}

static void
run_threads(void)
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++)
        REQUIRE(pthread_create(&threads[i], NULL, allocate_for_a_while, NULL) ==
                0);
    for (int i = 0; i < 4; i++)
        REQUIRE(pthread_join(threads[i], NULL) == 0);
}

/* Each generation finds the bytes of the one before and leaves its own. */
static void
live(int generation)
{
    pid_t child;

    require_blocks(generation);
    child = generation < 3 ? fork() : -1;
    if (child == 0) {
        require_blocks(generation);
        rewrite_blocks(generation + 1);
        start_thread(allocate_forever);
        live(generation + 1);
        _exit(generation + 1);
    }
    resize_blocks(generation);
    run_threads();
    require_blocks(generation);
    if (child > 0)
        wait_for(child, generation + 1);
    require_blocks(generation);
    replace_blocks();
}

int
main(void)
{
    require_active();
    watchdog(60);
    start_thread(allocate_forever);
    make_blocks(1);
    live(1);
    return 0;
}
