/* SPDX-License-Identifier: MIT */
/*
 * process_madvise of ranges that cannot be read, or of too many, is refused by
 * the kernel, and the library lives. A block that none of them names is reused.
 */
#include <errno.h>
#include <sys/mman.h>

#include "dirty.h"
#include "process_madvise.h"

static int self;

static ssize_t
advise(const struct iovec *ranges, size_t count)
{
    errno = 0;
    return process_madvise(self, ranges, count, MADV_DONTFORK, 0);
}

/* A page, and behind it nothing. */
static char *
last_page(void)
{
    size_t page = page_size();
    char *p = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    REQUIRE(p != MAP_FAILED);
    REQUIRE(munmap(p + page, page) == 0);
    return p;
}

int
main(void)
{
    struct iovec *last;
    char *wild;

    require_active();
    watchdog(30);
    wild = last_page();
    last = (struct iovec *)(wild + page_size()) - 1;
    use_all(3 * MIB);
    if (process_madvise == NULL)
        skip("no process_madvise");
    self = open_self();
    if (self < 0)
        skip("no pidfd_open");
    *last = (struct iovec){wild, page_size()};
    REQUIRE(advise((const struct iovec *)16, 1) == -1 && errno == EFAULT);
    REQUIRE(advise(NULL, 1) == -1 && errno == EFAULT);
    REQUIRE(advise(last, 2) == -1 && errno == EFAULT);
    REQUIRE(advise(last, 1025) == -1 && errno == EINVAL);
    REQUIRE(advise(last, (size_t)-1) == -1);
    use_every_size_dirty();
    return 0;
}
