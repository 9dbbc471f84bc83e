/* SPDX-License-Identifier: MIT */
/* What os_linux.c does when the kernel says no. */
#include <stdarg.h>
#include <sys/syscall.h>

#include "os/os.h"
#include "support.h"

WRAPPED(void *, mremap, void *from, size_t length, size_t to_length, int flags,
        ...);
WRAPPED(long, syscall, long number, ...);

static int mremap_error;
static char *mremap_place; /* not NULL: where the kernel moves to */
static unsigned interruptions;
static unsigned writes;

void *
__wrap_mremap(void *from, size_t length, size_t to_length, int flags, ...)
{
    va_list args;
    void *to;

    va_start(args, flags);
    to = va_arg(args, void *);
    va_end(args);
    if (mremap_place != NULL && (flags & MREMAP_FIXED) == 0)
        return __real_mremap(from, length, to_length, flags | MREMAP_FIXED,
                             mremap_place);
    if (mremap_error == 0)
        return __real_mremap(from, length, to_length, flags, to);
    errno = mremap_error;
    return MAP_FAILED;
}

/* Writes are interrupted; jemalloc opens files by this call as well. */
long
__wrap_syscall(long number, ...)
{
    long arguments[3];
    va_list args;

    va_start(args, number);
    for (size_t i = 0; i < 3; i++)
        arguments[i] = va_arg(args, long);
    va_end(args);
    if (number == SYS_write && writes++ < interruptions) {
        errno = EINTR;
        return -1;
    }
    return __real_syscall(number, arguments[0], arguments[1], arguments[2]);
}

/* Bytes that are mapped. */
static long
mapped_total(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long total = -1;

    cr_assert_not_null(file);
    cr_assert_eq(fscanf(file, "%ld", &total), 1);
    fclose(file);
    return total * sysconf(_SC_PAGESIZE);
}

static char *
map(size_t pages)
{
    size_t page = lz_os_page_size();

    return lz_os_map(pages * page, page);
}

/* Moves with the given error; is the target still mapped? */
static bool
target_survives(int error)
{
    size_t page = lz_os_page_size();
    char *from = map(2), *to = map(4);

    fill_pattern(from, 2 * page, 3);
    mremap_error = error;
    errno = ERRNO_MARK;
    cr_expect_eq(lz_os_move(from, 2 * page, to, 4 * page), error);
    EXPECT_ERRNO_KEPT();
    cr_expect(has_pattern(from, 2 * page, 3));
    return resident_pages(to, 4 * page) >= 0;
}

Test(os_linux, a_move_that_surely_did_not_start_unmaps_the_target)
{
    cr_expect_not(target_survives(ENOSYS));
    cr_expect_not(target_survives(EPERM));
}

/* The kernel may have unmapped it, and another thread may live there. */
Test(os_linux, a_move_that_may_have_started_leaves_the_target)
{
    cr_expect(target_survives(EFAULT));
    cr_expect(target_survives(ENOMEM));
    cr_expect(target_survives(EAGAIN));
    cr_expect(target_survives(EINVAL));
}

/* As before Linux 6.7, which aligns by itself. */
Test(os_linux, a_move_to_anywhere_ends_at_a_bound)
{
    const size_t align = 2 * LZ_MIB, length = 3 * align, longer = 5 * align;
    size_t page = lz_os_page_size();

    for (size_t gap = 0; gap < align; gap += 100 * page) {
        char *from = lz_os_map(length, align);
        char *space = lz_os_map(longer + align, align), *to;

        fill_pattern(from, length, 5);
        lz_os_unmap(space, longer + align);
        mremap_place = space + gap;
        errno = ERRNO_MARK;
        to = lz_os_move_anywhere(from, length, longer, align);
        EXPECT_ERRNO_KEPT();
        mremap_place = NULL;
        cr_assert_eq(to, space);
        cr_expect(has_pattern(to, length, 5));
        cr_expect(all_bytes_are(to + length, longer - length, 0));
        cr_expect_eq(resident_pages(from, length), -1);
        cr_expect_eq(resident_pages(to + longer, page), -1);
        lz_os_unmap(to, longer);
    }
}

Test(os_linux, a_move_to_anywhere_that_is_refused_changes_nothing)
{
    size_t page = lz_os_page_size();
    char *from = map(2);

    fill_pattern(from, 2 * page, 3);
    mremap_error = ENOMEM;
    errno = ERRNO_MARK;
    cr_expect_null(lz_os_move_anywhere(from, 2 * page, 4 * page, page));
    EXPECT_ERRNO_KEPT();
    cr_expect(has_pattern(from, 2 * page, 3));
}

static void
limit_address_space(rlim_t bytes)
{
    struct rlimit limit = {bytes, RLIM_INFINITY};

    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
}

Test(os_linux, a_quarter_of_a_limited_address_space_stays_free, NEEDS_KERNEL)
{
    size_t before;

    cr_expect_eq(lz_os_space_for(LZ_SIZE_LIMIT), LZ_OS_SPACE_FREE);
    before = (size_t)mapped_total();
    limit_address_space(4 * before);
    errno = ERRNO_MARK;
    cr_expect_eq(lz_os_space_for(0), LZ_OS_SPACE_LIMITED);
    cr_expect_eq(lz_os_space_for(before), LZ_OS_SPACE_LIMITED);
    cr_expect_eq(lz_os_space_for(2 * before + LZ_MIB), LZ_OS_SPACE_TIGHT);
    cr_expect_eq(lz_os_space_for(LZ_SIZE_LIMIT), LZ_OS_SPACE_TIGHT);
    limit_address_space(before + before / 8);
    cr_expect_eq(lz_os_space_for(0), LZ_OS_SPACE_TIGHT);
    limit_address_space(before / 2);
    cr_expect_eq(lz_os_space_for(0), LZ_OS_SPACE_TIGHT);
    EXPECT_ERRNO_KEPT();
    limit_address_space(RLIM_INFINITY);
}

Test(os_linux, an_interrupted_write_is_repeated)
{
    capture_stderr();
    interruptions = 3;
    errno = ERRNO_MARK;
    lz_os_write_error("whole", 5);
    EXPECT_ERRNO_KEPT();
    cr_expect_str_eq(captured_stderr(), "whole");
    cr_expect_eq(writes, 4);
}

Test(os_linux, a_write_that_fails_is_not_repeated)
{
    int saved = dup(STDERR_FILENO);

    close(STDERR_FILENO);
    errno = ERRNO_MARK;
    lz_os_write_error("lost", 4);
    EXPECT_ERRNO_KEPT();
    dup2(saved, STDERR_FILENO);
    cr_expect_eq(writes, 1);
}
