/* SPDX-License-Identifier: MIT */
/*
 * soak SECONDS: a long-lived process. Each round makes blocks of all sizes from
 * several threads and in a child, looks at every byte that calloc promised,
 * frees them all, and trims. After the first rounds, which load what is loaded
 * once, the resident memory, the number of mappings and of descriptors must be
 * what they were.
 */
#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "active.h"

/* musl does not declare it. */
extern int malloc_trim(size_t keep) __attribute__((weak));

#define THREADS 3
#define BLOCKS 12
#define STEPS 30
#define LARGEST ((size_t)24 << 20)

/* Rounds before the first count, and what may come and go after it. */
#define WARM_UP 3
#define SLACK_BYTES ((long)12 << 20)
#define SLACK_MAPS 24

struct counts {
    long resident, maps, descriptors;
};

static void
fail(const char *what)
{
    printf("soak: %s\n", what);
    exit(1);
}

static uint64_t
next_number(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 24;
}

static bool
is_all(const char *p, char c, size_t n)
{
    return n == 0 || (*p == c && memcmp(p, p + 1, n - 1) == 0);
}

/* Small, middle or large. */
static size_t
next_size(uint64_t *state)
{
    static const size_t most[] = {512, 200000, LARGEST};

    return 1 + next_number(state) % most[next_number(state) % 3];
}

static char *
renew(char *p, uint64_t *state)
{
    size_t n = next_size(state);

    if (next_number(state) % 3 == 0)
        return (char *)realloc(p, n);
    free(p);
    p = (char *)calloc(1, n);
    if (p != NULL && !is_all(p, 0, malloc_usable_size(p)))
        fail("calloc gave a dirty byte");
    return p;
}

static void *
churn(void *seed)
{
    uint64_t state = *(uint64_t *)seed;
    char *blocks[BLOCKS] = {NULL};

    for (int step = 0; step < STEPS; step++) {
        char **block = &blocks[next_number(&state) % BLOCKS];

        *block = renew(*block, &state);
        if (*block == NULL)
            fail("out of memory");
        memset(*block, 0xa5, malloc_usable_size(*block));
    }
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    return NULL;
}

static void
churn_in_child(uint64_t seed)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        churn(&seed);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        fail("the child failed");
}

static void
play_round(uint64_t number)
{
    pthread_t threads[THREADS];
    uint64_t seeds[THREADS];

    for (int i = 0; i < THREADS; i++) {
        seeds[i] = number * THREADS + (uint64_t)i;
        if (pthread_create(&threads[i], NULL, churn, &seeds[i]) != 0)
            fail("no thread");
    }
    churn_in_child(number);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    malloc_trim(0);
}

static long
count_lines(const char *path)
{
    FILE *file = fopen(path, "r");
    long count = 0;
    int c;

    if (file == NULL)
        fail("no /proc");
    while ((c = getc(file)) != EOF)
        count += c == '\n';
    fclose(file);
    return count;
}

static long
count_entries(const char *path)
{
    DIR *folder = opendir(path);
    long count = 0;

    if (folder == NULL)
        fail("no /proc");
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static struct counts
count(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    struct counts now = {0};

    if (file == NULL || fscanf(file, "%*d %ld", &now.resident) != 1)
        fail("no /proc");
    fclose(file);
    now.resident *= sysconf(_SC_PAGESIZE);
    now.maps = count_lines("/proc/self/maps");
    now.descriptors = count_entries("/proc/self/fd");
    return now;
}

static void
compare(const struct counts *before, const struct counts *now)
{
    if (now->resident > before->resident + SLACK_BYTES)
        fail("resident memory has grown");
    if (now->maps > before->maps + SLACK_MAPS)
        fail("mappings have grown");
    if (now->descriptors != before->descriptors)
        fail("descriptors are not what they were");
}

/* What the background thread was just cleaning is kept for the decay time. */
static struct counts
count_settled(const struct counts *before)
{
    const struct timespec tenth = {0, 100000000};
    struct counts now = count();

    for (int i = 0; i < 30 && before->resident > 0 &&
                    now.resident > before->resident + SLACK_BYTES;
         i++) {
        nanosleep(&tenth, NULL);
        malloc_trim(0);
        now = count();
    }
    return now;
}

static void
tell(const char *when, const struct counts *now)
{
    printf("soak: %s: %ld KiB resident, %ld mappings, %ld descriptors\n", when,
           now->resident / 1024, now->maps, now->descriptors - 3);
    fflush(stdout);
}

int
main(int argc, char **argv)
{
    struct counts before = {0}, now = {0};
    uint64_t round;
    time_t end;

    require_active();
    if (argc != 2)
        return 2;
    end = time(NULL) + atol(argv[1]);
    for (round = 1; round <= WARM_UP + 1 || time(NULL) < end; round++) {
        play_round(round);
        if (round >= WARM_UP)
            now = count_settled(&before);
        if (round == WARM_UP) {
            before = now;
            tell("at first", &before);
        }
        if (round > WARM_UP)
            compare(&before, &now);
    }
    tell("at last", &now);
    printf("soak: %lu rounds\n", (unsigned long)round - 1);
    return 0;
}
