/* SPDX-License-Identifier: MIT */
#include "front/init.h"

#include "control/options.h"
#include "large/pool.h"
#include "large/region.h"
#include "lazyzero/lazyzero.h"
#include "region_block.h"
#include "start.h"
#include "support.h"

WRAPPED(char **, lz_os_environment, void);
WRAPPED(bool, lz_os_is_privileged, void);
WRAPPED(bool, lz_os_is_single_threaded, void);
WRAPPED(void, lz_os_stdio_acquire, void);
WRAPPED(void, lz_os_stdio_release, void);
WRAPPED(void, lz_backend_fork_prepare, void);
WRAPPED(void, lz_backend_fork_parent, void);
WRAPPED(void, lz_backend_fork_child, void);
WRAPPED(void, lz_background_fork_child, void);
WRAPPED(void, lz_background_stop, void);
WRAPPED(void, lz_region_fork_prepare, void);
WRAPPED(void, lz_region_fork_parent, void);
WRAPPED(void, lz_region_fork_child, void);
WRAPPED(void, lz_os_fork_child, void);
WRAPPED(bool, lz_pool_fork_try, void);
WRAPPED(bool, lz_meta_fork_try, void);
WRAPPED(void, lz_pool_fork_prepare, void);
WRAPPED(void, lz_pool_fork_parent, void);
WRAPPED(void, lz_pool_fork_child, void);
WRAPPED(void, lz_meta_fork_prepare, void);
WRAPPED(void, lz_meta_fork_parent, void);
WRAPPED(void, lz_meta_fork_child, void);

static char *no_settings[] = {NULL};
static char **environment = no_settings;
static bool privileged, single_threaded;
static bool busy;         /* the fork interrupts who holds a lock */
static bool second_start; /* what a start within the start answered */

/* What fork did so far in this process: one word each. */
static char done[256];

/* The first question comes before the start is claimed, the second after. */
char **
__wrap_lz_os_environment(void)
{
    static _Thread_local int questions;

    if (++questions == 2)
        second_start = lz_init_start();
    return environment;
}

bool
__wrap_lz_os_is_privileged(void)
{
    return privileged;
}

bool
__wrap_lz_os_is_single_threaded(void)
{
    return single_threaded;
}

/* Criterion's own process forks for each test, and fills the list. */
static void
note(const char *word)
{
    strncat(done, word, sizeof(done) - 1 - strlen(done));
}

#define NOTED(name, word)    \
    void __wrap_##name(void) \
    {                        \
        note(word);          \
        __real_##name();     \
    }

NOTED(lz_os_stdio_acquire, "+stdio")
NOTED(lz_os_stdio_release, "-stdio")
NOTED(lz_backend_fork_prepare, "+backend")
NOTED(lz_backend_fork_parent, "-backend")
NOTED(lz_backend_fork_child, "!backend")
NOTED(lz_background_stop, "stop")
NOTED(lz_background_fork_child, "!background")
NOTED(lz_region_fork_prepare, "+regions")
NOTED(lz_region_fork_parent, "-regions")
NOTED(lz_region_fork_child, "!regions")
NOTED(lz_os_fork_child, "!system")
NOTED(lz_pool_fork_prepare, "+pool")
NOTED(lz_pool_fork_parent, "-pool")
NOTED(lz_pool_fork_child, "!pool")
NOTED(lz_meta_fork_prepare, "+meta")
NOTED(lz_meta_fork_parent, "-meta")
NOTED(lz_meta_fork_child, "!meta")

#define TRIED(name, word)                \
    bool __wrap_##name(void)             \
    {                                    \
        note(word);                      \
        return !busy && __real_##name(); \
    }

TRIED(lz_pool_fork_try, "?pool")
TRIED(lz_meta_fork_try, "?meta")

/* Starts with one setting; what was said. */
static const char *
start_with(char *setting)
{
    char *settings[] = {setting, NULL};

    environment = settings;
    capture_stderr();
    errno = ERRNO_MARK;
    cr_expect(lz_init_start());
    EXPECT_ERRNO_KEPT();
    environment = no_settings;
    return captured_stderr();
}

Test(init, only_the_first_start_does_the_work)
{
    static char first[] = "LAZYZERO_THRESHOLD=8M";
    static char second[] = "LAZYZERO_THRESHOLD=4M";
    char *settings[] = {second, NULL};

    cr_expect_str_empty(start_with(first));
    cr_expect_eq(lz_options.threshold, 8 * LZ_MIB);
    environment = settings;
    cr_expect_not(lz_init_start());
    cr_expect_not(lz_init_start());
    cr_expect_eq(lz_options.threshold, 8 * LZ_MIB);
}

static int starters;

static void
start(unsigned number)
{
    (void)number;
    if (lz_init_start())
        __atomic_fetch_add(&starters, 1, __ATOMIC_RELAXED);
}

Test(init, of_threads_one_starts)
{
    run_threads(8, start);
    cr_expect_eq(starters, 1);
}

Test(init, a_start_during_the_start_does_nothing)
{
    second_start = true;
    cr_expect(lz_init_start());
    cr_expect_not(second_start);
}

/* Before libc's own start: the options would be lost. */
Test(init, without_an_environment_the_start_waits_for_one)
{
    static char setting[] = "LAZYZERO_THRESHOLD=8M";

    environment = NULL;
    errno = ERRNO_MARK;
    cr_expect_not(lz_init_start());
    cr_expect_not(lz_init_start());
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(lz_options.threshold, 2 * LZ_MIB);
    cr_expect_str_empty(start_with(setting));
    cr_expect_eq(lz_options.threshold, 8 * LZ_MIB);
}

Test(init, an_empty_environment_is_one)
{
    cr_expect(lz_init_start());
    cr_expect_eq(lz_options.threshold, 2 * LZ_MIB);
}

Test(init, a_privileged_program_reads_no_options_and_is_silent)
{
    static char setting[] = "LAZYZERO_VERBOSE=1";

    privileged = true;
    cr_expect_str_empty(start_with(setting));
    cr_expect_not(lz_options.verbose);
}

Test(init, verbose_is_one_line)
{
    static char setting[] = "LAZYZERO_VERBOSE=1";
    char line[512], options[512];
    const char *said = start_with(setting);

    lz_options_describe(options, sizeof(options));
    cr_expect_lt(strlen(options), sizeof(options) - 1, "cut");
    cr_expect_not_null(strstr(options, "verbose=1"));
    snprintf(line, sizeof(line), "liblazyzero: %s active: %s\n",
             lazyzero_version(), options);
    cr_expect_str_eq(said, line);
}

Test(init, version_is_the_headers)
{
    char version[64];

    snprintf(version, sizeof(version), "%d.%d.%d", LAZYZERO_VERSION_MAJOR,
             LAZYZERO_VERSION_MINOR, LAZYZERO_VERSION_PATCH);
    cr_expect_str_eq(lazyzero_version(), version);
}

static const char *
report_at_exit(void)
{
    capture_stderr();
    lz_init_finish();
    return captured_stderr();
}

Test(init, the_report_at_exit_comes_only_when_asked_for)
{
    const char *report;

    cr_expect_str_empty(report_at_exit());
    strcpy(lz_options.stats, "1");
    report = report_at_exit();
    cr_expect_eq(report, strstr(report, "liblazyzero: statistics of "));
}

/* The report is of a process whose thread has stopped. */
Test(init, the_exit_stops_the_background)
{
    done[0] = '\0';
    lz_init_finish();
    cr_expect_str_eq(done, "stop");
}

#define TAKEN "+stdio+backend+pool+regions+meta"
#define RETURNED "-meta-regions-pool-backend-stdio"
#define RESET "!meta!pool!backend"

/* With locks or without: last, once the locks below can be taken again. */
#define CHILD "!background!regions!system"

/* The parent's list must be `parent`, the child's `child`. */
static void
expect_fork(const char *parent, const char *child)
{
    char line[sizeof(done)] = "";
    int ends[2], status;
    pid_t pid;

    cr_assert_eq(pipe(ends), 0);
    done[0] = '\0';
    pid = fork();
    if (pid == 0)
        _exit(write(ends[1], done, sizeof(done)) != (ssize_t)sizeof(done));
    cr_expect_str_eq(done, parent);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_expect_eq(status, 0);
    cr_assert_eq(read(ends[0], line, sizeof(line)), (ssize_t)sizeof(line));
    cr_expect_str_eq(line, child);
}

Test(init, fork_takes_the_locks_in_order_and_returns_them_in_reverse)
{
    for (int i = 0; i < 3; i++)
        expect_fork(TAKEN RETURNED, TAKEN RESET CHILD);
}

Test(init, fork_of_a_single_threaded_process_takes_no_lock)
{
    single_threaded = true;
    expect_fork("", CHILD);
    single_threaded = false;
    expect_fork(TAKEN RETURNED, TAKEN RESET CHILD);
    single_threaded = true;
    expect_fork("", CHILD);
}

static void
keep_a_block(void)
{
    lz_region_free(lz_region_find(region_block(5 * LZ_MIB, 1, false)));
    cr_assert_not(lz_pool_is_empty());
}

/* The pool's alone, where there is something in it. */
Test(init, fork_of_a_single_threaded_process_keeps_what_is_kept_to_itself)
{
    sigset_t before = {0}, after = {0};

    single_threaded = true;
    keep_a_block();
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    expect_fork("?pool?meta-meta+regions-regions-pool",
                "?pool?meta-meta+regions!pool" CHILD);
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    cr_expect_eq(memcmp(&before, &after, sizeof(after)), 0);
    cr_expect_not(lz_pool_is_empty());
}

/* From a signal handler that interrupted a malloc. */
Test(init, fork_of_a_single_threaded_process_does_not_wait)
{
    single_threaded = true;
    keep_a_block();
    busy = true;
    expect_fork("?pool", "?pool" CHILD);
    cr_expect_not(lz_pool_is_empty());
}

/* In the child of a fork: a second fork, which takes no locks. */
static void
fork_again(int result)
{
    pid_t pid;

    done[0] = '\0';
    single_threaded = true;
    pid = fork();
    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
    if (write(result, done, sizeof(done)) < 0)
        _exit(1);
    _exit(0);
}

Test(init, a_fork_child_holds_no_lock_that_its_own_fork_could_return)
{
    char line[sizeof(done)] = "?";
    int ends[2], status;
    pid_t pid;

    cr_assert_eq(pipe(ends), 0);
    pid = fork();
    if (pid == 0)
        fork_again(ends[1]);
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_expect_eq(status, 0);
    cr_assert_eq(read(ends[0], line, sizeof(line)), (ssize_t)sizeof(line));
    cr_expect_str_empty(line);
}
