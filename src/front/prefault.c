/* SPDX-License-Identifier: MIT */
#include "front/prefault.h"

#include <pthread.h>
#include <signal.h>

#include "control/log.h"
#include "control/options.h"
#include "control/stats.h"
#include "front/thread.h"
#include "large/place.h"
#include "large/region.h"
#include "large/zero.h"
#include "os/kind.h"
#include "os/os.h"

/* A step takes some milliseconds: the longest that a signal has to wait. */
#define STEP (16 * LZ_MIB)
#define HELPED_LEAST (64 * LZ_MIB)
#define HELPERS_MOST 64

/* What is left free: this part of all, and at least so much. */
#define SPARE_SHARE 64
#define SPARE_LEAST (8 * LZ_MIB)

struct job {
    char *start;
    size_t length;  /* both whole pages */
    size_t spare;   /* bytes that are to stay free; SIZE_MAX: nobody asks */
    size_t next;    /* atomic: where the next step begins */
    size_t done;    /* atomic: bytes that were populated */
    size_t workers; /* that take steps at the same time */
    int error;      /* atomic: the first one; ends the job */
    bool lacks;     /* the system has no call for it: pages are written */
    bool cancels;
    pthread_t helpers[HELPERS_MOST];
    size_t helper_count;
};

/* The job that has helpers. Static, as a signal handler may never return. */
static struct job helped;
static bool is_helped; /* atomic: it is in use */
static unsigned forks; /* atomic: a child knows by it that helpers are gone */

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One byte of each page is written with what it holds, other threads or not. */
static void
touch(char *p, size_t n)
{
    size_t page = lz_os_page_size();

    for (size_t at = 0; at < n; at += page)
        __atomic_fetch_or(p + at, 0, __ATOMIC_RELAXED);
}

/* A step that another worker takes meanwhile needs as much. */
static bool
has_room(const struct job *job, char *p, size_t n)
{
    size_t free_bytes, populated;

    if (job->spare == SIZE_MAX)
        return true;
    free_bytes = lz_os_memory_free();
    if (free_bytes >= job->spare && free_bytes - job->spare >= n * job->workers)
        return true;
    populated = lz_zero_populated(p, n, n);
    return populated == n;
}

static int
populate(struct job *job, char *p, size_t n)
{
    int error;

    if (!has_room(job, p, n))
        return ENOMEM;
    error = job->lacks ? ENOSYS : lz_os_populate(p, n);
    if (error != ENOSYS)
        return error;
    job->lacks = true;
    touch(p, n);
    return 0;
}

/* False: the job is done, or has failed. */
static bool
take_step(struct job *job)
{
    size_t at, n;
    int error, none = 0;

    if (__atomic_load_n(&job->error, __ATOMIC_RELAXED) != 0)
        return false;
    at = __atomic_fetch_add(&job->next, STEP, __ATOMIC_RELAXED);
    if (at >= job->length)
        return false;
    n = smaller(STEP, job->length - at);
    error = populate(job, job->start + at, n);
    if (error == 0)
        __atomic_fetch_add(&job->done, n, __ATOMIC_RELAXED);
    else
        __atomic_compare_exchange_n(&job->error, &none, error, false,
                                    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return error == 0;
}

static void *
help(void *unused)
{
    lz_os_name_thread("lazyzero");
    while (take_step(&helped))
        continue;
    return unused;
}

/* No signal of the program may be handled on them. */
static void
start_helpers(size_t count)
{
    sigset_t all, old;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (helped.helper_count < count &&
           lz_thread_create(&helped.helpers[helped.helper_count], help) == 0)
        helped.helper_count++;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* How many would be of use for the rest of it. */
static size_t
helpers_for(const struct job *job)
{
    size_t steps = (job->length - job->next + STEP - 1) / STEP;
    size_t processors;

    if (job->length < HELPED_LEAST || steps < 2 || job->lacks ||
        lz_options.prefault_threads == 0 ||
        lz_options.oracle == LZ_ORACLE_MEMSET || lz_place_is_by_thread())
        return 0;
    processors = lz_os_count_processors();
    return smaller(smaller(lz_options.prefault_threads, HELPERS_MOST),
                   smaller(processors, steps) - 1);
}

/* To be called with cancellation disabled. */
static void
run(struct job *job, int cancel)
{
    while (take_step(job)) {
        if (!job->cancels)
            continue;
        pthread_setcancelstate(cancel, NULL);
        pthread_testcancel();
        pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    }
}

/* Ends the job, whatever is left of it. */
static void
end_helped(void *unused)
{
    (void)unused;
    __atomic_fetch_add(&helped.next, helped.length, __ATOMIC_RELAXED);
    while (helped.helper_count > 0)
        pthread_join(helped.helpers[--helped.helper_count], NULL);
    __atomic_store_n(&is_helped, false, __ATOMIC_RELEASE);
}

/*
 * False: another job has helpers, or a signal handler forked and this is the
 * child, in which they are not: the caller does it all.
 */
static bool
run_helped(struct job *job, size_t count, int cancel)
{
    unsigned before = __atomic_load_n(&forks, __ATOMIC_RELAXED);

    if (__atomic_exchange_n(&is_helped, true, __ATOMIC_ACQUIRE))
        return false;
    helped = *job;
    helped.workers = count + 1;
    start_helpers(count);
    pthread_cleanup_push(end_helped, NULL);
    run(&helped, cancel);
    if (__atomic_load_n(&forks, __ATOMIC_RELAXED) != before)
        helped.helper_count = 0;
    pthread_cleanup_pop(1);
    if (__atomic_load_n(&forks, __ATOMIC_RELAXED) != before)
        return false;
    job->error = helped.error;
    job->done = helped.done;
    return true;
}

/* The first step tells whether the system has a call for it. */
static void
run_all(struct job *job, int cancel)
{
    size_t count;

    if (!take_step(job) || job->next >= job->length)
        return;
    count = helpers_for(job);
    if (count == 0 || !run_helped(job, count, cancel))
        run(job, cancel);
}

static size_t
spare_of(const void *p)
{
    size_t spare;

    /* See lz_os_ask_nothing. Reserved pages take no other memory. */
    if (lz_options.oracle == LZ_ORACLE_MEMSET || lz_region_is_reserved(p))
        return SIZE_MAX;
    spare = lz_os_memory_size() / SPARE_SHARE;
    return spare < SPARE_LEAST ? SPARE_LEAST : spare;
}

static int
prefault(void *p, size_t n, bool cancels, size_t *done)
{
    size_t page = lz_os_page_size();
    char *start = (char *)lz_round_down((uintptr_t)p, page);
    struct job job = {.start = start, .workers = 1, .cancels = cancels};
    int saved = errno, cancel;

    job.length = lz_round_up(n + (size_t)((char *)p - start), page);
    job.spare = spare_of(p);
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    run_all(&job, cancel);
    pthread_setcancelstate(cancel, NULL);
    LZ_STAT_ADD(bytes_prefaulted, job.done);
    if (job.error == ENOMEM)
        LZ_STAT_ADD(prefaults_cut, 1);
    *done = job.done;
    errno = saved;
    return job.error;
}

int
lz_prefault(void *p, size_t n, bool cancels)
{
    size_t done;

    return prefault(p, n, cancels, &done);
}

void
lz_prefault_block(struct lz_region *region)
{
    static bool said;
    size_t n = lz_region_usable(region), done;
    int error = prefault(lz_region_base(region), n, false, &done);

    if (error == 0 || __atomic_exchange_n(&said, true, __ATOMIC_RELAXED))
        return;
    lz_log("LAZYZERO_PREFAULT: populated %zu MiB of a block of %zu MiB, since "
           "%s; the rest is populated when it is touched",
           done / LZ_MIB, n / LZ_MIB,
           error == ENOMEM ? "memory is short here" : "the system refused");
}

void
lz_prefault_fork_child(void)
{
    __atomic_fetch_add(&forks, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&is_helped, false, __ATOMIC_RELEASE);
}
