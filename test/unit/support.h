/* SPDX-License-Identifier: MIT */
/*
 * What the unit tests share. Criterion runs every test in a process of its own,
 * so a test may spoil errno, file descriptors and the module's state.
 */
#ifndef UNIT_SUPPORT_H
#define UNIT_SUPPORT_H

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/util.h"
#include "needs.h"
#include "patience.h"

/* The prototypes of a function that the linker wraps (see unit_test). */
#define WRAPPED(result, name, ...)     \
    result __real_##name(__VA_ARGS__); \
    result __wrap_##name(__VA_ARGS__)

#define IS_WIDE (SIZE_MAX > UINT32_MAX)

/* Fits nowhere: with 32 bits there may be room for LZ_SIZE_LIMIT bytes. */
#define TOO_LARGE (IS_WIDE ? LZ_SIZE_LIMIT : SIZE_MAX)

/* No call that succeeds may change errno: an errno that none would set. */
#define ERRNO_MARK 12345

#define EXPECT_ERRNO_KEPT() \
    cr_expect_eq(errno, ERRNO_MARK, "errno is %d instead of what it was", errno)

/* Standard error goes into a file until captured_stderr. */
static FILE *captured_file;
static int captured_saved;

static inline void
capture_stderr(void)
{
    captured_file = tmpfile();
    cr_assert_not_null(captured_file);
    captured_saved = dup(STDERR_FILENO);
    cr_assert_geq(dup2(fileno(captured_file), STDERR_FILENO), 0);
}

/* QEMU's user mode has a line of its own on a program that a signal ends. */
static inline void
drop_emulator_line(char *text)
{
    char *line = strstr(text, "qemu: uncaught target signal");
    char *end = line == NULL ? NULL : strchr(line, '\n');

    if (end != NULL)
        memmove(line, end + 1, strlen(end + 1) + 1);
}

/* What was written meanwhile, as a string that the next call overwrites. */
static inline const char *
captured_stderr(void)
{
    static char text[1 << 18];
    size_t length;

    dup2(captured_saved, STDERR_FILENO);
    close(captured_saved);
    rewind(captured_file);
    length = fread(text, 1, sizeof(text) - 1, captured_file);
    text[length] = '\0';
    fclose(captured_file);
    drop_emulator_line(text);
    return text;
}

#ifdef _WIN32
#include "windows/expect_abort.h"
#else
#include "expect_abort.h"
#endif

/* Is every one of the n bytes at p `value`? */
static inline bool
all_bytes_are(const void *p, size_t n, unsigned char value)
{
    const unsigned char *bytes = p;

    return n == 0 ||
           (bytes[0] == value && memcmp(bytes, bytes + 1, n - 1) == 0);
}

/* Resident pages of this process. */
static inline long
resident_total(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long total = -1;

    cr_assert_not_null(file);
    cr_assert_eq(fscanf(file, "%*d %ld", &total), 1);
    fclose(file);
    return total;
}

/* Does a read of a page that was never written leave the zero page there? */
static inline bool
kernel_has_zero_page(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = 4096;
    long before = resident_total(), grown;
    volatile char *p = mmap(NULL, pages * page, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    cr_assert((uintptr_t)p != (uintptr_t)MAP_FAILED);
    for (size_t i = 0; i < pages; i++)
        cr_assert_eq(p[i * page], 0);
    grown = resident_total() - before;
    munmap((void *)(uintptr_t)p, pages * page);
    return grown < (long)pages / 2;
}

/* A pattern without a short period; `seed` tells two blocks apart. */
static inline unsigned char
pattern_byte(size_t at, unsigned seed)
{
    return (unsigned char)(at * 7 + (at >> 8) + (at >> 16) + seed);
}

static inline void
fill_pattern(void *p, size_t n, unsigned seed)
{
    unsigned char *bytes = p;

    for (size_t i = 0; i < n; i++)
        bytes[i] = pattern_byte(i, seed);
}

static inline bool
has_pattern(const void *p, size_t n, unsigned seed)
{
    const unsigned char *bytes = p;

    for (size_t i = 0; i < n; i++) {
        if (bytes[i] != pattern_byte(i, seed))
            return false;
    }
    return true;
}

/*
 * What the library takes for the page size where a test is run for other
 * systems' (unit_test, PAGES); else 0.
 */
static inline size_t
injected_page_size(void)
{
    const char *text = getenv("UNIT_PAGE_SIZE");

    return text == NULL ? 0 : strtoul(text, NULL, 10);
}

/*
 * Pages, as the library sees them, of [start, start + length) in memory; -1
 * where some are not mapped.
 */
static inline long
resident_pages(const void *start, size_t length)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), count = length / page;
    unsigned char *map = calloc(count, 1);
    long resident = 0;

    cr_assert_not_null(map);
    if (mincore((void *)(uintptr_t)start, length, map) != 0)
        resident = -1;
    for (size_t i = 0; resident >= 0 && i < count; i++)
        resident += map[i] & 1;
    free(map);
    if (resident > 0 && injected_page_size() != 0)
        resident /= (long)(injected_page_size() / page);
    return resident;
}

/*
 * The same of the pages that are in memory, p on a page's start. Where the
 * kernel has no zero page, a look at the others would populate them.
 */
static inline bool
all_resident_bytes_are(const void *p, size_t n, unsigned char value)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = (n + page - 1) / page;
    unsigned char *map = malloc(pages);
    const char *at = p;
    bool same = mincore((void *)(uintptr_t)p, n, map) == 0;

    for (size_t i = 0; same && i < pages; i++)
        same = (map[i] & 1) == 0 ||
               all_bytes_are(at + i * page, i + 1 < pages ? page : n - i * page,
                             value);
    free(map);
    return same;
}

#define THREADS_MAX 8

static pthread_barrier_t threads_barrier;
static void (*threads_body)(unsigned number);

static inline void *
threads_run(void *number)
{
    pthread_barrier_wait(&threads_barrier);
    threads_body((unsigned)(uintptr_t)number);
    return NULL;
}

/* Runs body(0) to body(count - 1), all started at the same moment. */
static inline void
run_threads(unsigned count, void (*body)(unsigned number))
{
    pthread_t threads[THREADS_MAX];

    cr_assert_leq(count, THREADS_MAX);
    threads_body = body;
    pthread_barrier_init(&threads_barrier, NULL, count);
    for (unsigned i = 0; i < count; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, threads_run,
                                    (void *)(uintptr_t)i),
                     0);
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

/* What a replaced syscall(2) was given: it has six arguments at most. */
static inline void
take_words(long words[6], va_list args)
{
    for (int i = 0; i < 6; i++)
        words[i] = va_arg(args, long);
}

#endif
