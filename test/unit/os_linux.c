/* SPDX-License-Identifier: MIT */
/* What os_linux.c does when the kernel says no. */
#include <stdarg.h>
#include <sys/syscall.h>

#include "os.h"
#include "support.h"

WRAPPED(void *, mremap, void *from, size_t length, size_t to_length, int flags,
        ...);
WRAPPED(long, syscall, long number, ...);

static int mremap_error;
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
