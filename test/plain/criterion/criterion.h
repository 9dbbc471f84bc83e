/* SPDX-License-Identifier: MIT */
/*
 * As much of Criterion as our tests use, in one header. It is for builds
 * without Criterion: with another libc, or for an emulator, under which a
 * program cannot execute itself as Criterion's workers do. Every test runs in a
 * child process, one after the other.
 */
#ifndef PLAIN_CRITERION_H
#define PLAIN_CRITERION_H

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "patience.h"

struct plain_options {
    const char *suite, *name;
    void (*body)(void);
    void (*init)(void), (*fini)(void);
    int signal; /* the one that the test must end by */
    bool disabled;
    struct plain_options *next;
};

static struct plain_options *plain_tests, **plain_tests_end = &plain_tests;
static struct plain_options *plain_suites;
static int plain_failures; /* atomic: of this test */

static inline void
plain_add_test(struct plain_options *test)
{
    *plain_tests_end = test;
    plain_tests_end = &test->next;
}

static inline void
plain_add_suite(struct plain_options *suite)
{
    suite->next = plain_suites;
    plain_suites = suite;
}

/* `.suite` a second time, so that there may be nothing behind the name. */
#define PLAIN_REGISTER(id, add, ...)                              \
    static struct plain_options plain_##id = {__VA_ARGS__};       \
    static __attribute__((constructor)) void plain_add_##id(void) \
    {                                                             \
        plain_##add(&plain_##id);                                 \
    }

#define Test(group, test, ...)                                               \
    static void plain_body_##group##_##test(void);                           \
    PLAIN_REGISTER(group##_##test, add_test, .suite = #group, .name = #test, \
                   .body = plain_body_##group##_##test, __VA_ARGS__)         \
    static void plain_body_##group##_##test(void)

#define TestSuite(group, ...) \
    PLAIN_REGISTER(suite_##group, add_suite, .suite = #group, __VA_ARGS__)

/* --- assertions ---------------------------------------------------------- */

__attribute__((format(printf, 5, 6))) static inline void
plain_fail(bool stop, const char *file, int line, const char *what,
           const char *format, ...)
{
    va_list args;

    __atomic_fetch_add(&plain_failures, 1, __ATOMIC_RELAXED);
    printf("%s:%d: %s failed: ", file, line, what);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    fflush(stdout);
    if (stop)
        _exit(1);
}

/* The first text makes room for a message, which may be missing. */
#define PLAIN_CHECK(stop, condition, what, ...)                          \
    do {                                                                 \
        if (!(condition))                                                \
            plain_fail(stop, __FILE__, __LINE__, what, " " __VA_ARGS__); \
    } while (0)
#define PLAIN_COMPARE(stop, a, op, b, ...) \
    PLAIN_CHECK(stop, (a)op(b), #a " " #op " " #b, __VA_ARGS__)
#define PLAIN_STR(stop, a, b, ...) \
    PLAIN_CHECK(stop, strcmp(a, b) == 0, #a " is " #b, __VA_ARGS__)

/* Ends the test, which counts as not run. */
#define PLAIN_SKIPPED 77
#define cr_skip_test(...) \
    (printf(__VA_ARGS__), printf("\n"), fflush(stdout), _exit(PLAIN_SKIPPED))

#define cr_assert(c, ...) PLAIN_CHECK(true, c, #c, __VA_ARGS__)
#define cr_assert_not(c, ...) PLAIN_CHECK(true, !(c), "not " #c, __VA_ARGS__)
#define cr_assert_null(p, ...) PLAIN_COMPARE(true, p, ==, NULL, __VA_ARGS__)
#define cr_assert_not_null(p, ...) PLAIN_COMPARE(true, p, !=, NULL, __VA_ARGS__)
#define cr_assert_eq(a, b, ...) PLAIN_COMPARE(true, a, ==, b, __VA_ARGS__)
#define cr_assert_neq(a, b, ...) PLAIN_COMPARE(true, a, !=, b, __VA_ARGS__)
#define cr_assert_lt(a, b, ...) PLAIN_COMPARE(true, a, <, b, __VA_ARGS__)
#define cr_assert_leq(a, b, ...) PLAIN_COMPARE(true, a, <=, b, __VA_ARGS__)
#define cr_assert_gt(a, b, ...) PLAIN_COMPARE(true, a, >, b, __VA_ARGS__)
#define cr_assert_geq(a, b, ...) PLAIN_COMPARE(true, a, >=, b, __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) PLAIN_STR(true, a, b, __VA_ARGS__)
#define cr_assert_fail(...) PLAIN_CHECK(true, false, "this", __VA_ARGS__)

#define cr_expect(c, ...) PLAIN_CHECK(false, c, #c, __VA_ARGS__)
#define cr_expect_not(c, ...) PLAIN_CHECK(false, !(c), "not " #c, __VA_ARGS__)
#define cr_expect_null(p, ...) PLAIN_COMPARE(false, p, ==, NULL, __VA_ARGS__)
#define cr_expect_not_null(p, ...) \
    PLAIN_COMPARE(false, p, !=, NULL, __VA_ARGS__)
#define cr_expect_eq(a, b, ...) PLAIN_COMPARE(false, a, ==, b, __VA_ARGS__)
#define cr_expect_neq(a, b, ...) PLAIN_COMPARE(false, a, !=, b, __VA_ARGS__)
#define cr_expect_lt(a, b, ...) PLAIN_COMPARE(false, a, <, b, __VA_ARGS__)
#define cr_expect_leq(a, b, ...) PLAIN_COMPARE(false, a, <=, b, __VA_ARGS__)
#define cr_expect_gt(a, b, ...) PLAIN_COMPARE(false, a, >, b, __VA_ARGS__)
#define cr_expect_geq(a, b, ...) PLAIN_COMPARE(false, a, >=, b, __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...) PLAIN_STR(false, a, b, __VA_ARGS__)
#define cr_expect_str_empty(a, ...) PLAIN_STR(false, a, "", __VA_ARGS__)

/* --- the runner ---------------------------------------------------------- */

/* The test's own settings, then its suite's. */
static inline void
plain_inherit(struct plain_options *test)
{
    const struct plain_options *suite = plain_suites;

    while (suite != NULL && strcmp(suite->suite, test->suite) != 0)
        suite = suite->next;
    if (suite == NULL)
        return;
    if (test->init == NULL)
        test->init = suite->init;
    if (test->fini == NULL)
        test->fini = suite->fini;
}

/* In the child: ends the process. */
static inline void
plain_run_here(struct plain_options *test)
{
    plain_inherit(test);
    if (test->init != NULL)
        test->init();
    test->body();
    if (test->fini != NULL)
        test->fini();
    fflush(stdout);
    _exit(__atomic_load_n(&plain_failures, __ATOMIC_RELAXED) != 0);
}

#ifdef _WIN32
#include "run_spawn.h"
#else
#include "run_fork.h"
#endif

/* The test of that name alone, in this process. */
static inline void
plain_run_only(const char *name)
{
    char known[256];

    for (struct plain_options *t = plain_tests; t != NULL; t = t->next) {
        snprintf(known, sizeof(known), "%s::%s", t->suite, t->name);
        if (strcmp(known, name) == 0)
            plain_run_here(t);
    }
}

/*
 * Takes the arguments that ctest gives to Criterion: "-j1 --timeout SECONDS";
 * and
 * "--only SUITE::NAME".
 */
int
main(int argc, char **argv)
{
    unsigned tested = 0, passed = 0, crashed = 0, seconds = 60;

    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], "--timeout") == 0)
            seconds = (unsigned)atoi(argv[i + 1]);
        if (strcmp(argv[i], "--only") == 0) {
            plain_run_only(argv[i + 1]);
            return 2;
        }
    }
    for (struct plain_options *t = plain_tests; t != NULL; t = t->next) {
        int status;
        bool good;

        if (t->disabled) {
            printf("[SKIP] %s::%s\n", t->suite, t->name);
            continue;
        }
        status = plain_run(t, argv[0], seconds);
        /* As wait(2) tells it, or as Windows does. */
        if (status == PLAIN_SKIPPED || status == PLAIN_SKIPPED << 8) {
            printf("[SKIP] %s::%s\n", t->suite, t->name);
            continue;
        }
        good = plain_has_passed(t, status);
        tested++;
        passed += good;
        crashed += !good && plain_has_crashed(status);
        printf("[%s] %s::%s", good ? "PASS" : "FAIL", t->suite, t->name);
        printf(good ? "\n" : " (status 0x%x)\n", (unsigned)status);
    }
    printf("[====] Synthesis: Tested: %u | Passing: %u | Failing: %u | "
           "Crashing: %u\n",
           tested, passed, tested - passed - crashed, crashed);
    return passed == tested && tested > 0 ? 0 : 1;
}

#endif
