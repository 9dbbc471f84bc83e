/* SPDX-License-Identifier: MIT */
/*
 * The Darwin OS layer: what it reports about memory, and how it makes memory
 * zero.
 */
#include "os/os.h"
#include "control/options.h"
#include "fake_darwin.h"
#include "large/zero.h"
#include "support.h"

#define PAGE ((size_t)4096)
#define PAGES 600 /* more than one question's worth */
#define SIZE (PAGES * PAGE)

WRAPPED(size_t, lz_os_page_size, void);
void *__real_mmap(void *at, size_t n, int prot, int flags, int fd, off_t off);

static size_t page_size; /* 0: Linux's */

size_t
__wrap_lz_os_page_size(void)
{
    return page_size != 0 ? page_size : __real_lz_os_page_size();
}

static char *
map(size_t size)
{
    char *p = lz_os_map(size, 2 * LZ_MIB);

    cr_assert_not_null(p);
    cr_assert_eq((uintptr_t)p % (2 * LZ_MIB), 0);
    return p;
}

static void
set_up(void)
{
    errno = ERRNO_MARK;
}

TestSuite(os_darwin, .init = set_up);

Test(os_darwin, a_new_mapping_is_aligned_and_zero)
{
    char *p = lz_os_map(5 * PAGE, 64 * LZ_MIB);

    cr_assert_not_null(p);
    cr_expect_eq((uintptr_t)p % (64 * LZ_MIB), 0);
    cr_expect(all_bytes_are(p, 5 * PAGE, 0));
    cr_expect_eq(lz_os_unmap(p, 5 * PAGE), 0);
    EXPECT_ERRNO_KEPT();
}

Test(os_darwin, a_refused_mapping)
{
    fake_mach.refuse_map = true;
    cr_expect_null(lz_os_map(SIZE, PAGE));
    EXPECT_ERRNO_KEPT();
}

Test(os_darwin, extends_where_nothing_lies)
{
    char *p = map(4 * LZ_MIB);

    memset(p, 0xA5, 4 * LZ_MIB);
    lz_os_unmap(p + 2 * LZ_MIB, 2 * LZ_MIB);
    cr_expect_eq(lz_os_extend(p, 2 * LZ_MIB, 4 * LZ_MIB), 0);
    cr_expect(all_bytes_are(p, 2 * LZ_MIB, 0xA5));
    cr_expect(all_bytes_are(p + 2 * LZ_MIB, 2 * LZ_MIB, 0));
    cr_expect(lz_os_is_plain(p, 4 * LZ_MIB));
    /* And not over what lies there. */
    p[2 * LZ_MIB] = 1;
    cr_expect_eq(lz_os_extend(p, 2 * LZ_MIB, 4 * LZ_MIB), ENOMEM);
    cr_expect_eq(p[2 * LZ_MIB], 1);
    EXPECT_ERRNO_KEPT();
}

/* madvise(MADV_DONTNEED), a hint that zeroes nothing, must not be believed. */
Test(os_darwin, discarding_gives_back_and_zeroes)
{
    char *p = map(SIZE);

    memset(p, 0xA5, SIZE);
    cr_expect(lz_os_discard_zeroes());
    cr_expect_eq(lz_os_discard(p + PAGE, SIZE - 2 * PAGE), 0);
    cr_expect_gt(fake_mach.overlays, 0);
    cr_expect_eq(resident_pages(p, SIZE), 2);
    cr_expect(all_bytes_are(p + PAGE, SIZE - 2 * PAGE, 0));
    cr_expect(all_bytes_are(p, PAGE, 0xA5));
    cr_expect(all_bytes_are(p + SIZE - PAGE, PAGE, 0xA5));
}

Test(os_darwin, a_discard_that_is_refused)
{
    char *p = map(SIZE);

    fake_mach.refuse_overlay = true;
    cr_expect_eq(lz_os_discard(p, SIZE), ENOMEM);
    cr_expect_not(lz_os_discard_zeroes());
    EXPECT_ERRNO_KEPT();
}

Test(os_darwin, zeroing_brings_no_page_in)
{
    char *p = map(SIZE);

    memset(p + 7 * PAGE, 0xA5, 3 * PAGE);
    cr_expect_eq(lz_os_zero(p, SIZE), 0);
    cr_expect_eq(resident_pages(p, SIZE), 3);
    cr_expect(all_bytes_are(p, SIZE, 0));
    EXPECT_ERRNO_KEPT();
}

Test(os_darwin, an_old_kernel_is_asked_once)
{
    char *p = map(SIZE);

    fake_mach.zero_error = ENOTSUP;
    cr_expect_eq(lz_os_zero(p, SIZE), ENOSYS);
    cr_expect_eq(lz_os_zero(p, SIZE), ENOSYS);
    cr_expect_eq(fake_mach.zero_advices, 1);
    EXPECT_ERRNO_KEPT();
}

Test(os_darwin, a_zeroing_that_leaves_the_bytes_is_not_believed)
{
    char *p = map(SIZE);

    fake_mach.zero_does_nothing = true;
    cr_expect_eq(lz_os_zero(p, SIZE), ENOSYS);
    fake_mach.zero_does_nothing = false;
    cr_expect_eq(lz_os_zero(p, SIZE), ENOSYS);
}

/* Copy on write, say: of that range only. */
Test(os_darwin, a_later_error_is_of_one_range)
{
    char *p = map(SIZE);

    cr_expect_eq(lz_os_zero(p, SIZE), 0);
    fake_mach.zero_error = EPERM;
    cr_expect_eq(lz_os_zero(p, SIZE), EPERM);
    fake_mach.zero_error = 0;
    cr_expect_eq(lz_os_zero(p, SIZE), 0);
    EXPECT_ERRNO_KEPT();
}

/* The ladder without the query: MADV_ZERO, mapping over, writing. */
static void
zeroes_with_the_query_refused(void)
{
    char *p = map(SIZE);

    fake_mach.refuse_query = true;
    memset(p, 0xA5, SIZE);
    lz_zero(p + 5, SIZE - 10);
    cr_expect(all_bytes_are(p + 5, SIZE - 10, 0));
    cr_expect_eq(p[4], (char)0xA5);
    cr_expect_eq(p[SIZE - 5], (char)0xA5);
}

Test(os_darwin, the_ladder_by_advice)
{
    zeroes_with_the_query_refused();
    cr_expect_gt(fake_mach.zero_advices, 1);
    cr_expect_eq(fake_mach.overlays, 0);
}

Test(os_darwin, the_ladder_by_mapping_over)
{
    fake_mach.zero_error = ENOTSUP;
    zeroes_with_the_query_refused();
    cr_expect_gt(fake_mach.overlays, 0);
}

Test(os_darwin, the_ladder_by_writing)
{
    fake_mach.zero_error = ENOTSUP;
    fake_mach.refuse_overlay = true;
    zeroes_with_the_query_refused();
}

/* Every third page dirty; with few ranges an answer, and with many. */
static void
finds_every_third(int capacity)
{
    struct lz_os_range ranges[256];
    char *p = map(SIZE), *at = p, *resume;
    size_t found = 0;
    int count;

    for (size_t i = 0; i < PAGES; i += 3)
        p[i * PAGE] = 1;
    while (at < p + SIZE) {
        count = lz_os_find_populated(LZ_OS_ORACLE_SCAN, at, p + SIZE, ranges,
                                     capacity, &resume);
        cr_assert(count >= 0 && count <= capacity && resume > at);
        for (int i = 0; i < count; i++, found++) {
            cr_assert_eq(ranges[i].start, (uintptr_t)p + 3 * found * PAGE);
            cr_assert_eq(ranges[i].end - ranges[i].start, PAGE);
            cr_assert_lt(ranges[i].start, (uintptr_t)resume);
        }
        at = resume;
    }
    cr_expect_eq(found, PAGES / 3);
    EXPECT_ERRNO_KEPT();
}

Test(os_darwin, finds_what_is_populated)
{
    finds_every_third(1);
    finds_every_third(32);
    finds_every_third(256);
}

Test(os_darwin, a_run_is_one_range_across_questions)
{
    struct lz_os_range range;
    char *p = map(SIZE), *resume;

    memset(p, 1, SIZE);
    cr_expect_eq(lz_os_find_populated(LZ_OS_ORACLE_SCAN, p, p + SIZE, &range, 1,
                                      &resume),
                 1);
    cr_expect_eq(range.start, (uintptr_t)p);
    cr_expect_eq(range.end, (uintptr_t)p + SIZE);
    cr_expect_eq(resume, p + SIZE);
    cr_expect_gt(fake_mach.queries, 1);
}

/* In the compressor or on disk: there are bytes in it all the same. */
Test(os_darwin, a_page_that_is_paged_out_is_not_zero)
{
    char *p = map(SIZE);

    fake_mach.is_paged_out = true;
    memset(p, 0xA5, SIZE);
    cr_expect_eq(lz_zero(p, SIZE), SIZE);
    cr_expect(all_bytes_are(p, SIZE, 0));
}

Test(os_darwin, an_odd_answer_is_none)
{
    struct lz_os_range range;
    char *p = map(SIZE), *resume = p;

    cr_expect_eq(lz_os_find_populated(LZ_OS_ORACLE_PAGEMAP, p, p + SIZE, &range,
                                      1, &resume),
                 -1);
    fake_mach.query_is_short = true;
    cr_expect_eq(lz_os_find_populated(LZ_OS_ORACLE_SCAN, p, p + SIZE, &range, 1,
                                      &resume),
                 -1);
    memset(p, 0xA5, SIZE);
    lz_zero(p, SIZE);
    cr_expect(all_bytes_are(p, SIZE, 0));
}

/* arm64: a question is about pages of that size, and so is the answer. */
Test(os_darwin, pages_of_16_kib)
{
    char *p = map(64 * LZ_MIB);

    page_size = 16 * LZ_KIB;
    p[20 * LZ_KIB] = 1;
    p[40 * LZ_MIB] = 1;
    memset(p + 50 * LZ_MIB, 0xA5, 3 * LZ_MIB);
    fake_mach.query_pages = 0;
    cr_expect_eq(lz_zero(p, 64 * LZ_MIB), 3 * LZ_MIB + 32 * LZ_KIB);
    cr_expect_eq(fake_mach.query_pages, 4096);
    cr_expect(all_bytes_are(p, 64 * LZ_MIB, 0));
}

Test(os_darwin, what_the_program_did_to_it_shows)
{
    char *p = map(SIZE);

    cr_expect(lz_os_is_plain(p, SIZE) && lz_os_make_plain(p, SIZE));
    mprotect(p + PAGE, PAGE, PROT_READ);
    cr_expect_not(lz_os_is_plain(p, SIZE));
    cr_expect_not(lz_os_make_plain(p, SIZE));
    cr_expect(lz_os_is_mapped(p, SIZE));
    mprotect(p + PAGE, PAGE, PROT_READ | PROT_WRITE);
    cr_expect(lz_os_is_plain(p, SIZE));

    fake_mach.wired = 1;
    cr_expect_not(lz_os_make_plain(p, SIZE), "locked");
    fake_mach.wired = 0;
    fake_mach.inheritance = VM_INHERIT_NONE;
    cr_expect_not(lz_os_make_plain(p, SIZE), "not for a child");
    fake_mach.inheritance = 0;

    mmap(p + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE,
         MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    cr_expect_not(lz_os_is_plain(p, SIZE), "shared");
    EXPECT_ERRNO_KEPT();
}

Test(os_darwin, a_file_over_it_shows)
{
    char *p = map(SIZE);
    FILE *file = tmpfile();

    cr_assert_eq(ftruncate(fileno(file), (off_t)PAGE), 0);
    cr_assert_eq(__real_mmap(p + PAGE, PAGE, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_FIXED, fileno(file), 0),
                 p + PAGE);
    cr_expect_not(lz_os_make_plain(p, SIZE));
}

Test(os_darwin, a_hole_shows)
{
    char *p = map(SIZE);

    lz_os_unmap(p + 3 * PAGE, PAGE);
    cr_expect_not(lz_os_is_mapped(p, SIZE));
    cr_expect_not(lz_os_is_plain(p, SIZE));
    cr_expect(lz_os_is_mapped(p, 3 * PAGE));
}

Test(os_darwin, a_wake_that_came_first_is_not_lost)
{
    cr_expect_eq(lz_os_sleep_start(), 0);
    lz_os_wake();
    lz_os_sleep(0);
    lz_os_wake();
    lz_os_sleep(60000);
    lz_os_sleep(1);
}
