/* SPDX-License-Identifier: MIT */
/* The contract in os.h, on whatever system this is. */
#include "os/os.h"

#include "start.h"
#include "support.h"

WRAPPED(void *, mmap, void *start, size_t length, int prot, int flags, int fd,
        off_t offset);
WRAPPED(int, munmap, void *start, size_t length);
WRAPPED(int, madvise, void *start, size_t length, int advice);
WRAPPED(int, clock_gettime, clockid_t clock, struct timespec *now);

static struct {
    size_t off_by; /* mmap answers an address that is off by this much */
    int mmap_error, munmap_error, madvise_error;
    size_t bytes_mapped, munmaps;
    int dates; /* how often it was asked what time it is */
} fake;

int
__wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    fake.dates += clock == CLOCK_REALTIME;
    return __real_clock_gettime(clock, now);
}

void *
__wrap_mmap(void *start, size_t length, int prot, int flags, int fd,
            off_t offset)
{
    char *p;

    if (fake.mmap_error != 0) {
        errno = fake.mmap_error;
        return MAP_FAILED;
    }
    p = __real_mmap(start, length + fake.off_by, prot, flags, fd, offset);
    if ((void *)p == MAP_FAILED)
        return p;
    if (fake.off_by != 0)
        __real_munmap(p, fake.off_by);
    fake.bytes_mapped += length;
    return p + fake.off_by;
}

int
__wrap_munmap(void *start, size_t length)
{
    fake.munmaps++;
    if (fake.munmap_error != 0) {
        errno = fake.munmap_error;
        return -1;
    }
    fake.bytes_mapped -= length;
    return __real_munmap(start, length);
}

int
__wrap_madvise(void *start, size_t length, int advice)
{
    if (fake.madvise_error != 0) {
        errno = fake.madvise_error;
        return -1;
    }
    return __real_madvise(start, length, advice);
}

/* jemalloc has mapped memory already (start.h). */
static void
reset(void)
{
    memset(&fake, 0, sizeof(fake));
    errno = ERRNO_MARK;
}

TestSuite(os, .init = reset);

static size_t
page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static bool
is_mapped(const char *start, size_t length)
{
    return resident_pages(start, length) >= 0;
}

Test(os, page_size)
{
    cr_expect_eq(lz_os_page_size(), page());
    cr_expect(lz_is_power_of_two(lz_os_page_size()));
    cr_expect_eq(lz_os_page_size(), page());
    EXPECT_ERRNO_KEPT();
}

static void
expect_mapping(size_t length, size_t align)
{
    char *p = lz_os_map(length, align);

    EXPECT_ERRNO_KEPT();
    cr_assert_not_null(p);
    cr_expect_eq((uintptr_t)p & (align - 1), 0, "%zu at %zu", length, align);
    cr_expect_eq(fake.bytes_mapped, length);
    cr_expect(is_mapped(p, length));
    cr_expect_eq(resident_pages(p, length), 0);
    p[0] = p[length - 1] = 1;
    cr_expect_eq(lz_os_unmap(p, length), 0);
    cr_expect_eq(fake.bytes_mapped, 0);
}

Test(os, map_at_every_alignment)
{
    for (size_t align = page(); align <= 64 * LZ_MIB; align *= 2) {
        expect_mapping(page(), align);
        expect_mapping(3 * page(), align);
        expect_mapping(5 * LZ_MIB, align);
        expect_mapping(64 * LZ_MIB, align);
    }
}

Test(os, map_at_every_alignment_where_the_system_aligns_nothing)
{
    fake.off_by = 3 * page();
    for (size_t align = page(); align <= 64 * LZ_MIB; align *= 2) {
        expect_mapping(page(), align);
        expect_mapping(6 * LZ_MIB, align);
    }
}

Test(os, map_reads_as_zeros_also_after_use)
{
    const size_t length = 3 * LZ_MIB;

    for (int i = 0; i < 3; i++) {
        char *p = lz_os_map(length, 2 * LZ_MIB);

        cr_assert(all_bytes_are(p, length, 0));
        memset(p, 0xA5, length);
        lz_os_unmap(p, length);
    }
}

Test(os, a_trim_that_fails_leaves_an_aligned_mapping)
{
    char *p;

    fake.off_by = page();
    fake.munmap_error = ENOMEM;
    p = lz_os_map(LZ_MIB, 2 * LZ_MIB);
    EXPECT_ERRNO_KEPT();
    cr_assert_not_null(p);
    cr_expect_eq((uintptr_t)p % (2 * LZ_MIB), 0);
    memset(p, 1, LZ_MIB);
}

Test(os, map_refused)
{
    fake.mmap_error = ENOMEM;
    cr_expect_null(lz_os_map(page(), page()));
    cr_expect_null(lz_os_map(LZ_MIB, 64 * LZ_MIB));
    EXPECT_ERRNO_KEPT();
}

Test(os, map_of_the_impossible)
{
    const size_t top = SIZE_MAX / 2 + 1;

    cr_expect_null(lz_os_map(lz_round_down(SIZE_MAX, page()), page()));
    /* With 32 bits, half of all is what a program may get. */
    if (SIZE_MAX > UINT32_MAX) {
        cr_expect_null(lz_os_map(top, page()));
        cr_expect_null(lz_os_map(top - page(), 2 * LZ_MIB));
    }
    cr_expect_null(lz_os_map(3 * page(), top));
    cr_expect_null(lz_os_map(top, top));
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(fake.bytes_mapped, 0);
}

Test(os, unmap_of_a_part)
{
    char *p = lz_os_map(4 * page(), page());

    memset(p, 7, 4 * page());
    cr_expect_eq(lz_os_unmap(p + page(), page()), 0);
    EXPECT_ERRNO_KEPT();
    cr_expect_not(is_mapped(p + page(), page()));
    cr_expect(all_bytes_are(p, page(), 7));
    cr_expect(all_bytes_are(p + 2 * page(), 2 * page(), 7));
}

Test(os, unmap_answers_the_error)
{
    char *p = lz_os_map(page(), page());

    fake.munmap_error = ENOMEM;
    cr_expect_eq(lz_os_unmap(p, page()), ENOMEM);
    fake.munmap_error = EINVAL;
    cr_expect_eq(lz_os_unmap(p, page()), EINVAL);
    EXPECT_ERRNO_KEPT();
}

/* Contents move, the rest is zero, the source is gone; or nothing happened. */
static void
expect_move(size_t length, size_t to_length)
{
    char *from = lz_os_map(length, 2 * LZ_MIB);
    char *to = lz_os_map(to_length, 2 * LZ_MIB);
    int error;

    fill_pattern(from, length, 1);
    errno = ERRNO_MARK;
    error = lz_os_move(from, length, to, to_length);
    EXPECT_ERRNO_KEPT();
    cr_expect(error == 0 || error == ENOSYS);
    if (error == 0) {
        cr_expect(has_pattern(to, length, 1));
        cr_expect(all_bytes_are(to + length, to_length - length, 0));
        cr_expect_not(is_mapped(from, length));
        cr_expect(is_mapped(to, to_length));
    } else {
        cr_expect(has_pattern(from, length, 1));
    }
}

Test(os, move)
{
    expect_move(2 * LZ_MIB, 8 * LZ_MIB);
    expect_move(2 * LZ_MIB, 2 * LZ_MIB);
    expect_move(page(), 3 * page());
    expect_move(32 * LZ_MIB, 40 * LZ_MIB);
}

Test(os, move_that_fails_leaves_the_source)
{
    const size_t length = 8 * page();
    char *from = lz_os_map(length, page());
    char *to = lz_os_map(4 * length, page());

    /* Two different mappings cannot be moved and grown in one go. */
    fill_pattern(from, length, 2);
    mprotect(from + page(), page(), PROT_READ);
    errno = ERRNO_MARK;
    cr_expect_neq(lz_os_move(from, length, to, 4 * length), 0);
    EXPECT_ERRNO_KEPT();
    cr_expect(has_pattern(from, length, 2));
}

Test(os, discard_is_best_effort)
{
    char *p = lz_os_map(8 * page(), page());

    memset(p, 1, 8 * page());
    lz_os_discard(p + 2 * page(), 4 * page());
    EXPECT_ERRNO_KEPT();
    cr_expect(all_bytes_are(p, 2 * page(), 1));
    cr_expect(all_bytes_are(p + 6 * page(), 2 * page(), 1));
    memset(p, 2, 8 * page());
    fake.madvise_error = EINVAL;
    lz_os_discard(p, 8 * page());
    EXPECT_ERRNO_KEPT();
    cr_expect(is_mapped(p, 8 * page()));
}

Test(os, write_error)
{
    capture_stderr();
    errno = ERRNO_MARK;
    lz_os_write_error("some text", 4);
    EXPECT_ERRNO_KEPT();
    cr_expect_str_eq(captured_stderr(), "some");
}

/* One that came before included. */
Test(os, a_sleep_ends_by_a_wake_or_by_its_time)
{
    cr_assert_eq(lz_os_sleep_start(), 0);
    lz_os_wake();
    lz_os_sleep(3600000);
    lz_os_wake();
    lz_os_sleep(0);
    for (size_t ms = 1; ms <= 1001; ms += 500) {
        uint64_t start = lz_os_now_exact();

        lz_os_sleep(ms);
        cr_expect_geq(lz_os_now_exact() - start, ms * 1000000);
    }
}

/* Somebody may set the time back meanwhile. */
Test(os, how_long_a_sleep_lasts_does_not_depend_on_the_date, NEEDS_GLIBC)
{
    cr_assert_eq(lz_os_sleep_start(), 0);
    lz_os_sleep(1);
    cr_expect_eq(fake.dates, 0);
}

Test(os, a_test_is_not_privileged)
{
    cr_expect_not(lz_os_is_privileged());
    EXPECT_ERRNO_KEPT();
}

Test(os, environment_is_the_current_one)
{
    char **found;

    setenv("UNIT_OS_MARK", "17", 1);
    for (found = lz_os_environment(); *found != NULL; found++) {
        if (strcmp(*found, "UNIT_OS_MARK=17") == 0)
            break;
    }
    cr_expect_not_null(*found);
    clearenv();
    cr_expect(lz_os_environment() == NULL || *lz_os_environment() == NULL);
}

static void
do_nothing(unsigned number)
{
    (void)number;
}

Test(os, not_single_threaded_once_there_was_a_second_thread)
{
    run_threads(1, do_nothing);
    cr_expect_not(lz_os_is_single_threaded());
}

static void
open_and_close(unsigned number)
{
    FILE *file = tmpfile();

    (void)number;
    fclose(file);
}

Test(os, the_stream_list_is_free_again_after_release)
{
    errno = ERRNO_MARK;
    lz_os_stdio_acquire();
    lz_os_stdio_acquire(); /* fork, inside our handler, takes it again */
    lz_os_stdio_release();
    lz_os_stdio_release();
    EXPECT_ERRNO_KEPT();
    run_threads(2, open_and_close);
}

Test(os, heap_calls_answer_like_the_system, NEEDS_LINUX)
{
    char *p = lz_os_heap_map(NULL, 4 * page(), PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS);

    cr_assert_neq((void *)p, MAP_FAILED);
    memset(p, 1, 4 * page());
    cr_expect_eq(lz_os_heap_advise(p, 4 * page(), MADV_DONTNEED), 0);
    cr_expect_eq(lz_os_heap_unmap(p, 4 * page()), 0);
    cr_expect_not(is_mapped(p, 4 * page()));
    errno = ERRNO_MARK;
    cr_expect_neq(lz_os_heap_break(0), (void *)-1);
    EXPECT_ERRNO_KEPT();
}

Test(os, heap_calls_that_fail_keep_errno)
{
    char *p = lz_os_map(page(), page());

    fake.mmap_error = fake.munmap_error = fake.madvise_error = ENOMEM;
    cr_expect_eq(
        lz_os_heap_map(NULL, page(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS),
        MAP_FAILED);
    cr_expect_eq(lz_os_heap_unmap(p, page()), -1);
    cr_expect_eq(lz_os_heap_advise(p, page(), MADV_DONTNEED), -1);
    if (SIZE_MAX > UINT32_MAX)
        cr_expect_eq(lz_os_heap_break(INTPTR_MAX), (void *)-1);
    EXPECT_ERRNO_KEPT();
}

/* Uses everything with a cancellation pending, which must wait until the end.
 */
static void *
use_while_cancelled(void *reached)
{
    char *p;

    pthread_cancel(pthread_self());
    p = lz_os_map(3 * LZ_MIB, 2 * LZ_MIB);
    lz_os_discard(p, page());
    lz_os_write_error("", 0);
    (void)lz_os_move(p, LZ_MIB, lz_os_map(LZ_MIB, 2 * LZ_MIB), LZ_MIB);
    lz_os_unmap(p + LZ_MIB, LZ_MIB);
    lz_os_stdio_acquire();
    lz_os_stdio_release();
    *(bool *)reached = true;
    pthread_testcancel();
    *(bool *)reached = false;
    return NULL;
}

Test(os, nothing_is_a_cancellation_point)
{
    bool reached = false;
    pthread_t thread;

    pthread_create(&thread, NULL, use_while_cancelled, &reached);
    pthread_join(thread, NULL);
    cr_expect(reached);
}
