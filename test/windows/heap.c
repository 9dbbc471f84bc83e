/* SPDX-License-Identifier: MIT */
/* The process heap as backend (heap/backend_system.c, os/windows/heap.c). */
#include "heap/backend.h"

#include <criterion/criterion.h>

#define ERRNO_MARK 12345

static bool
all_bytes_are(const void *p, size_t n, unsigned char value)
{
    const unsigned char *bytes = p;

    return n == 0 ||
           (bytes[0] == value && memcmp(bytes, bytes + 1, n - 1) == 0);
}

static bool
is_in_use(const void *p, size_t n, size_t align)
{
    return p != NULL && (uintptr_t)p % align == 0 && je_sallocx(p, 0) >= n;
}

Test(windows_heap, blocks_of_every_size_and_alignment)
{
    for (size_t n = 1; n < LZ_MIB; n = 2 * n + 3) {
        for (size_t align = 1; align <= 64 * LZ_KIB; align *= 2) {
            char *p = je_mallocx(n, lz_backend_flags(align, false));
            char *q = je_mallocx(n, lz_backend_flags(align, true));

            cr_assert(is_in_use(p, n, align < 16 ? 16 : align));
            cr_assert(is_in_use(q, n, align < 16 ? 16 : align));
            cr_expect(all_bytes_are(q, je_sallocx(q, 0), 0));
            memset(p, 0xA5, je_sallocx(p, 0));
            memset(q, 0x5A, je_sallocx(q, 0));
            cr_expect(all_bytes_are(p, n, 0xA5));
            je_free(p);
            je_free(q);
        }
    }
}

Test(windows_heap, a_block_that_is_resized_keeps_its_bytes_and_alignment)
{
    for (size_t align = 1; align <= 4096; align *= 4) {
        int flags = lz_backend_flags(align, true);
        char *p = je_mallocx(100, flags);

        memset(p, 0xA5, je_sallocx(p, 0));
        for (size_t n = 50; n < LZ_MIB; n = n * 3) {
            size_t old = je_sallocx(p, 0), kept = old < n ? old : n;

            p = je_rallocx(p, n, flags);
            cr_assert(is_in_use(p, n, align));
            cr_expect(all_bytes_are(p, kept, 0xA5));
            cr_expect(n <= old || all_bytes_are(p + old, n - old, 0));
            memset(p, 0xA5, je_sallocx(p, 0));
        }
        /* Without an alignment: that of malloc is left. */
        p = je_realloc(p, 60);
        cr_assert(is_in_use(p, 60, 16));
        cr_expect(all_bytes_are(p, 60, 0xA5));
        je_free(p);
    }
}

Test(windows_heap, what_does_not_fit_is_enomem)
{
    char *p = je_malloc(10);

    memset(p, 0xA5, 10);
    errno = ERRNO_MARK;
    cr_expect_null(je_malloc(SIZE_MAX));
    cr_expect_eq(errno, ENOMEM);
    errno = ERRNO_MARK;
    cr_expect_null(je_calloc(SIZE_MAX / 4, 5));
    cr_expect_eq(errno, ENOMEM);
    errno = ERRNO_MARK;
    cr_expect_null(je_mallocx(SIZE_MAX - 100, lz_backend_flags(4096, false)));
    cr_expect_eq(errno, ENOMEM);
    errno = ERRNO_MARK;
    cr_expect_null(je_realloc(p, SIZE_MAX));
    cr_expect_null(je_realloc(p, (size_t)1 << 52));
    cr_expect_eq(errno, ENOMEM);
    cr_expect(all_bytes_are(p, 10, 0xA5));
    je_free(p);
    je_free(NULL);
}
