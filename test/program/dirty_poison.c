/* SPDX-License-Identifier: MIT */
/*
 * A block is freed with pages that end whoever touches them: UFFDIO_POISON,
 * Linux 6.6. The markers stay when the userfaultfd is gone, and look like pages
 * that were swapped out. The next owner must be able to use all of it.
 */
#include "userfault.h"

#define POISON_FEATURE ((uint64_t)1 << 14)

/* Linux, include/uapi/linux/userfaultfd.h; spelled out for older headers. */
struct poison {
    struct uffdio_range range;
    uint64_t mode;
    int64_t updated;
};
#define POISON_CALL _IOWR(0xAA, 0x08, struct poison)

/* Of a block of which no page was used yet. */
static void
poison(char *p, size_t n)
{
    struct poison call = {.range = {.start = (uintptr_t)p, .len = n}};

    fill_by_program(p, n);
    if (ioctl(faults, POISON_CALL, &call) != 0 && errno == ENOTTY)
        skip("the kernel has no poison markers");
    REQUIRE(call.updated == (int64_t)n);
    REQUIRE(ioctl(faults, UFFDIO_UNREGISTER, &call.range) == 0);
}

static void
check(size_t n, size_t from, size_t to)
{
    char *p = calloc(1, n), *start;
    size_t page = page_size(), pages = n / page;

    REQUIRE(p != NULL);
    start = p + pages * from / 6 * page;
    /* Whoever had it before may have left pages. */
    REQUIRE(madvise(start, pages * (to - from) / 6 * page, MADV_DONTNEED) == 0);
    poison(start, pages * (to - from) / 6 * page);
    free(p);
    use_all(n);
    malloc_trim(0);
}

int
main(void)
{
    static const size_t sizes[] = {2 * MIB, 3 * MIB + 5, 11 * MIB};

    require_active();
    watchdog(60);
    open_faults(POISON_FEATURE);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        check(sizes[i], 0, 6);
        check(sizes[i], 0, 1);
        check(sizes[i], 2, 4);
    }
    return 0;
}
