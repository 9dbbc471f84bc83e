/* SPDX-License-Identifier: MIT */
/*
 * Waits in parts. The region layer is a fake that answers as the test says, and
 * signals come at the worst moment: while it releases memory.
 */
#include "front/idle.h"

#include <poll.h>
#include <sys/epoll.h>

#include "control/options.h"
#include "heap/cache.h"
#include "large/pool.h"
#include "large/region.h"
#include "os/os.h"
#include "support.h"

WRAPPED(unsigned, lz_region_idle, unsigned waited);
WRAPPED(bool, lz_os_is_single_threaded, void);
WRAPPED(bool, lz_os_is_alone, void);
WRAPPED(uint64_t, lz_os_now, void);
WRAPPED(uint64_t, lz_os_now_exact, void);

#define MOST 8

static struct {
    unsigned answers[MOST], waited[MOST]; /* of lz_region_idle */
    unsigned asked;
    int signal; /* sent at the call with this number */
    unsigned signal_at;

    bool is_single_threaded, is_alone;
    unsigned counted;
    uint64_t now;
    uint64_t exact; /* nanoseconds, and what the parts of a wait took */

    struct timespec parts[MOST]; /* of the call; tv_sec -1: for ever */
    unsigned calls;
    int result;         /* of the call with this number */
    unsigned result_at; /* 0: none */
    unsigned handled;
} fake;

unsigned
__wrap_lz_region_idle(unsigned waited)
{
    unsigned at = fake.asked++;

    cr_assert_lt(at, MOST);
    fake.waited[at] = waited;
    if (fake.signal != 0 && at == fake.signal_at)
        raise(fake.signal);
    return fake.answers[at];
}

bool
__wrap_lz_os_is_single_threaded(void)
{
    return fake.is_single_threaded;
}

bool
__wrap_lz_os_is_alone(void)
{
    fake.counted++;
    return fake.is_alone;
}

uint64_t
__wrap_lz_os_now(void)
{
    return fake.now;
}

uint64_t
__wrap_lz_os_now_exact(void)
{
    return fake.exact;
}

static int
wait_fake(struct lz_idle_call *call, const struct timespec *timeout,
          const sigset_t *mask)
{
    unsigned at = fake.calls++;

    (void)call;
    (void)mask;
    cr_assert_lt(at, MOST);
    fake.parts[at % MOST] =
        timeout != NULL ? *timeout : (struct timespec){-1, 0};
    if (timeout != NULL)
        fake.exact +=
            (uint64_t)timeout->tv_sec * 1000000000 + (uint64_t)timeout->tv_nsec;
    return fake.result_at == at && at != 0 ? fake.result : 0;
}

/* Longer than the decay time of the test that uses it. */
static int
wait_late(struct lz_idle_call *call, const struct timespec *timeout,
          const sigset_t *mask)
{
    (void)call;
    (void)timeout;
    (void)mask;
    fake.calls++;
    fake.exact += 3000000;
    return 0;
}

static int
wait_ppoll(struct lz_idle_call *call, const struct timespec *timeout,
           const sigset_t *mask)
{
    (void)call;
    fake.calls++;
    return ppoll(NULL, 0, timeout, mask);
}

static int
wait_epoll(struct lz_idle_call *call, const struct timespec *timeout,
           const sigset_t *mask)
{
    static int epoll = -1;
    struct epoll_event event;

    (void)call;
    if (epoll < 0)
        epoll = epoll_create1(0);
    return epoll_pwait(epoll, &event, 1,
                       timeout != NULL ? (int)(timeout->tv_nsec / 1000000) : -1,
                       mask);
}

static void
handle(int signal_number)
{
    (void)signal_number;
    fake.handled++;
}

static void
install(int signal_number, int flags)
{
    struct sigaction action = {.sa_handler = handle, .sa_flags = flags};

    cr_assert_eq(sigaction(signal_number, &action, NULL), 0);
}

static void
set_kept(bool is_kept)
{
    static struct lz_pool_entry entry;

    lz_pool_oldest = is_kept ? &entry : NULL;
}

static void
set_up(void)
{
    fake.now = 1000000;
    fake.exact = (uint64_t)5000 * 1000000000;
    lz_options.decay_ms = 1000;
    set_kept(true);
    errno = ERRNO_MARK;
}

static void
require_no_signal_blocked(void)
{
    sigset_t mask;

    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    for (int i = 1; i < NSIG; i++)
        cr_expect_eq(sigismember(&mask, i), 0, "signal %d is blocked", i);
}

TestSuite(idle, .init = set_up);

static long
part_ms(unsigned at)
{
    return (long)fake.parts[at].tv_sec * 1000 +
           fake.parts[at].tv_nsec / 1000000;
}

Test(idle, due_only_while_something_is_kept)
{
    fake.is_single_threaded = true;
    cr_expect(lz_idle_is_due());
    set_kept(false);
    cr_expect_not(lz_idle_is_due());
    cr_expect_eq(fake.counted + fake.asked, 0);
}

/* As if the pool were empty, and a region waited in a CPU's cache. */
static void
set_cached(void)
{
    set_kept(false);
    lz_cache_may_hold_regions = true;
}

Test(idle, due_for_what_the_caches_hold)
{
    set_cached();
    fake.is_single_threaded = true;
    cr_expect(lz_idle_is_due());
}

Test(idle, the_caches_hold_it_for_the_decay_time)
{
    struct lz_idle_call call = {.wait = wait_fake};

    set_cached();
    fake.result_at = 3;
    cr_expect_eq(lz_idle_wait(&call), 0);
    cr_expect_eq(part_ms(1), 1000);
    cr_expect_eq(fake.parts[2].tv_sec, -1);
    cr_expect_not(lz_cache_holds_regions());
}

Test(idle, what_is_due_before_them_goes_before_them)
{
    struct lz_idle_call call = {.wait = wait_fake};

    set_cached();
    fake.answers[0] = 300;
    fake.answers[1] = 2000;
    cr_expect_eq(lz_idle_wait(&call), 0);
    cr_expect_eq(part_ms(1), 300);
    cr_expect_eq(part_ms(2), 700);
    cr_expect_eq(fake.parts[3].tv_sec, -1);
}

Test(idle, before_a_short_call_the_caches_keep_it)
{
    set_cached();
    cr_expect_not(lz_idle_before(NULL, 999, NULL, true));
    cr_expect(lz_cache_holds_regions());
    cr_expect_not(lz_idle_before(NULL, 1000, NULL, true));
    cr_expect_not(lz_cache_holds_regions());
}

Test(idle, not_due_with_threads_and_they_are_counted_rarely)
{
    for (int i = 0; i < 10; i++)
        cr_expect_not(lz_idle_is_due());
    cr_expect_eq(fake.counted, 1);
    fake.is_alone = true;
    fake.now += 99;
    cr_expect_not(lz_idle_is_due());
    fake.now += 1;
    cr_expect(lz_idle_is_due());
    cr_expect_eq(fake.counted, 2);
}

Test(idle, counted_anew_in_a_fork_child)
{
    cr_expect_not(lz_idle_is_due());
    fake.is_alone = true;
    lz_idle_fork_child();
    cr_expect(lz_idle_is_due());
}

Test(idle, in_a_sandbox_only_what_is_too_old_goes)
{
    lz_options.oracle = LZ_ORACLE_MEMSET;
    cr_expect_not(lz_idle_is_due());
    cr_expect_eq(fake.asked, 1);
    cr_expect_eq(fake.waited[0], 0);
    cr_expect_eq(fake.counted, 0);
}

Test(idle, what_is_there_already_costs_nothing)
{
    struct lz_idle_call call = {.wait = wait_fake};

    fake.calls = 1;
    fake.result_at = 1;
    fake.result = 5;
    cr_expect_eq(lz_idle_wait(&call), 5);
    cr_expect_eq(fake.asked, 0);
    cr_expect_eq(part_ms(1), 0);
}

Test(idle, a_wait_for_ever_in_parts)
{
    struct lz_idle_call call = {.wait = wait_fake};

    fake.answers[0] = 10;
    fake.answers[1] = 40;
    fake.result_at = 3;
    fake.result = -1;
    cr_expect_eq(lz_idle_wait(&call), -1);
    cr_expect_eq(fake.asked, 3);
    cr_expect_eq(fake.waited[0], 0);
    cr_expect_eq(fake.waited[1], 10);
    cr_expect_eq(fake.waited[2], 50);
    cr_expect_eq(fake.calls, 4);
    cr_expect_eq(part_ms(1), 10);
    cr_expect_eq(part_ms(2), 40);
    cr_expect_eq(fake.parts[3].tv_sec, -1);
    EXPECT_ERRNO_KEPT();
    require_no_signal_blocked();
}

Test(idle, what_comes_in_a_part_ends_the_wait)
{
    struct lz_idle_call call = {.wait = wait_fake};

    fake.answers[0] = 10;
    fake.result_at = 1;
    fake.result = 3;
    cr_expect_eq(lz_idle_wait(&call), 3);
    cr_expect_eq(fake.calls, 2);
}

Test(idle, a_wait_of_some_time_ends_with_the_rest)
{
    const struct timespec timeout = {.tv_sec = 5, .tv_nsec = 999999999};
    struct lz_idle_call call = {wait_fake, &timeout, NULL};

    fake.answers[0] = 10;
    fake.answers[1] = 7000;
    cr_expect_eq(lz_idle_wait(&call), 0);
    cr_expect_eq(fake.calls, 3);
    cr_expect_eq(part_ms(1), 10);
    cr_expect_eq(part_ms(2), 5989);
}

Test(idle, a_wait_below_the_first_part_is_one_call)
{
    const struct timespec timeout = {.tv_nsec = 3000000};
    struct lz_idle_call call = {wait_fake, &timeout, NULL};

    fake.answers[0] = 10;
    cr_expect_eq(lz_idle_wait(&call), 0);
    cr_expect_eq(fake.calls, 2);
    cr_expect_eq(fake.asked, 1);
    cr_expect_eq(part_ms(1), 3);
}

Test(idle, a_signal_during_each_release_ends_the_wait)
{
    struct lz_idle_call call = {.wait = wait_ppoll};

    install(SIGUSR1, SA_RESTART);
    for (unsigned i = 0; i < 3; i++) {
        memset(&fake, 0, sizeof(fake));
        fake.answers[0] = fake.answers[1] = 1;
        fake.signal = SIGUSR1;
        fake.signal_at = i;
        cr_expect_eq(lz_idle_wait(&call), -1);
        cr_expect_eq(errno, EINTR);
        cr_expect_eq(fake.handled, 1);
        cr_expect_eq(fake.asked, i + 1);
        require_no_signal_blocked();
    }
}

Test(idle, a_signal_without_a_handler_does_not_end_it)
{
    const struct timespec timeout = {.tv_nsec = 20000000};
    struct lz_idle_call call = {wait_epoll, &timeout, NULL};

    fake.answers[0] = 1;
    fake.signal = SIGCHLD;
    fake.signal_at = 1;
    cr_expect_eq(lz_idle_wait(&call), 0);
    EXPECT_ERRNO_KEPT();
}

Test(idle, a_signal_that_kills_does, .signal = SIGTERM)
{
    struct lz_idle_call call = {.wait = wait_ppoll};

    fake.signal = SIGTERM;
    lz_idle_wait(&call);
}

Test(idle, before_a_short_wait_only_what_is_too_old_goes)
{
    fake.answers[0] = 10;
    cr_expect_not(lz_idle_before(NULL, 9, NULL, false));
    cr_expect_eq(fake.asked, 1);
    cr_expect_eq(fake.waited[0], 0);
}

Test(idle, before_a_longer_wait_what_will_be_too_old_goes)
{
    fake.answers[0] = fake.answers[2] = fake.answers[4] = 10;
    cr_expect_not(lz_idle_before(NULL, 10, NULL, false));
    cr_expect_not(lz_idle_before(NULL, 1001, NULL, false));
    cr_expect_not(lz_idle_before(NULL, LZ_IDLE_FOR_EVER, NULL, true));
    cr_expect_eq(fake.asked, 6);
    cr_expect_eq(fake.waited[1], 10);
    cr_expect_eq(fake.waited[3], 1000);
    cr_expect_eq(fake.waited[5], 1000);
    EXPECT_ERRNO_KEPT();
    require_no_signal_blocked();
}

Test(idle, nothing_is_released_for_what_comes_in_time)
{
    struct lz_idle_call grace = {.wait = wait_fake};

    fake.answers[0] = 500;
    fake.calls = fake.result_at = 1;
    fake.result = 1;
    cr_expect_not(lz_idle_before(&grace, LZ_IDLE_FOR_EVER, NULL, true));
    cr_expect_eq(fake.asked, 1);
    cr_expect_eq(part_ms(1), 10, "signals are blocked for so long");
}

Test(idle, what_does_not_come_in_time_is_not_waited_for)
{
    struct lz_idle_call grace = {.wait = wait_fake};

    fake.answers[0] = 5;
    cr_expect_not(lz_idle_before(&grace, LZ_IDLE_FOR_EVER, NULL, true));
    cr_expect_eq(fake.asked, 2);
    cr_expect_eq(part_ms(0), 5);
    cr_expect_eq(fake.waited[1], 1000);
}

/* A size is what somebody wants kept: until it is too old. */
Test(idle, a_size_is_kept_until_its_decay_time)
{
    struct lz_idle_call grace = {.wait = wait_fake};

    lz_options.retain = 1024 * LZ_MIB;
    for (unsigned i = 0; i < 4; i++)
        fake.answers[i] = 25;
    cr_expect_not(lz_idle_before(&grace, LZ_IDLE_FOR_EVER, NULL, true));
    cr_expect_eq(fake.calls, 3);
    cr_expect_eq(part_ms(2), 10, "signals are blocked for so long");
    for (unsigned i = 0; i < 5; i++)
        cr_expect_eq(fake.waited[i], 0, "it was released early");
    cr_expect_eq(fake.waited[5], 1000);
    require_no_signal_blocked();
    EXPECT_ERRNO_KEPT();
}

Test(idle, a_size_is_kept_for_what_comes_before_its_decay_time)
{
    struct lz_idle_call grace = {.wait = wait_fake};

    lz_options.retain = 1024 * LZ_MIB;
    for (unsigned i = 0; i < MOST; i++)
        fake.answers[i] = 500;
    fake.result_at = 3;
    fake.result = 1;
    cr_expect_not(lz_idle_before(&grace, LZ_IDLE_FOR_EVER, NULL, true));
    cr_expect_eq(fake.calls, 4);
    cr_expect_eq(fake.asked, 5);
    for (unsigned i = 0; i < 5; i++)
        cr_expect_eq(fake.waited[i], 0);
}

/* A signal is to be handled now, and nobody looks any more after it. */
Test(idle, a_signal_ends_a_sizes_decay_time)
{
    struct lz_idle_call grace = {.wait = wait_fake};

    lz_options.retain = 1024 * LZ_MIB;
    install(SIGUSR1, 0);
    for (unsigned i = 0; i < MOST; i++)
        fake.answers[i] = 500;
    fake.signal = SIGUSR1;
    fake.signal_at = 2;
    cr_expect(lz_idle_before(&grace, LZ_IDLE_FOR_EVER, NULL, true));
    cr_expect_eq(fake.calls, 1);
    cr_expect_eq(fake.waited[3], 1000);
    cr_expect_eq(fake.handled, 1);
}

/* A socket's own timeout would be longer by the decay time. */
Test(idle, what_does_not_wait_for_ever_has_a_moment_only)
{
    struct lz_idle_call grace = {.wait = wait_fake};

    lz_options.retain = 1024 * LZ_MIB;
    fake.answers[0] = 500;
    cr_expect_not(lz_idle_before(&grace, LZ_IDLE_FOR_EVER - 1, NULL, true));
    cr_expect_eq(fake.calls, 1);
    cr_expect_eq(fake.waited[1], 1000);
}

/* Somebody holds the pool's lock, and it never tells. */
Test(idle, a_sizes_decay_time_has_an_end)
{
    struct lz_idle_call grace = {.wait = wait_late};

    lz_options.retain = 1024 * LZ_MIB;
    lz_options.decay_ms = 2;
    for (unsigned i = 0; i < MOST; i++)
        fake.answers[i] = 1;
    cr_expect_not(lz_idle_before(&grace, LZ_IDLE_FOR_EVER, NULL, true));
    cr_expect_eq(fake.calls, 1);
}

/* By what comes during the release. */
static bool
is_interrupted(int signal_number, int flags, const sigset_t *also,
               bool restarts)
{
    unsigned handled = fake.handled;
    bool result;

    install(signal_number, flags);
    fake.asked = 0;
    fake.signal = signal_number;
    result = lz_idle_before(NULL, LZ_IDLE_FOR_EVER, also, restarts);
    cr_expect_eq(fake.handled, handled + 1, "it was not handled");
    return result;
}

Test(idle, a_handler_interrupts_as_its_flags_say)
{
    sigset_t also;

    sigemptyset(&also);
    sigaddset(&also, SIGUSR1);
    cr_expect(is_interrupted(SIGUSR1, 0, NULL, true));
    cr_expect_not(is_interrupted(SIGUSR1, SA_RESTART, NULL, true));
    cr_expect(is_interrupted(SIGUSR1, SA_RESTART, NULL, false));
    cr_expect_not(is_interrupted(SIGUSR1, 0, &also, false));
}

Test(idle, a_blocked_signal_does_not_interrupt)
{
    sigset_t set;

    install(SIGUSR1, 0);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    fake.signal = SIGUSR1;
    cr_expect_not(lz_idle_before(NULL, LZ_IDLE_FOR_EVER, NULL, false));
    cr_expect_eq(fake.handled, 0);
}

Test(idle, a_signal_without_a_handler_does_not_interrupt)
{
    fake.signal = SIGCHLD;
    cr_expect_not(lz_idle_before(NULL, LZ_IDLE_FOR_EVER, NULL, false));
    signal(SIGHUP, SIG_IGN);
    fake.asked = 0;
    fake.signal = SIGHUP;
    cr_expect_not(lz_idle_before(NULL, LZ_IDLE_FOR_EVER, NULL, false));
}

Test(idle, the_rest_of_a_timeout)
{
    struct timespec timeout = {.tv_sec = 1000}, rest;
    uint64_t now = lz_os_now_exact();

    rest = lz_idle_rest(&timeout, now - 1500000000);
    cr_expect_eq(rest.tv_sec, 998);
    cr_expect_eq(rest.tv_nsec, 500000000);
    rest = lz_idle_rest(&timeout, now - (uint64_t)1000 * 1000000000);
    cr_expect_eq(rest.tv_sec, 0);
    cr_expect_eq(rest.tv_nsec, 0);
}
