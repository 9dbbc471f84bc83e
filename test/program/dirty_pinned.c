/* SPDX-License-Identifier: MIT */
/*
 * dirty_pinned: a page of a live block is pinned (a pipe's, by vmsplice; so
 * with io_uring's buffers, RDMA, a GPU's), and then the program zeroes the
 * block. The pipe must go on with the page that the program has.
 */
#include <fcntl.h>
#include <sys/uio.h>

#include "dirty.h"

extern size_t lazyzero_zero(void *p, size_t n) __attribute__((weak));

static void
zero_by_memset(char *p, size_t n)
{
    memset(p, 0, n);
}

static void
zero_by_library(char *p, size_t n)
{
    lazyzero_zero(p, n);
}

typedef void (*zeroer)(char *p, size_t n);

static void
check(char *p, size_t n, zeroer zero)
{
    size_t page = page_size();
    char *pinned = (char *)((uintptr_t)(p + n / 2) / page * page);
    char *got = malloc(page);
    struct iovec pages = {pinned, page};
    int ends[2];

    pinned[0] = 'A';
    REQUIRE(got != NULL && pipe(ends) == 0);
    REQUIRE(vmsplice(ends[1], &pages, 1, 0) == (ssize_t)page);
    zero(p, n);
    REQUIRE(all_bytes_are(p, 0, n));
    pinned[0] = 'B';
    REQUIRE(read(ends[0], got, page) == (ssize_t)page);
    REQUIRE(got[0] == 'B');
    close(ends[0]);
    close(ends[1]);
    free(got);
}

/* So often that the library takes it to be used no more. */
static void
leave_unused(size_t n)
{
    for (int i = 0; i < 8; i++)
        free(calloc(1, n));
}

static void
leave_sparse(size_t n)
{
    use_all(n);
    for (int i = 0; i < 7; i++) {
        char *p = calloc(1, n);

        REQUIRE(p != NULL);
        p[n / 2] = 1;
        free(p);
    }
}

static void
check_size(size_t n, zeroer zero)
{
    static void (*const leave[])(size_t n) = {leave_unused, leave_sparse};

    for (size_t i = 0; i < sizeof(leave) / sizeof(leave[0]); i++) {
        for (int uses = 0; uses < 4; uses++) {
            char *p;

            leave[i](n);
            p = malloc(n);
            REQUIRE(p != NULL);
            check(p, n, zero);
            free(p);
        }
    }
}

int
main(void)
{
    static const size_t sizes[] = {2 * MIB, 5 * MIB, 32 * MIB};

    require_active();
    watchdog(100);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        check_size(sizes[i], zero_by_memset);
        check_size(sizes[i], zero_by_library);
    }
    return 0;
}
