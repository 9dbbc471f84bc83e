/* SPDX-License-Identifier: MIT */
/*
 * limit_space PART: RLIMIT_AS with room for what the program has at once, and
 * for little more than that.
 */
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "dirty.h"

#define BLOCK (262 * MIB)
#define REST (14 * MIB) /* jemalloc's, beside what is mapped at the start */
#define STEP (16 * page_size())
#define ROUNDS 2

static size_t
mapped(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    REQUIRE(file != NULL && fscanf(file, "%lu", &pages) == 1);
    fclose(file);
    return pages * page_size();
}

static void
limit_to(size_t more)
{
    struct rlimit limit;

    limit.rlim_cur = limit.rlim_max = mapped() + more;
    REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
}

/* A page here and there: all of them would take long on a busy machine. */
static void
touch(char *p, size_t n)
{
    REQUIRE(p != NULL);
    for (size_t at = 0; at < n; at += STEP)
        p[at] = (char)DIRT;
    p[n - 1] = (char)DIRT;
}

static void
require_all(const char *p, size_t n, char value)
{
    REQUIRE(p != NULL);
    for (size_t at = 0; at < n; at += STEP)
        REQUIRE(p[at] == value);
}

/* No size class has to fit, only the block. */
static void
allocate(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        char *p = malloc(BLOCK), *q;

        touch(p, BLOCK);
        q = malloc(3 * MIB);
        touch(q, 3 * MIB);
        free(p);
        free(q);
        p = calloc(1, BLOCK);
        require_all(p, BLOCK, 0);
        free(p);
    }
}

/* Not beside the old block, and not behind it. */
static void
grow(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        char *neighbour = malloc(3 * MIB), *p = malloc(BLOCK / 2), *q;

        REQUIRE(neighbour != NULL);
        touch(p, BLOCK / 2);
        q = realloc(p, BLOCK);
        require_all(q, BLOCK / 2, (char)DIRT);
        touch(q, BLOCK);
        q = realloc(q, BLOCK / 2);
        require_all(q, BLOCK / 2, (char)DIRT);
        free(q);
        free(neighbour);
        q = calloc(1, BLOCK);
        require_all(q, BLOCK, 0);
        free(q);
    }
}

/* A freed block is not what the program's own mapping lacks. */
static void
map(void)
{
    char *p = malloc(BLOCK);
    void *q;

    touch(p, BLOCK);
    free(p);
    q = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
             -1, 0);
    REQUIRE(q != MAP_FAILED);
}

static void *
nothing(void *arg)
{
    return arg;
}

static void
run_thread(void)
{
    char *p = malloc(BLOCK);
    pthread_attr_t attributes;
    pthread_t thread;

    touch(p, BLOCK);
    free(p);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, BLOCK / 2);
    REQUIRE(pthread_create(&thread, &attributes, nothing, NULL) == 0);
    pthread_join(thread, NULL);
}

/* Kept while there was no limit. */
static void
map_what_was_kept(void)
{
    size_t room;
    char *p = malloc(BLOCK);

    touch(p, BLOCK);
    free(p);
    limit_to(BLOCK / 4);
    room = BLOCK;
    REQUIRE(mmap(NULL, room, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    errno = 0;
    REQUIRE(mmap(NULL, room, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    REQUIRE(errno == ENOMEM);
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(60);
    REQUIRE(argc == 2);
    if (strcmp(argv[1], "kept") == 0) {
        map_what_was_kept();
        return 0;
    }
    limit_to(BLOCK + REST);
    if (strcmp(argv[1], "allocate") == 0)
        allocate();
    else if (strcmp(argv[1], "grow") == 0)
        grow();
    else if (strcmp(argv[1], "map") == 0)
        map();
    else if (strcmp(argv[1], "thread") == 0)
        run_thread();
    else
        REQUIRE(false);
    return 0;
}
