/* SPDX-License-Identifier: MIT */
/* Each exported name by itself: what it returns, and what it refuses. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "blocks.h"
#include "lazyzero/lazyzero.h"
#include "names.h"
#include "needs.h"

extern const char *lazyzero_version(void) WEAK;

PRELOAD_SUITE(family);

/* Small, mid and large, and both sides of each edge. */
static size_t
size_at(size_t i)
{
    size_t edge = threshold();
    const size_t sizes[] = {
        1,       2,           7,        8,    9,        16,
        100,     4095,        4096,     4097, 32 * KIB, 32 * KIB + 1,
        100000,  MIB,         edge - 1, edge, edge + 1, 2 * MIB - 1,
        2 * MIB, 3 * MIB + 7, 10 * MIB};

    return i < COUNT(sizes) ? sizes[i] : 0;
}

/* The names that the tests of this folder call; C++ has its own tests. */
static const char *const tested[] = {
    "malloc",
    "calloc",
    "realloc",
    "free",
    "reallocarray",
    "posix_memalign",
    "aligned_alloc",
    "memalign",
    "valloc",
    "malloc_usable_size",
    "malloc_trim",
    "free_sized",
    "free_aligned_sized",
    "memset",
    "bzero",
#if TEST_HAS_GLIBC
    "pvalloc",
    "cfree",
    "__memset_chk",
    "__libc_malloc",
    "__libc_calloc",
    "__libc_realloc",
    "__libc_free",
    "__libc_memalign",
    "__libc_valloc",
    "__libc_pvalloc",
    "__posix_memalign",
#endif
    "mallocx",
    "rallocx",
    "xallocx",
    "sallocx",
    "dallocx",
    "sdallocx",
    "nallocx",
    "mallctl",
    "mallctlnametomib",
    "mallctlbymib",
    "malloc_stats_print",
#if defined(__linux__)
    /* of Linux: by program/heard.c, mlockall by program/dirty_locked.c */
    "mmap",
    "mmap64",
    "munmap",
    "mremap",
    "mprotect",
    "pkey_mprotect",
    "madvise",
    "posix_madvise",
    "mlock",
    "mlock2",
    "mlockall",
    "shmat",
    "remap_file_pages",
    "process_madvise",
    "munlock",
    /* by program/wait_*.c */
    "poll",
    "ppoll",
    "epoll_wait",
    "epoll_pwait",
    "select",
    "pselect",
    "nanosleep",
    "clock_nanosleep",
    "sleep",
    "usleep",
    "pause",
    "sigsuspend",
    "sigwait",
    "sigwaitinfo",
    "sigtimedwait",
    "read",
    "readv",
    "recv",
    "recvfrom",
    "recvmsg",
    "accept",
    "accept4",
    "wait",
    "wait3",
    "wait4",
    "waitpid",
    "waitid",
    "flock",
    "sem_wait",
    "system",
    "pclose",
#if defined(__GLIBC__)
    "__poll_chk",
    "__ppoll_chk",
    "epoll_pwait2",
    "__read_chk",
    "__recv_chk",
    "__recvfrom_chk",
#endif
#endif
    "lazyzero_version",
    "lazyzero_is_active",
    "lazyzero_owns",
    /* by program/api.c */
    "lazyzero_read_stats",
    "lazyzero_oracle",
    "lazyzero_trim",
    "lazyzero_prefault",
    "lazyzero_zero",
    /* by program/prefixed.c */
    "lazyzero_malloc",
    "lazyzero_calloc",
    "lazyzero_realloc",
    "lazyzero_free",
    "lazyzero_aligned_alloc",
    "lazyzero_usable_size",
};

static bool
is_tested(const char *name)
{
    for (size_t i = 0; i < COUNT(tested); i++) {
        if (strcmp(tested[i], name) == 0)
            return true;
    }
    return false;
}

/* EXPORTS_LIST: made from src/interpose/exports.list, so that no name is left
 * out in silence. */
Test(family, every_exported_name_is_tested)
{
    char line[128];
    FILE *list = fopen(EXPORTS_LIST, "r");

    cr_assert_not_null(list);
    while (fgets(line, sizeof(line), list) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (line[0] == '\0' || line[0] == '#' || strncmp(line, "_Z", 2) == 0)
            continue;
        cr_assert(is_tested(line), "no test calls %s", line);
    }
    fclose(list);
}

Test(family, every_name_is_ours)
{
    Dl_info ours, info;
    void *active = dlsym(RTLD_DEFAULT, "lazyzero_is_active");

    cr_assert(dladdr(active, &ours) != 0);
    for (size_t i = 0; i < COUNT(tested); i++) {
        void *found = dlsym(RTLD_DEFAULT, tested[i]);

        cr_assert(found != NULL && dladdr(found, &info) != 0, "%s", tested[i]);
        cr_assert_eq(info.dli_fbase, ours.dli_fbase, "%s is from %s", tested[i],
                     info.dli_fname);
    }
}

Test(family, version_is_the_headers)
{
    char version[32];

    snprintf(version, sizeof(version), "%d.%d.%d", LAZYZERO_VERSION_MAJOR,
             LAZYZERO_VERSION_MINOR, LAZYZERO_VERSION_PATCH);
    cr_assert_str_eq(lazyzero_version(), version);
}

/* A variant of this test that did not change the threshold would show less. */
Test(family, threshold_is_the_environments)
{
    const char *text = getenv("LAZYZERO_THRESHOLD");
    char *unit;
    size_t n;

    if (text == NULL)
        return;
    n = strtoul(text, &unit, 10) * (*unit == 'M' ? MIB : KIB);
    cr_assert_eq(threshold(), n, "%zu, not %s", threshold(), text);
}

static void
check_usable(const struct maker *maker, size_t n)
{
    unsigned char *p;
    size_t usable;

    errno = ODD_ERRNO;
    p = maker->make(n);
    cr_assert_eq(errno, ODD_ERRNO, "%s(%zu) set errno", maker->name, n);
    cr_assert_not_null(p, "%s(%zu)", maker->name, n);
    cr_assert_eq((uintptr_t)p % maker->align(n), 0, "%s(%zu) returned %p",
                 maker->name, n, (void *)p);
    usable = malloc_usable_size(p);
    cr_assert(usable >= n, "%s(%zu): %zu usable", maker->name, n, usable);
    cr_assert_eq(sallocx(p, 0), usable);
    if (maker->zero)
        cr_assert_eq(value_check(p, 0, usable, 0), usable, "%s(%zu)",
                     maker->name, n);
    pattern_fill(p, 0, usable, n);
    cr_assert_eq(pattern_check(p, usable, n), usable);
    errno = ODD_ERRNO;
    free(p);
    cr_assert_eq(errno, ODD_ERRNO, "free of %s(%zu) set errno", maker->name, n);
}

Test(family, blocks_are_usable_to_the_last_byte)
{
    for (size_t i = 0; i < COUNT(makers); i++) {
        for (size_t k = 0; size_at(k) != 0; k++)
            check_usable(&makers[i], size_at(k));
    }
}

static bool
fits(const struct maker *maker, const struct freer *freer, size_t n)
{
    return !freer->natural_only || maker->align(n) == natural_align(n);
}

static void
check_pair(const struct maker *maker, const struct freer *freer, size_t n)
{
    unsigned char *p = maker->make(n);
    bool region;

    cr_assert_not_null(p, "%s(%zu)", maker->name, n);
    region = lazyzero_owns(p);
    cr_assert(region || n < threshold(), "%s(%zu)", maker->name, n);
    p[0] = p[n - 1] = 0xa5;
    errno = ODD_ERRNO;
    freer->release(p, maker->align(n), n);
    cr_assert_eq(errno, ODD_ERRNO, "%s of %s(%zu) set errno", freer->name,
                 maker->name, n);
    if (region)
        cr_assert_not(lazyzero_owns(p), "%s of %s(%zu) freed nothing",
                      freer->name, maker->name, n);
}

Test(family, every_free_takes_every_block)
{
    for (size_t i = 0; i < COUNT(makers); i++) {
        for (size_t j = 0; j < COUNT(freers); j++) {
            for (size_t k = 0; size_at(k) != 0; k++) {
                if (fits(&makers[i], &freers[j], size_at(k)))
                    check_pair(&makers[i], &freers[j], size_at(k));
            }
        }
    }
}

Test(family, size_zero_gives_a_block)
{
    for (size_t i = 0; i < COUNT(makers); i++) {
        void *p;

        if (!makers[i].takes_zero)
            continue;
        errno = ODD_ERRNO;
        p = makers[i].make(0);
        cr_assert_not_null(p, "%s(0)", makers[i].name);
        cr_assert_eq(errno, ODD_ERRNO, "%s(0) set errno", makers[i].name);
        cr_assert_eq((uintptr_t)p % makers[i].align(0), 0, "%s(0) returned %p",
                     makers[i].name, p);
        pattern_fill(p, 0, malloc_usable_size(p), i);
        free(p);
    }
    free_sized(malloc(0), 0);
    free_aligned_sized(aligned_alloc(64, 0), 64, 0);
}

Test(family, null_is_no_block)
{
    for (size_t i = 0; i < COUNT(freers); i++) {
        if (!freers[i].takes_null)
            continue;
        errno = ODD_ERRNO;
        freers[i].release(NULL, 16, 0);
        freers[i].release(NULL, 16, 10 * MIB);
        cr_assert_eq(errno, ODD_ERRNO, "%s", freers[i].name);
    }
    cr_assert_eq(malloc_usable_size(NULL), 0);
    cr_assert_not(lazyzero_owns(NULL));
    cr_assert_eq(errno, ODD_ERRNO);
}

static size_t
bytes_freed_by_this_thread(void)
{
    uint64_t freed;
    size_t size = sizeof(freed);

    cr_assert_eq(mallctl("thread.deallocated", &freed, &size, NULL, 0), 0);
    return (size_t)freed;
}

/* Small blocks and regions agree: realloc to 0 is free, as with glibc. */
Test(family, realloc_to_zero_frees)
{
    void *small = malloc(100), *region = malloc(threshold());
    size_t before = bytes_freed_by_this_thread();

    errno = ODD_ERRNO;
    cr_assert_null(realloc(small, 0));
    cr_assert(bytes_freed_by_this_thread() >= before + 100);
    cr_assert_null(realloc(region, 0));
    cr_assert_eq(errno, ODD_ERRNO);
    cr_assert_not(lazyzero_owns(region));
    cr_assert_null(reallocarray(malloc(100), 0, 8));
    cr_assert_null(reallocarray(malloc(threshold()), 8, 0));
}

struct aligner {
    const char *name;
    int (*make)(void **out, size_t align, size_t n); /* 0 or an error */
    size_t smallest;
};

static int
with_aligned_alloc(void **out, size_t align, size_t n)
{
    *out = aligned_alloc(align, n);
    return *out == NULL ? errno : 0;
}

static int
with_memalign(void **out, size_t align, size_t n)
{
    *out = memalign(align, n);
    return *out == NULL ? errno : 0;
}

static inline int
with_libc_memalign(void **out, size_t align, size_t n)
{
    *out = __libc_memalign(align, n);
    return *out == NULL ? errno : 0;
}

/* jemalloc's mallocx knows no wrong alignment and sets no errno. */
static int
with_mallocx(void **out, size_t align, size_t n)
{
    *out = mallocx(n, MALLOCX_ALIGN(align));
    return *out == NULL ? ENOMEM : 0;
}

static const struct aligner aligners[] = {
    {"posix_memalign", posix_memalign, sizeof(void *)},
#if TEST_HAS_GLIBC
    {"__posix_memalign", __posix_memalign, sizeof(void *)},
    {"__libc_memalign", with_libc_memalign, 1},
#endif
    {"aligned_alloc", with_aligned_alloc, 1},
    {"memalign", with_memalign, 1},
    {"mallocx", with_mallocx, 1},
};

#define ALIGNERS_THAT_REFUSE (COUNT(aligners) - 1)

/*
 * `expected` is the alignment that the block has. Every byte of the smaller
 * blocks; of the others the first and the last.
 */
static void
check_served(const struct aligner *aligner, size_t align, size_t n,
             size_t expected)
{
    void *p = NULL;
    size_t usable;

    errno = ODD_ERRNO;
    cr_assert_eq(aligner->make(&p, align, n), 0, "%s(%zu, %zu)", aligner->name,
                 align, n);
    cr_assert_eq(errno, ODD_ERRNO, "%s set errno", aligner->name);
    cr_assert_eq((uintptr_t)p % expected, 0, "%s(%zu, %zu) returned %p",
                 aligner->name, align, n, p);
    usable = malloc_usable_size(p);
    cr_assert(usable >= n);
    pattern_fill(p, 0, usable <= MIB ? usable : 1, align);
    pattern_fill(p, usable - 1, usable, align);
    free(p);
}

Test(family, alignments_from_1_to_64_mib)
{
    const size_t sizes[] = {1,
                            100,
                            4096,
                            40000,
                            threshold() - 1,
                            threshold(),
                            threshold() + 1,
                            3 * threshold(),
                            5 * MIB};

    for (size_t i = 0; i < COUNT(aligners); i++) {
        for (size_t a = aligners[i].smallest; a <= 64 * MIB; a *= 2) {
            for (size_t k = 0; k < COUNT(sizes); k++)
                check_served(&aligners[i], a, sizes[k], a);
        }
    }
}

/* At once, so that no two get the same place. */
Test(family, aligned_regions_live_side_by_side)
{
    enum { COUNT_EACH = 8 };
    void *blocks[27][COUNT_EACH];

    for (size_t lg = 0; lg < 27; lg++) {
        for (size_t i = 0; i < COUNT_EACH; i++) {
            void *p = aligned_alloc((size_t)1 << lg, threshold() + i);

            cr_assert_eq((uintptr_t)p % ((size_t)1 << lg), 0);
            cr_assert(lazyzero_owns(p));
            memset(p, (int)(lg * COUNT_EACH + i), 100);
            blocks[lg][i] = p;
        }
    }
    for (size_t lg = 0; lg < 27; lg++) {
        for (size_t i = 0; i < COUNT_EACH; i++) {
            unsigned char value = (unsigned char)(lg * COUNT_EACH + i);

            cr_assert_eq(value_check(blocks[lg][i], 0, 100, value), 100);
            free(blocks[lg][i]);
        }
    }
}

static void
check_refused(const struct aligner *aligner, size_t align, size_t n, int error)
{
    static char untouched;
    void *p = &untouched;

    errno = ODD_ERRNO;
    cr_assert_eq(aligner->make(&p, align, n), error, "%s(%zu, %zu)",
                 aligner->name, align, n);
    if (aligner->smallest == sizeof(void *)) {
        cr_assert_eq(errno, error == ENOMEM ? ENOMEM : ODD_ERRNO,
                     "%s left %d in errno", aligner->name, errno);
        cr_assert_eq(p, &untouched, "%s touched its result", aligner->name);
    }
}

/* As glibc does: posix_memalign refuses, memalign takes the next power of two.
 */
static void
check_wrong(const struct aligner *aligner, size_t align, size_t n)
{
    size_t next = 1;

    if (aligner->smallest == sizeof(void *)) {
        check_refused(aligner, align, n, EINVAL);
        return;
    }
    while (next < align)
        next *= 2;
    if (n > 0)
        check_served(aligner, align, n, next);
}

Test(family, wrong_alignments_are_refused_or_rounded_up)
{
    const size_t wrong[] = {0, 3, 5, 24, 48, 4095, 4097};
    const size_t sizes[] = {0, 1, 100, 40000, threshold(), 3 * threshold()};

    for (size_t k = 0; k < COUNT(sizes); k++) {
        for (size_t i = 0; i < ALIGNERS_THAT_REFUSE; i++) {
            for (size_t w = 0; w < COUNT(wrong); w++)
                check_wrong(&aligners[i], wrong[w], sizes[k]);
            for (size_t a = 1; a < aligners[i].smallest; a *= 2)
                check_refused(&aligners[i], a, sizes[k], EINVAL);
            check_refused(&aligners[i], SIZE_MAX, sizes[k], EINVAL);
            check_refused(&aligners[i], SIZE_MAX / 2 + 2, sizes[k], EINVAL);
        }
    }
}

/*
 * More than the address space holds, for a small block as for a large one. With
 * 32 bits it holds a block of every alignment.
 */
Test(family, alignments_without_room_are_refused)
{
    const size_t sizes[] = {1, 40000, threshold(), 3 * threshold()};

    for (size_t i = 0; i < COUNT(aligners); i++) {
        for (size_t lg = 48; lg < 8 * sizeof(size_t); lg++) {
            for (size_t k = 0; k < COUNT(sizes); k++)
                check_refused(&aligners[i], (size_t)1 << lg, sizes[k], ENOMEM);
        }
    }
}

/* With 32 bits of address there may be room for PTRDIFF_MAX bytes. */
static const size_t too_large[] = {
#if SIZE_MAX > UINT32_MAX
    (size_t)PTRDIFF_MAX - 4096,
    (size_t)PTRDIFF_MAX - 1,
    (size_t)PTRDIFF_MAX,
#endif
    (size_t)PTRDIFF_MAX + 1,
    SIZE_MAX - 2 * MIB,
    SIZE_MAX - 4096,
    SIZE_MAX - 4095,
    SIZE_MAX - 1,
    SIZE_MAX};

Test(family, sizes_that_never_fit_are_refused)
{
    for (size_t i = 0; i < COUNT(makers); i++) {
        for (size_t k = 0; k < COUNT(too_large); k++) {
            errno = ODD_ERRNO;
            cr_assert_null(makers[i].make(too_large[k]), "%s(%zu)",
                           makers[i].name, too_large[k]);
            cr_assert(is_right_errno(makers[i].on_failure, ODD_ERRNO),
                      "%s(%zu): errno %d", makers[i].name, too_large[k], errno);
        }
    }
}

Test(family, aligned_sizes_that_never_fit_are_refused)
{
    for (size_t i = 0; i < COUNT(aligners); i++) {
        for (size_t a = aligners[i].smallest; a <= 64 * MIB; a *= 4) {
            for (size_t k = 0; k < COUNT(too_large); k++)
                check_refused(&aligners[i], a, too_large[k], ENOMEM);
        }
    }
}

/* By each function that resizes. */
static void
check_resize_refused(void *p, size_t size)
{
    for (size_t i = 0; i < COUNT(resizers); i++) {
        errno = ODD_ERRNO;
        cr_assert_null(resizers[i].resize(p, size), "%s(%zu)", resizers[i].name,
                       size);
        cr_assert(is_right_errno(resizers[i].on_failure, ODD_ERRNO), "%s: %d",
                  resizers[i].name, errno);
    }
    errno = ODD_ERRNO;
    cr_assert_eq(xallocx(p, size, 0, 0), malloc_usable_size(p));
    cr_assert_eq(errno, ODD_ERRNO);
}

Test(family, a_refused_resize_leaves_the_block)
{
    for (size_t k = 0; size_at(k) != 0; k++) {
        size_t n = size_at(k);
        void *p = malloc(n);

        pattern_fill(p, 0, n, n);
        for (size_t i = 0; i < COUNT(too_large); i++)
            check_resize_refused(p, too_large[i]);
        cr_assert_eq(pattern_check(p, n, n), n);
        free(p);
    }
}

/* What these return for a product that does not fit in a size_t. */
static void *
overflow_reallocarray(size_t count, size_t size)
{
    return reallocarray(NULL, count, size);
}

static void *
overflow_resize(size_t count, size_t size)
{
    static void *block;

    if (block == NULL)
        block = calloc(1, 100);
    cr_assert_eq(value_check(block, 0, 100, 0), 100);
    return reallocarray(block, count, size);
}

Test(family, products_that_overflow_are_refused)
{
    void *(*const calls[])(size_t, size_t) = {
#if TEST_HAS_GLIBC
        __libc_calloc,
#endif
        calloc,
        overflow_reallocarray,
        overflow_resize
    };
    const size_t half = (size_t)1 << (sizeof(size_t) * 4);
    const size_t pairs[][2] = {{SIZE_MAX, 2},        {2, SIZE_MAX},
                               {SIZE_MAX, SIZE_MAX}, {half, half},
                               {half + 1, half},     {SIZE_MAX / 2 + 1, 2},
                               {3, SIZE_MAX / 3 + 1}};

    for (size_t c = 0; c < COUNT(calls); c++) {
        for (size_t i = 0; i < COUNT(pairs); i++) {
            errno = ODD_ERRNO;
            cr_assert_null(calls[c](pairs[i][0], pairs[i][1]), "%zu %zu", c, i);
            cr_assert_eq(errno, ENOMEM, "%zu %zu", c, i);
        }
    }
}

/* pvalloc rounds its size up, not only its address. */
Test(family, pvalloc_gives_whole_pages, NEEDS_GLIBC)
{
    size_t page = page_align(0);

    for (size_t k = 0; size_at(k) != 0; k++) {
        void *p = pvalloc(size_at(k));

        cr_assert(malloc_usable_size(p) >=
                  (size_at(k) + page - 1) / page * page);
        free(p);
    }
}

Test(family, nallocx_foretells_the_usable_size)
{
    for (size_t k = 0; size_at(k) != 0; k++) {
        size_t n = size_at(k);
        void *p = malloc(n), *q = mallocx(n, MALLOCX_ALIGN(4096));

        errno = ODD_ERRNO;
        cr_assert_eq(nallocx(n, 0), malloc_usable_size(p), "%zu", n);
        cr_assert_eq(nallocx(n, MALLOCX_ALIGN(4096)), sallocx(q, 0), "%zu", n);
        cr_assert_eq(errno, ODD_ERRNO);
        free(p);
        dallocx(q, MALLOCX_ALIGN(4096));
    }
    cr_assert_eq(nallocx(SIZE_MAX, 0), 0);
    cr_assert_eq(nallocx((size_t)PTRDIFF_MAX + 1, 0), 0);
}

/* A region's usable size is the request in whole pages, not its size class. */
Test(family, a_region_is_usable_in_whole_pages)
{
    size_t page = page_align(0), n = threshold();

    for (size_t more = 0; more < 3 * page; more += page / 2) {
        void *p = malloc(n + more);

        cr_assert_eq(malloc_usable_size(p),
                     (n + more + page - 1) / page * page);
        free(p);
    }
}

Test(family, malloc_trim_leaves_blocks_alone)
{
    unsigned char *small = malloc(100), *region = malloc(threshold());

    pattern_fill(small, 0, 100, 1);
    pattern_fill(region, 0, threshold(), 2);
    free(malloc(threshold() - 1));
    free(malloc(2 * threshold()));
    errno = ODD_ERRNO;
    cr_assert_eq(malloc_trim(0), 1);
    cr_assert_eq(malloc_trim(SIZE_MAX), 1);
    cr_assert_eq(errno, ODD_ERRNO);
    cr_assert_eq(pattern_check(small, 100, 1), 100);
    cr_assert_eq(pattern_check(region, threshold(), 2), threshold());
    free(small);
    free(region);
}

Test(family, mallctl_answers_by_name_and_by_mib)
{
    const char *by_name = NULL, *by_mib = NULL;
    size_t size = sizeof(by_name), mib[4], length = COUNT(mib);

    cr_assert_eq(mallctl("version", (void *)&by_name, &size, NULL, 0), 0);
    cr_assert_eq(mallctlnametomib("version", mib, &length), 0);
    cr_assert_eq(mallctlbymib(mib, length, (void *)&by_mib, &size, NULL, 0), 0);
    cr_assert_not_null(by_name);
    cr_assert_str_eq(by_name, by_mib);
    cr_assert_eq(mallctl("no.such.name", NULL, NULL, NULL, 0), ENOENT);
}

static void
count_text(void *total, const char *text)
{
    *(size_t *)total += strlen(text);
}

Test(family, malloc_stats_print_writes_through_the_callback)
{
    size_t total = 0;

    malloc_stats_print(count_text, &total, "J");
    cr_assert(total > 1000, "%zu characters", total);
}

Test(family, owns_knows_regions_only)
{
    char local, *small = malloc(100), *region = malloc(threshold());

    cr_assert(lazyzero_owns(region));
    cr_assert_not(lazyzero_owns(region + 1));
    cr_assert_not(lazyzero_owns(region + 4096));
    cr_assert_not(lazyzero_owns(small));
    cr_assert_not(lazyzero_owns(&local));
    cr_assert_not(lazyzero_owns((void *)UINTPTR_MAX));
    free(small);
    free(region);
}
