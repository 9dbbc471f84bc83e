/* SPDX-License-Identifier: MIT */
/* Populating, on a machine with as much memory as a test says. */
#include "front/prefault.h"

#include "control/options.h"
#include "control/stats.h"
#include "large/place.h"
#include "os/kind.h"
#include "os/os.h"
#include "region_block.h"
#include "start.h"
#include "support.h"

WRAPPED(size_t, lz_os_memory_free, void);
WRAPPED(size_t, lz_os_memory_size, void);
WRAPPED(int, lz_os_populate, void *start, size_t length);
WRAPPED(size_t, lz_os_count_processors, void);
WRAPPED(size_t, lz_os_node_count, void);
WRAPPED(int, pthread_create, pthread_t *thread, const pthread_attr_t *attr,
        void *(*run)(void *), void *argument);

#define STEP (16 * LZ_MIB)

static struct {
    size_t free, size, processors, nodes;
    int error;          /* of the populating calls, if it is not 0, ... */
    size_t error_after; /* ... after so many */
    bool no_threads;
    void (*on_populate)(void);

    size_t populated, calls, asked, threads; /* atomic */
} fake;

size_t
__wrap_lz_os_memory_free(void)
{
    size_t used = __atomic_load_n(&fake.populated, __ATOMIC_RELAXED);

    __atomic_fetch_add(&fake.asked, 1, __ATOMIC_RELAXED);
    return fake.free == SIZE_MAX ? SIZE_MAX : fake.free - used;
}

size_t
__wrap_lz_os_memory_size(void)
{
    return fake.size;
}

int
__wrap_lz_os_populate(void *start, size_t length)
{
    size_t call = __atomic_fetch_add(&fake.calls, 1, __ATOMIC_RELAXED);
    int error = fake.error;

    if (fake.on_populate != NULL)
        fake.on_populate();
    if (error != 0 && call >= fake.error_after)
        return error;
    __atomic_fetch_add(&fake.populated, length, __ATOMIC_RELAXED);
    return __real_lz_os_populate(start, length);
}

size_t
__wrap_lz_os_count_processors(void)
{
    return fake.processors;
}

size_t
__wrap_lz_os_node_count(void)
{
    return fake.nodes;
}

int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                      void *(*run)(void *), void *argument)
{
    if (fake.no_threads)
        return EAGAIN;
    fake.threads++;
    return __real_pthread_create(thread, attr, run, argument);
}

static void
start(void)
{
    fake.free = SIZE_MAX / 2;
    fake.size = 1024 * LZ_MIB;
    fake.processors = 8;
    fake.nodes = 1;
    errno = ERRNO_MARK;
}

TestSuite(prefault, .init = start, NEEDS_KERNEL);

static char *
map(size_t n)
{
    char *p = lz_os_map(n, lz_os_page_size());

    cr_assert_not_null(p);
    return p;
}

/* What is resident of a new mapping afterwards. */
static size_t
run(size_t n, int error)
{
    char *p = map(n);
    size_t resident;

    cr_expect_eq(lz_prefault(p, n, false), error);
    EXPECT_ERRNO_KEPT();
    resident = (size_t)resident_pages(p, n) * lz_os_page_size();
    lz_os_unmap(p, n);
    return resident;
}

Test(prefault, all_of_it, NEEDS_KERNEL)
{
    cr_expect_eq(run(5 * STEP + 4096, 0), 5 * STEP + 4096);
    cr_expect_eq(lz_stats.bytes_prefaulted, 5 * STEP + 4096);
    cr_expect_eq(fake.threads, 3);
    cr_expect_eq(lz_stats.prefaults_cut, 0);
}

Test(prefault, whole_pages, NEEDS_KERNEL)
{
    size_t page = lz_os_page_size();
    char *p = map(4 * page);

    cr_expect_eq(lz_prefault(p + 2 * page - 1, 2, false), 0);
    cr_expect_eq(resident_pages(p, 4 * page), 2);
    cr_expect_eq(resident_pages(p + page, 2 * page), 2);
}

static size_t
threads_for(size_t n)
{
    size_t before = fake.threads;

    run(n, 0);
    return fake.threads - before;
}

Test(prefault, how_many_help)
{
    cr_expect_eq(threads_for(4 * STEP - 4096), 0);
    cr_expect_eq(threads_for(4 * STEP), 2); /* three steps are left then */
    cr_expect_eq(threads_for(8 * STEP), 3);
    lz_options.prefault_threads = 64;
    cr_expect_eq(threads_for(8 * STEP), 6);
    fake.processors = 2;
    cr_expect_eq(threads_for(8 * STEP), 1);
    fake.processors = 1;
    cr_expect_eq(threads_for(8 * STEP), 0);
    fake.processors = 8;
    lz_options.prefault_threads = 0;
    cr_expect_eq(threads_for(8 * STEP), 0);
}

Test(prefault, none_helps_where_it_decides_on_the_node)
{
    fake.nodes = 2;
    cr_expect_eq(threads_for(8 * STEP), 0);
    lz_options.numa = LZ_NUMA_INTERLEAVE;
    cr_expect_eq(threads_for(8 * STEP), 3);
}

Test(prefault, none_can_help, NEEDS_KERNEL)
{
    fake.no_threads = true;
    cr_expect_eq(run(8 * STEP, 0), 8 * STEP);
}

Test(prefault, memory_runs_short, NEEDS_KERNEL)
{
    /* The spare is a sixty-fourth: 16 MiB. */
    fake.free = 3 * STEP + 16 * LZ_MIB;
    lz_options.prefault_threads = 0;
    cr_expect_eq(run(8 * STEP, ENOMEM), 3 * STEP);
    cr_expect_eq(lz_stats.prefaults_cut, 1);
    cr_expect_eq(lz_stats.bytes_prefaulted, 3 * STEP);
}

Test(prefault, memory_runs_short_of_helpers_too, NEEDS_KERNEL)
{
    size_t resident;

    fake.free = 6 * STEP + 16 * LZ_MIB;
    resident = run(32 * STEP, ENOMEM);
    cr_expect_eq(fake.threads, 3);
    cr_expect_geq(resident, 2 * STEP);
    cr_expect_leq(resident, 6 * STEP);
    cr_expect_eq(lz_stats.bytes_prefaulted, resident);
}

Test(prefault, a_small_machine_keeps_some, NEEDS_KERNEL)
{
    fake.size = 64 * LZ_MIB;
    fake.free = 2 * STEP + 8 * LZ_MIB - 1;
    cr_expect_eq(run(8 * STEP, ENOMEM), STEP);
}

/* What is resident needs no memory. */
Test(prefault, a_second_time, NEEDS_KERNEL)
{
    char *p = map(8 * STEP);

    cr_expect_eq(lz_prefault(p, 8 * STEP, false), 0);
    fake.free = fake.populated;
    cr_expect_eq(lz_prefault(p, 8 * STEP, false), 0);
    lz_os_unmap(p + 3 * STEP, STEP);
    cr_expect_eq(lz_prefault(p, 8 * STEP, false), ENOMEM);
}

Test(prefault, nobody_knows_what_is_free, NEEDS_KERNEL)
{
    fake.free = SIZE_MAX;
    cr_expect_eq(run(2 * STEP, 0), 2 * STEP);
    cr_expect_eq(fake.asked, 2);
}

Test(prefault, a_sandbox_is_asked_nothing, NEEDS_KERNEL)
{
    lz_options.oracle = LZ_ORACLE_MEMSET;
    fake.free = 0;
    cr_expect_eq(run(8 * STEP, 0), 8 * STEP);
    cr_expect_eq(fake.asked, 0);
    cr_expect_eq(fake.threads, 0);
}

Test(prefault, an_error_ends_it)
{
    fake.error = EHWPOISON;
    fake.error_after = 3;
    run(16 * STEP, EHWPOISON);
    /* One that each worker had begun. */
    cr_expect_leq(fake.calls, 3 + 4);
    cr_expect_eq(lz_stats.prefaults_cut, 0);
}

Test(prefault, a_system_without_the_call)
{
    char *p = map(5 * STEP);

    p[100] = 7;
    fake.error = ENOSYS;
    cr_expect_eq(lz_prefault(p, 5 * STEP, false), 0);
    cr_expect_eq(resident_pages(p, 5 * STEP),
                 (long)(5 * STEP / lz_os_page_size()));
    cr_expect_eq(p[100], 7);
    cr_expect_eq(fake.calls, 1);
    cr_expect_eq(fake.threads, 0);
}

/* What the program could do in a handler: fork, and go on in the child. */
static void
fork_once(void)
{
    int status;
    pid_t child;

    if (fake.calls < 3)
        return;
    fake.on_populate = NULL;
    child = fork();
    if (child != 0) {
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect_eq(status, 0);
        return;
    }
    lz_prefault_fork_child();
    alarm(patiently(30));
}

Test(prefault, a_fork_in_the_middle, NEEDS_KERNEL)
{
    pid_t owner = getpid();
    char *p = map(8 * STEP);

    fake.on_populate = fork_once;
    lz_options.prefault_threads = 1;
    cr_expect_eq(lz_prefault(p, 8 * STEP, false), 0);
    if (getpid() != owner)
        _exit(resident_pages(p, 8 * STEP) ==
                      (long)(8 * STEP / lz_os_page_size())
                  ? 0
                  : 1);
}

Test(prefault, a_block_in_part_is_said_once)
{
    char *p = region_block(8 * STEP, 1, true);
    const char *said;

    fake.free = 3 * STEP + 16 * LZ_MIB;
    lz_options.prefault_threads = 0;
    capture_stderr();
    lz_prefault_block(lz_region_find(p));
    fake.free += 3 * STEP;
    lz_prefault_block(lz_region_find(p));
    said = captured_stderr();
    cr_expect_str_eq(said,
                     "liblazyzero: LAZYZERO_PREFAULT: populated 48 MiB of a "
                     "block of 128 MiB, since memory is short here; the rest "
                     "is populated when it is touched\n");
    cr_expect_eq(lz_stats.prefaults_cut, 2);
    cr_expect(all_bytes_are(p, 8 * STEP, 0));
}
