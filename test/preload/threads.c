/* SPDX-License-Identifier: MIT */
/*
 * Several threads at once. Criterion's assertions belong to the main thread, so
 * a thread returns what it found wrong, or NULL.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "blocks.h"
#include "names.h"

PRELOAD_SUITE(threads);

enum { THREADS = 4, OWN = 4, SHARED = 8 };

/* Bytes that one thread writes and checks: the same work at each threshold. */
#define WORK (1024 * MIB)

/* At the start of a block; the rest is the pattern of its seed. */
struct head {
    size_t n;
    uint64_t seed;
};

/* xorshift64: the same sequence in every run. */
static uint64_t
next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* A quarter small, a quarter mid-sized, half around the threshold. */
static size_t
random_size(uint64_t *state)
{
    size_t edge = threshold(), r = (size_t)next_random(state);

    switch (r >> 4 & 3) {
    case 0:
        return sizeof(struct head) + (r >> 8) % 2000;
    case 1:
        return sizeof(struct head) + (r >> 8) % (edge / 2);
    default:
        return edge / 2 + (r >> 8) % edge;
    }
}

static void
sign(void *p, size_t from, size_t n, uint64_t seed)
{
    struct head *head = p;

    if (from < sizeof(*head))
        from = sizeof(*head);
    if (from < n)
        pattern_fill(p, from, n, seed);
    head->n = n;
    head->seed = seed;
}

static bool
is_intact(const void *p, size_t n)
{
    const struct head *head = p;

    return pattern_check_from(p, sizeof(*head), n, head->seed) == n;
}

static void *
make_signed(uint64_t *state)
{
    const struct maker *maker = &makers[next_random(state) % COUNT(makers)];
    size_t n = random_size(state);
    void *p = maker->make(n);

    if (p == NULL)
        return NULL;
    if (maker->zero && value_check(p, 0, n, 0) != n)
        return NULL;
    sign(p, 0, n, next_random(state));
    return p;
}

static const char *
resize_signed(void **slot, uint64_t *state)
{
    const struct resizer *resizer =
        &resizers[next_random(state) % COUNT(resizers)];
    size_t old = ((struct head *)*slot)->n, n = random_size(state);
    void *p = resizer->resize(*slot, n);

    if (p == NULL)
        return "no memory to resize";
    if (!is_intact(p, smaller_of(old, n)))
        return "contents lost by resizing";
    sign(p, old, n, ((struct head *)p)->seed);
    *slot = p;
    return NULL;
}

static const char *
free_signed(void *p, uint64_t *state)
{
    const struct freer *freer;

    if (p == NULL)
        return NULL;
    if (!is_intact(p, ((struct head *)p)->n))
        return "contents lost";
    /* Sized ones would need to know how the block was made. */
    do
        freer = &freers[next_random(state) % COUNT(freers)];
    while (freer->natural_only || freer->release == release_sdallocx ||
           freer->release == release_free_aligned_sized);
    freer->release(p, 1, 0);
    return NULL;
}

static void *shared[SHARED];

struct worker {
    pthread_t thread;
    uint64_t random;
    void *own[OWN];
};

/* One step: make, resize, free, or swap with the other threads' blocks. */
static const char *
step(struct worker *worker)
{
    uint64_t *state = &worker->random;
    void **slot = &worker->own[next_random(state) % OWN];
    void **other = &shared[next_random(state) % SHARED];
    const char *error;

    if (*slot == NULL)
        return (*slot = make_signed(state)) == NULL ? "no zeroed block" : NULL;
    switch (next_random(state) % 3) {
    case 0:
        return resize_signed(slot, state);
    case 1:
        *slot = __atomic_exchange_n(other, *slot, __ATOMIC_ACQ_REL);
        return NULL;
    default:
        error = free_signed(*slot, state);
        *slot = NULL;
        return error;
    }
}

static size_t
size_of_step(const struct worker *worker)
{
    size_t sum = 4096;

    for (size_t i = 0; i < OWN; i++) {
        if (worker->own[i] != NULL)
            sum += ((struct head *)worker->own[i])->n / OWN;
    }
    return sum;
}

static void *
work(void *argument)
{
    struct worker *worker = argument;
    const char *error = NULL;

    for (size_t done = 0; done < WORK && error == NULL;) {
        error = step(worker);
        done += size_of_step(worker);
    }
    for (size_t i = 0; i < OWN && error == NULL; i++)
        error = free_signed(worker->own[i], &worker->random);
    return (void *)(uintptr_t)error;
}

static void
join(pthread_t thread, const char *what)
{
    void *error;

    cr_assert_eq(pthread_join(thread, &error), 0);
    cr_assert_null(error, "%s: %s", what, (const char *)error);
}

Test(threads, blocks_pass_from_thread_to_thread_intact)
{
    static struct worker workers[THREADS];
    uint64_t random = 1;

    threshold(); /* before the threads: it is looked up once */
    for (size_t i = 0; i < THREADS; i++) {
        workers[i].random = 1000 + i;
        cr_assert_eq(
            pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        join(workers[i].thread, "worker");
    for (size_t i = 0; i < SHARED; i++)
        cr_assert_null(free_signed(shared[i], &random));
}

/* One thread only makes, another only frees: the usual pipeline. */
static void *pipe_slots[SHARED];

/* Blocks that go through, fewer where they are large. */
static size_t
passed(void)
{
    return threshold() > 16 * MIB ? 40 : 1000;
}

static void *
produce(void *argument)
{
    uint64_t random = 77;

    (void)argument;
    for (size_t i = 0; i < passed(); i++) {
        void **slot = &pipe_slots[i % SHARED], *p = make_signed(&random);

        if (p == NULL)
            return (void *)(uintptr_t) "no zeroed block";
        while (__atomic_load_n(slot, __ATOMIC_ACQUIRE) != NULL)
            sched_yield();
        __atomic_store_n(slot, p, __ATOMIC_RELEASE);
    }
    return NULL;
}

static const char *
consume(size_t i, uint64_t *random)
{
    void **slot = &pipe_slots[i % SHARED], *p;

    do {
        sched_yield();
        p = __atomic_exchange_n(slot, NULL, __ATOMIC_ACQ_REL);
    } while (p == NULL);
    return free_signed(p, random);
}

Test(threads, one_thread_frees_what_another_made)
{
    pthread_t producer;
    uint64_t random = 78;

    threshold();
    cr_assert_eq(pthread_create(&producer, NULL, produce, NULL), 0);
    for (size_t i = 0; i < passed(); i++)
        cr_assert_null(consume(i, &random), "block %zu", i);
    join(producer, "producer");
}

/* A thread's very first call, made with no allocation of its own before. */
struct first_call {
    const struct maker *maker;
    const struct resizer *resizer;
    const struct freer *freer;
    size_t n;
    void *p;
};

static void *
first_call(void *argument)
{
    struct first_call *call = argument;

    if (call->maker != NULL)
        call->p = call->maker->make(call->n);
    else if (call->resizer != NULL)
        call->p = call->resizer->resize(call->p, call->n);
    else
        call->freer->release(call->p, 1, call->n);
    return (void *)(uintptr_t)(call->p == NULL ? "nothing returned" : NULL);
}

static void
run_first_call(struct first_call *call, const char *name)
{
    pthread_t thread;

    cr_assert_eq(pthread_create(&thread, NULL, first_call, call), 0);
    join(thread, name);
}

static void
check_first_calls(size_t n)
{
    struct first_call call;

    for (size_t i = 0; i < COUNT(makers); i++) {
        call = (struct first_call){.maker = &makers[i], .n = n};
        run_first_call(&call, makers[i].name);
        cr_assert(malloc_usable_size(call.p) >= n);
        free(call.p);
    }
    for (size_t i = 0; i < COUNT(resizers); i++) {
        call = (struct first_call){
            .resizer = &resizers[i], .p = malloc(n), .n = 2 * n};
        pattern_fill(call.p, 0, n, 1);
        run_first_call(&call, resizers[i].name);
        cr_assert_eq(pattern_check(call.p, n, 1), n);
        free(call.p);
    }
    for (size_t i = 0; i < COUNT(freers); i++) {
        call = (struct first_call){.freer = &freers[i], .p = malloc(n), .n = n};
        run_first_call(&call, freers[i].name);
    }
}

Test(threads, each_call_may_be_a_threads_first)
{
    check_first_calls(1);
    check_first_calls(40000);
    check_first_calls(threshold() - 1);
    check_first_calls(threshold());
    check_first_calls(3 * threshold());
}

static void *
ask_first(void *p)
{
    size_t usable = malloc_usable_size(p);

    return sallocx(p, 0) == usable && xallocx(p, usable, 0, 0) == usable &&
                   nallocx(usable, 0) == usable
               ? NULL
               : (void *)(uintptr_t) "sizes differ";
}

Test(threads, each_question_may_be_a_threads_first)
{
    const size_t sizes[] = {1, 40000, threshold(), 3 * threshold()};
    pthread_t thread;

    for (size_t i = 0; i < COUNT(sizes); i++) {
        void *p = malloc(sizes[i]);

        cr_assert_eq(pthread_create(&thread, NULL, ask_first, p), 0);
        join(thread, "question");
        free(p);
    }
}

/* All free at once what one made: many regions, many unmaps. */
static void *regions[THREADS][50];

static void *
free_row(void *row)
{
    void **blocks = row;

    for (size_t i = 0; i < COUNT(regions[0]); i++)
        free(blocks[i]);
    return NULL;
}

Test(threads, all_free_at_once)
{
    pthread_t threads[THREADS];

    for (size_t t = 0; t < THREADS; t++) {
        for (size_t i = 0; i < COUNT(regions[0]); i++)
            regions[t][i] = malloc(threshold() + i);
    }
    for (size_t t = 0; t < THREADS; t++)
        pthread_create(&threads[t], NULL, free_row, regions[t]);
    for (size_t t = 0; t < THREADS; t++) {
        join(threads[t], "free");
        for (size_t i = 0; i < COUNT(regions[0]); i++)
            cr_assert_not(lazyzero_owns(regions[t][i]));
    }
}
