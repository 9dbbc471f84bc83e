/* SPDX-License-Identifier: MIT */
/* The optional thread: when it starts, what it does, how it ends. */
#include "front/background.h"

#include <dirent.h>

#include "control/options.h"
#include "control/stats.h"
#include "front/route.h"
#include "heap/backend.h"
#include "large/pool.h"
#include "large/region.h"
#include "os/os.h"
#include "support.h"

WRAPPED(int, pthread_create, pthread_t *thread, const pthread_attr_t *attr,
        void *(*run)(void *), void *arg);

WRAPPED(size_t, lz_os_count_threads, void);

#define SIZE (5 * LZ_MIB)

static struct {
    int error; /* not 0: no thread can be created */
    unsigned threads;
    sigset_t mask; /* of the creator, and so of the thread */

    void *(*run)(void *); /* what the library's thread runs */
    bool has_ended;       /* atomic: it came to its end */

    size_t count; /* atomic: how many threads there are; 0: the system's */
} fake;

/* The test's own framework has some. */
size_t
__wrap_lz_os_count_threads(void)
{
    size_t count = __atomic_load_n(&fake.count, __ATOMIC_RELAXED);

    return count != 0 ? count : __real_lz_os_count_threads();
}

/* The kernel lists a thread for a moment after it was joined: no proof. */
static void *
run_to_the_end(void *arg)
{
    void *result = fake.run(arg);

    usleep(5000);
    __atomic_store_n(&fake.has_ended, true, __ATOMIC_RELAXED);
    return result;
}

int
__wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
                      void *(*run)(void *), void *arg)
{
    fake.threads++;
    pthread_sigmask(SIG_BLOCK, NULL, &fake.mask);
    if (fake.error != 0)
        return fake.error;
    if (run == threads_run)
        return __real_pthread_create(thread, attr, run, arg);
    fake.run = run;
    __atomic_store_n(&fake.has_ended, false, __ATOMIC_RELAXED);
    return __real_pthread_create(thread, attr, run_to_the_end, arg);
}

static void
set_up(void)
{
    lz_route_start();
    lz_options.background = LZ_BACKGROUND_ON;
    lz_options.decay_ms = 3600000;
    errno = ERRNO_MARK;
}

static void
tear_down(void)
{
    lz_background_stop();
}

TestSuite(background, .init = set_up, .fini = tear_down);

/* Through the route: that is where the thread is woken. */
static char *
allocate(bool zero)
{
    char *p = lz_route_allocate(SIZE, 1, zero);

    cr_assert_not_null(p);
    return p;
}

static void
use_and_free(void)
{
    char *p = allocate(false);

    memset(p, 0xA5, SIZE);
    lz_route_free(p, "free");
    EXPECT_ERRNO_KEPT();
}

/* Up to ten seconds, on a machine with other things to do. */
static bool
comes_true(bool (*test)(void))
{
    for (int i = 0; i < 10000; i++) {
        if (test())
            return true;
        usleep(1000);
    }
    return false;
}

static size_t
count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    size_t count = 0;

    cr_assert_not_null(tasks);
    while (readdir(tasks) != NULL)
        count++;
    closedir(tasks);
    return count - 2; /* "." and ".." */
}

Test(background, without_the_option_there_is_no_thread)
{
    lz_options.background = LZ_BACKGROUND_OFF;
    use_and_free();
    lz_background_wake();
    cr_expect_eq(fake.threads, 0);
}

Test(background, the_first_free_starts_the_only_one)
{
    size_t before = count_threads();
    char *p = allocate(true);

    cr_expect_eq(fake.threads, 0);
    errno = ERRNO_MARK;
    lz_route_free(p, "free");
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(fake.threads, 1);
    for (int i = 0; i < 100; i++)
        use_and_free();
    cr_expect_eq(fake.threads, 1);
    cr_expect_eq(count_threads(), before + 1);
}

static void
free_many(unsigned number)
{
    (void)number;
    for (int i = 0; i < 50; i++)
        lz_route_free(lz_route_allocate(SIZE, 1, true), "free");
}

/* The four of the test come through the same function. */
Test(background, of_threads_that_free_first_one_starts_it)
{
    run_threads(4, free_many);
    cr_expect_eq(fake.threads, 4 + 1);
}

/* No handler of the program runs on it; the program's own mask stays. */
Test(background, the_thread_blocks_all_signals)
{
    sigset_t before, after;

    pthread_sigmask(SIG_BLOCK, NULL, &before);
    use_and_free();
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    cr_expect(sigismember(&fake.mask, SIGUSR1));
    cr_expect(sigismember(&fake.mask, SIGTERM));
    cr_expect(sigismember(&fake.mask, SIGSEGV));
    cr_expect_eq(sigismember(&after, SIGUSR1), sigismember(&before, SIGUSR1));
    cr_expect_eq(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
}

static uint64_t released_so_far; /* by the test's account */

static bool
is_one_more_released(void)
{
    return __atomic_load_n(&lz_stats.regions_released, __ATOMIC_RELAXED) ==
           released_so_far + 1;
}

/* Nobody calls into the library meanwhile. */
Test(background, the_pool_ages_while_the_program_sleeps)
{
    lz_options.decay_ms = 50;
    for (released_so_far = 0; released_so_far < 3; released_so_far++) {
        use_and_free();
        cr_expect(comes_true(is_one_more_released));
        cr_expect(lz_region_pool_is_empty());
    }
    /* One may have ended before the next free. */
    cr_expect_leq(fake.threads, 3);
}

static bool
all_is_looked_after(void)
{
    uint64_t zeroed =
        __atomic_load_n(&lz_stats.bytes_zeroed, __ATOMIC_RELAXED) +
        __atomic_load_n(&lz_stats.bytes_not_zeroed, __ATOMIC_RELAXED);

    return zeroed >= SIZE;
}

/* Of the block that comes next, not a byte is left to write. */
Test(background, what_is_kept_is_zeroed_ahead)
{
    uint64_t zeroed;
    char *p;

    use_and_free();
    cr_expect(comes_true(all_is_looked_after));
    lz_background_stop();
    zeroed = lz_stats.bytes_zeroed;
    p = allocate(true);
    cr_expect(all_bytes_are(p, SIZE, 0));
    cr_expect_eq(lz_stats.regions_reused, 1);
    cr_expect_eq(lz_stats.bytes_zeroed, zeroed);
}

/* What the thread holds at a time is not there to be taken, nothing else. */
static void
churn(unsigned number)
{
    unsigned char mark = (unsigned char)(number + 1);

    for (int i = 0; i < 200; i++) {
        unsigned char *p = lz_route_allocate(SIZE, 1, true);

        cr_assert(all_bytes_are(p, SIZE, 0));
        memset(p, mark, SIZE);
        cr_assert(all_bytes_are(p, SIZE, mark));
        lz_route_free(p, "free");
    }
}

Test(background, threads_do_not_meet_it)
{
    lz_options.decay_ms = 2;
    run_threads(3, churn);
    cr_expect(comes_true(lz_region_pool_is_empty));
}

Test(background, stopping_waits_for_the_thread)
{
    use_and_free();
    cr_expect_not(fake.has_ended);
    lz_background_stop();
    cr_expect(fake.has_ended);
    lz_background_stop();
    errno = ERRNO_MARK;
    use_and_free();
    cr_expect_eq(fake.threads, 1, "started after the stop");
}

/* Asleep without end, where nothing is kept. */
Test(background, stopping_wakes_the_thread)
{
    lz_options.decay_ms = 0;
    use_and_free();
    cr_expect(lz_region_pool_is_empty());
    usleep(20000);
    lz_background_stop();
    cr_expect(fake.has_ended);
}

Test(background, stopping_what_never_started)
{
    lz_background_stop();
    use_and_free();
    cr_expect_eq(fake.threads, 1);
}

Test(background, without_a_thread_everything_goes_on)
{
    fake.error = EAGAIN;
    capture_stderr();
    for (int i = 0; i < 3; i++)
        use_and_free();
    cr_expect_str_eq(captured_stderr(),
                     "liblazyzero: LAZYZERO_BACKGROUND: cannot create the "
                     "thread; continuing without it\n");
    cr_expect_eq(fake.threads, 1);
    cr_expect(all_bytes_are(allocate(true), SIZE, 0));
    lz_background_stop();
}

/* In the child: nothing runs until a free, and then a thread of its own. */
static void
run_child(void)
{
    size_t before = count_threads();

    alarm(patiently(30));
    errno = ERRNO_MARK;
    lz_options.decay_ms = 50;
    if (before != 1 || fake.threads != 1)
        _exit(2);
    use_and_free();
    if (fake.threads != 2 || count_threads() != 2)
        _exit(3);
    if (!comes_true(lz_region_pool_is_empty))
        _exit(4);
    lz_background_stop();
    _exit(fake.has_ended ? 0 : 5);
}

Test(background, a_fork_child_starts_its_own, NEEDS_KERNEL_UNSANITIZED)
{
    int status;
    pid_t child;

    use_and_free();
    for (int turn = 0; turn < 20; turn++) {
        child = fork();
        if (child == 0)
            run_child();
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect_eq(status, 0, "%x", (unsigned)status);
        errno = ERRNO_MARK;
        use_and_free();
    }
    cr_expect_eq(fake.threads, 1);
    cr_expect_not(fake.has_ended, "the parent's goes on");
}

/* A child that frees nothing has nothing to stop. */
Test(background, a_fork_child_without_a_thread_stops_nothing)
{
    int status;
    pid_t child;

    use_and_free();
    child = fork();
    if (child == 0) {
        alarm(patiently(30));
        lz_background_stop();
        _exit(fake.threads == 1 ? 0 : 1);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0);
}

/* --- auto ---------------------------------------------------------------- */

static int done; /* atomic: the resting thread may end */

static void *
rest(void *unused)
{
    while (!__atomic_load_n(&done, __ATOMIC_ACQUIRE))
        usleep(1000);
    return unused;
}

/* The program's second thread. */
static pthread_t
start_resting(void)
{
    pthread_t resting;

    lz_options.background = LZ_BACKGROUND_AUTO;
    done = 0;
    cr_assert_eq(__real_pthread_create(&resting, NULL, rest, NULL), 0);
    return resting;
}

static void
stop_resting(pthread_t resting)
{
    __atomic_store_n(&done, 1, __ATOMIC_RELEASE);
    cr_assert_eq(pthread_join(resting, NULL), 0);
}

static bool
is_over(void)
{
    return __atomic_load_n(&fake.has_ended, __ATOMIC_RELAXED);
}

Test(background, auto_is_the_default)
{
    struct lz_options fresh = {
#define LZ_OPTION(kind, name, fallback, min, max, help) .name = fallback,
#include "control/options.def"
#undef LZ_OPTION
    };

    cr_expect_eq(fresh.background, LZ_BACKGROUND_AUTO);
}

Test(background, auto_starts_none_in_a_process_with_one_thread)
{
    lz_options.background = LZ_BACKGROUND_AUTO;
    fake.count = 1;
    for (int i = 0; i < 10; i++)
        use_and_free();
    cr_expect_eq(fake.threads, 0);
}

Test(background, auto_starts_one_beside_others, NEEDS_LINUX)
{
    pthread_t resting = start_resting();

    size_t before = count_threads();

    errno = ERRNO_MARK;
    use_and_free();
    use_and_free();
    cr_expect_eq(fake.threads, 1);
    cr_expect_eq(count_threads(), before + 1);
    cr_expect_eq(lz_os_count_threads(), before + 1);
    cr_expect(sigismember(&fake.mask, SIGTERM));
    stop_resting(resting);
}

Test(background, auto_starts_none_for_little)
{
    pthread_t resting = start_resting();

    lz_route_free(lz_route_allocate(3 * LZ_MIB, 1, true), "free");
    cr_expect_eq(fake.threads, 0);
    stop_resting(resting);
}

/* As often as there is something kept; each is gone before the next. */
Test(background, auto_ends_when_nothing_is_kept_and_starts_again, NEEDS_LINUX)
{
    pthread_t resting = start_resting();

    lz_options.decay_ms = 50;
    errno = ERRNO_MARK;
    for (unsigned turn = 1; turn <= 3; turn++) {
        use_and_free();
        cr_assert_eq(fake.threads, turn);
        cr_expect(comes_true(is_over));
        cr_expect(lz_region_pool_is_empty());
        usleep(150000);
    }
    stop_resting(resting);
}

Test(background, auto_ends_when_the_program_has_one_thread_left, NEEDS_LINUX)
{
    pthread_t resting = start_resting();

    errno = ERRNO_MARK;
    use_and_free();
    cr_assert_eq(fake.threads, 1);
    stop_resting(resting);
    __atomic_store_n(&fake.count, 2, __ATOMIC_RELAXED);
    cr_expect(comes_true(is_over));
    cr_expect_not(lz_region_pool_is_empty(), "that is not why it ended");
}

Test(background, auto_zeroes_nothing_ahead)
{
    pthread_t resting = start_resting();

    errno = ERRNO_MARK;
    use_and_free();
    usleep(100000);
    cr_expect_not(all_is_looked_after());
    stop_resting(resting);
}

/* Silent, and not for good. */
Test(background, auto_tries_again_where_no_thread_was_to_be_had, NEEDS_LINUX)
{
    pthread_t resting = start_resting();

    fake.error = EAGAIN;
    capture_stderr();
    errno = ERRNO_MARK;
    use_and_free();
    cr_expect_eq(fake.threads, 1);
    fake.error = 0;
    usleep(150000);
    use_and_free();
    cr_expect_eq(fake.threads, 2);
    cr_expect_str_empty(captured_stderr());
    stop_resting(resting);
}

/* Under QEMU jemalloc keeps no freed pages to begin with. */
Test(background, auto_purges_the_heap_before_it_ends, NEEDS_KERNEL)
{
    enum { BLOCKS = 32 };
    pthread_t resting = start_resting();
    void *blocks[BLOCKS];

    lz_options.decay_ms = 50;
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i] = je_malloc(LZ_MIB);
        memset(blocks[i], 1, LZ_MIB);
    }
    /* Every other one: jemalloc purges 8 MiB that lie together at once. */
    for (int i = 0; i < BLOCKS; i += 2)
        je_free(blocks[i]);
    cr_assert_gt(lz_backend_unused(), 8 * LZ_MIB);
    errno = ERRNO_MARK;
    use_and_free();
    cr_expect(comes_true(is_over));
    cr_expect_leq(lz_backend_unused(), 8 * LZ_MIB);
    stop_resting(resting);
}
