/* SPDX-License-Identifier: MIT */
/*
 * model [--seed N] [--steps N] [--threads N] [--refused 1], with the library
 * preloaded. With --refused 1 any request may fail (see faults).
 *
 * Prints one line at the end, or the first thing that is wrong and the command
 * that repeats it: exactly with one thread, where no more than the addresses
 * and the clock differ from run to run.
 */
#include "model.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "active.h"
#include "patience.h"

enum { THREADS_MOST = 16, SHARED = 8, HANG_SECONDS = 100 };

struct run run = {0, 2000, 1, 0, false, GIB};
_Thread_local struct worker *me;

static struct worker workers[THREADS_MOST];
static struct block blocks[THREADS_MOST * OWN + SHARED];
static struct block *shared[SHARED]; /* atomic */

/* As the library's options were given. */
static size_t
print_command(char *text, size_t size)
{
    extern char **environ;
    size_t used = (size_t)snprintf(text, size, "repeat with:");

    for (char **e = environ; *e != NULL && used < size; e++) {
        if (strncmp(*e, "LAZYZERO_", 9) == 0 ||
            strncmp(*e, "LD_PRELOAD=", 11) == 0 ||
            strncmp(*e, "FAULT=", 6) == 0)
            used += (size_t)snprintf(text + used, size - used, " %s", *e);
    }
    if (used < size)
        used += (size_t)snprintf(
            text + used, size - used,
            " %s --seed %llu --steps %llu --threads %u%s\n",
            program_invocation_name, (unsigned long long)run.seed,
            (unsigned long long)run.steps, run.threads,
            run.sure_most == 0 ? " --refused 1" : "");
    return used < size ? used : size - 1;
}

void
model_fail(const char *format, ...)
{
    static char text[4096];
    size_t used;
    va_list args;

    used = (size_t)snprintf(
        text, sizeof(text),
        "model: thread %u%s, step %llu, %s(%zu, %zu): ", me->number,
        me->is_child ? " (child)" : "", (unsigned long long)me->step, me->call,
        me->call_n, me->call_align);
    va_start(args, format);
    used += (size_t)vsnprintf(text + used, 512, format, args);
    va_end(args);
    text[used++] = '\n';
    used += print_command(text + used, sizeof(text) - used);
    if (write(STDERR_FILENO, text, used) < 0)
        _exit(98);
    _exit(1);
}

static void
hang_found(int signal_number)
{
    static const char line[] = "model: hangs; the seed is below\n";
    char text[2048];
    size_t used = print_command(text, sizeof(text));

    (void)signal_number;
    if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0 ||
        write(STDERR_FILENO, text, used) < 0)
        _exit(98);
    abort();
}

/* Two blocks that overlap; with one thread all blocks are at hand. */
static void
require_no_overlap(const struct block *new_block)
{
    if (run.threads > 1)
        return;
    for (size_t i = 0; i < OWN + SHARED; i++) {
        const struct block *other = &blocks[i];

        if (other == new_block || other->p == NULL)
            continue;
        if (other->p < new_block->p + new_block->usable &&
            new_block->p < other->p + other->usable)
            model_fail("%p (%zu) overlaps %p (%zu)", (void *)new_block->p,
                       new_block->usable, (void *)other->p, other->usable);
    }
}

static void
fill_some(struct block *block)
{
    size_t from = random_below(block->usable + 1);
    size_t most = block->usable - from;

    if (most > FULL_MOST / 16)
        most = 64 * KIB;
    contents_fill(block, from, from + random_below(most + 1));
}

static void
fill_all(struct block *block)
{
    if (block->usable <= FULL_MOST)
        contents_fill(block, 0, block->usable);
    else
        fill_some(block);
}

/* What a program does first: nothing, a header, zeroes, all of it. */
static void
use_new(struct block *block)
{
    size_t r = random_below(10);

    if (block->usable == 0)
        return;
    if (r < 2)
        contents_fill(block, 0,
                      random_below(block->usable < 64 ? block->usable : 64));
    if (r < 5)
        calls_set(block);
    if (r == 4)
        calls_set(block);
    if (r == 5 || r == 6)
        fill_all(block);
}

/* Advice that the next owner did not ask for, and locks that go with it. */
static void
treat(const struct block *block)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uintptr_t start = ((uintptr_t)block->p + page - 1) & -page;
    uintptr_t end = ((uintptr_t)block->p + block->usable) & -page;

    /* The one is taken back for all of the mapping, the other for a part. */
    if (random_chance(2))
        madvise((void *)start, end - start, MADV_RANDOM);
    else
        mlock((void *)start, 2 * page);
}

/* What stays behind for the next owner is not zero, mostly. */
static void
give_up(struct block *block)
{
    if (random_chance(2))
        fill_all(block);
    if (block->usable >= MIB && random_chance(2))
        treat(block);
    calls_free(block);
}

static void
exchange(struct block **slot)
{
    *slot = __atomic_exchange_n(&shared[random_below(SHARED)], *slot,
                                __ATOMIC_ACQ_REL);
}

static void
step_with(struct block **slot)
{
    struct block *block = *slot;
    size_t r = random_below(100);

    if (r < 36)
        give_up(block);
    else if (r < 56)
        calls_resize(block);
    else if (r < 68)
        calls_set(block);
    else if (r < 80)
        fill_some(block);
    else if (r < 84)
        contents_check(block);
    else if (!me->is_child)
        exchange(slot);
}

void
model_step(void)
{
    struct block **slot = &me->own[random_below(OWN)];

    if (random_chance(250)) {
        calls_trim();
    } else if (random_chance(300)) {
        children_make();
    } else if (random_chance(40)) {
        calls_refused(*slot);
    } else if ((*slot)->p != NULL) {
        step_with(slot);
        if ((*slot)->p != NULL)
            require_no_overlap(*slot);
    } else {
        calls_make(*slot);
        if ((*slot)->p == NULL)
            return;
        require_no_overlap(*slot);
        use_new(*slot);
    }
}

void
model_check_all(void)
{
    for (size_t i = 0; i < OWN; i++) {
        if (me->own[i]->p != NULL)
            contents_check(me->own[i]);
    }
}

void
model_free_all(void)
{
    for (size_t i = 0; i < OWN; i++) {
        if (me->own[i]->p != NULL)
            calls_free(me->own[i]);
    }
}

static void *
work(void *worker)
{
    me = worker;
    for (me->step = 0; me->step < me->steps; me->step++) {
        if (me->step % 64 == 0)
            alarm(patiently(HANG_SECONDS));
        model_step();
    }
    model_check_all();
    model_free_all();
    return NULL;
}

/* Seeds next to each other must not give related sequences. */
static uint64_t
mix(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (x ^ x >> 31) | 1;
}

static void
set_up(void)
{
    struct block *next = blocks;

    for (unsigned i = 0; i < run.threads; i++) {
        struct worker *worker = &workers[i];

        worker->number = i;
        worker->steps = run.steps / run.threads;
        worker->random = mix(run.seed * THREADS_MOST + i + 1);
        worker->call = "start";
        for (size_t k = 0; k < OWN; k++)
            worker->own[k] = next++;
    }
    for (size_t i = 0; i < SHARED; i++)
        shared[i] = next++;
}

/* The library's own threshold: the least size that gets a region. */
static size_t
find_threshold(void)
{
    size_t low = 0, high = GIB;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        void *p = malloc(middle);

        if (lazyzero_owns(p))
            high = middle;
        else
            low = middle;
        free(p);
    }
    return high;
}

/* Everything is freed: no region may be mapped any more. */
static void
require_nothing_left(void)
{
    static char line[512];
    unsigned long long start, end;
    FILE *maps;

    /* What the system did not unmap stays. */
    if (run.sure_most == 0)
        return;
    maps = fopen("/proc/self/maps", "r");
    while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
        if (strstr(line, "[anon:lazyzero]") != NULL &&
            sscanf(line, "%llx-%llx", &start, &end) == 2 &&
            end - start >= 2 * MIB)
            model_fail("still mapped: %s", line);
    }
    if (maps != NULL)
        fclose(maps);
}

static void
finish(void)
{
    /* The library's thread may hold one that it zeroes. */
    const struct timespec moment = {0, 50000000};

    me = &workers[0];
    for (size_t i = 0; i < SHARED; i++) {
        if (shared[i]->p != NULL)
            calls_free(shared[i]);
    }
    calls_trim();
    if (run.background) {
        nanosleep(&moment, NULL);
        calls_trim();
    }
    require_nothing_left();
}

static void
report(void)
{
    struct worker sum = {0};

    for (unsigned i = 0; i < run.threads; i++) {
        sum.step += workers[i].step;
        sum.made += workers[i].made;
        sum.zeroed += workers[i].zeroed;
        sum.resized += workers[i].resized;
        sum.children += workers[i].children;
        sum.bytes += workers[i].bytes;
    }
    printf("model: seed %llu: %llu steps, %llu blocks made (%llu zeroed), "
           "%llu resized, %llu children, %llu MiB looked at\n",
           (unsigned long long)run.seed, (unsigned long long)sum.step,
           (unsigned long long)sum.made, (unsigned long long)sum.zeroed,
           (unsigned long long)sum.resized, (unsigned long long)sum.children,
           (unsigned long long)(sum.bytes / MIB));
}

static void
read_arguments(int argc, char **argv)
{
    run.seed = (uint64_t)time(NULL) * 1000003 + (uint64_t)getpid();
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t value = strtoull(argv[i + 1], NULL, 0);

        if (strcmp(argv[i], "--seed") == 0)
            run.seed = value;
        else if (strcmp(argv[i], "--steps") == 0)
            run.steps = value;
        else if (strcmp(argv[i], "--threads") == 0)
            run.threads = (unsigned)value;
        else if (strcmp(argv[i], "--refused") == 0)
            run.sure_most = value != 0 ? 0 : GIB;
        else
            argc = 0;
    }
    if (argc % 2 == 1 && run.threads >= 1 && run.threads <= THREADS_MOST)
        return;
    fprintf(stderr, "usage: model [--seed N] [--steps N] [--threads N] "
                    "[--refused 0|1]\n");
    exit(2);
}

int
main(int argc, char **argv)
{
    const char *background = getenv("LAZYZERO_BACKGROUND");

    require_active();
    read_arguments(argc, argv);
    run.background = background == NULL || strcmp(background, "auto") == 0
                         ? run.threads > 1
                         : strcmp(background, "0") != 0;
    run.threshold = find_threshold();
    signal(SIGALRM, hang_found);
    set_up();
    for (unsigned i = 1; i < run.threads; i++) {
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return 2;
    }
    work(&workers[0]);
    for (unsigned i = 1; i < run.threads; i++)
        pthread_join(workers[i].thread, NULL);
    finish();
    report();
    return 0;
}
