/* SPDX-License-Identifier: MIT */
/*
 * dirty_unheard HOW FROM TO: what a program does to its block by system calls
 * of its own, which no library hears. The block was used in full again and
 * again, so that it is written without a look; then it is freed, with so many
 * sixths of its pages treated. Where the library zeroes freed blocks, it unmaps
 * this one, and the next owners may use all of theirs.
 */
#include <sys/mman.h>

#include "userfault.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

#define POISON_FEATURE ((uint64_t)1 << 14)

/* Linux, include/uapi/linux/userfaultfd.h; spelled out for older headers. */
struct poison {
    struct uffdio_range range;
    uint64_t mode;
    int64_t updated;
};
#define POISON_CALL _IOWR(0xAA, 0x08, struct poison)

static const size_t sizes[] = {2 * MIB, 3 * MIB + 5, 20 * MIB};

/* UFFDIO_POISON marks pages that have no memory; that stays without its file.
 */
static void
poison(char *p, size_t n)
{
    struct poison call = {.range = {.start = (uintptr_t)p, .len = n}};

    REQUIRE(syscall(SYS_madvise, p, n, MADV_DONTNEED) == 0);
    fill_by_program(p, n);
    if (ioctl(faults, POISON_CALL, &call) != 0 && errno == ENOTTY)
        skip("the kernel has no poison markers");
    REQUIRE(call.updated == (int64_t)n);
    REQUIRE(ioctl(faults, UFFDIO_UNREGISTER, &call.range) == 0);
}

static void
treat(const char *how, char *p, size_t n)
{
    if (strcmp(how, "guards") == 0) {
        if (syscall(SYS_madvise, p, n, MADV_GUARD_INSTALL) != 0)
            skip("the kernel has no guard markers");
    } else if (strcmp(how, "poison") == 0) {
        poison(p, n);
    } else if (strcmp(how, "protected") == 0) {
        REQUIRE(syscall(SYS_mprotect, p, n, PROT_NONE) == 0);
    } else if (strcmp(how, "read_only") == 0) {
        REQUIRE(syscall(SYS_mprotect, p, n, PROT_READ) == 0);
    } else if (strcmp(how, "unmapped") == 0) {
        REQUIRE(syscall(SYS_munmap, p, n) == 0);
    } else {
        REQUIRE(strcmp(how, "locked") == 0);
        if (syscall(SYS_mlock, p, n) != 0)
            skip("not so much may be locked");
    }
}

/*
 * By free, or by the library's own thread. Not for ever: another thread's first
 * arena may get the address at once.
 */
static void
wait_until_unmapped(char *behind)
{
    unsigned char resident;

    for (int i = 0; i < 2000; i++) {
        if (mincore(behind, page_size(), &resident) != 0)
            return;
        usleep(1000);
    }
}

static void
free_treated(const char *how, size_t n, size_t from, size_t to)
{
    size_t page = page_size(), pages;
    char *p, *behind;

    for (int round = 0; round < 3; round++)
        use_all(n);
    p = calloc(1, n);
    make_dirty(p);
    pages = malloc_usable_size(p) / page;
    treat(how, p + pages * from / 6 * page,
          (pages * to / 6 - pages * from / 6) * page);
    behind = p + malloc_usable_size(p);
    free(p);
    wait_until_unmapped(behind);
}

static void
use_malloc(size_t n)
{
    char *p = malloc(n);

    make_dirty(p);
    free(p);
}

static void
check(const char *how, size_t from, size_t to)
{
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        free_treated(how, sizes[i], from, to);
        use_malloc(sizes[i]);
        free_treated(how, sizes[i], from, to);
        use_all(sizes[i]);
    }
}

static int allocates; /* atomic */

static void *
allocate_small(void *unused)
{
    for (;;) {
        free(malloc(100));
        __atomic_store_n(&allocates, 1, __ATOMIC_RELEASE);
        usleep(1000);
    }
    return unused;
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(60);
    REQUIRE(argc == 4);
    if (strcmp(argv[1], "poison") == 0)
        open_faults(POISON_FEATURE);
    /* The library's thread is for programs that have several. */
    start_thread(allocate_small);
    /* Its first arena is not to get the address of what is unmapped here. */
    while (!__atomic_load_n(&allocates, __ATOMIC_ACQUIRE))
        usleep(1000);
    check(argv[1], strtoul(argv[2], NULL, 10), strtoul(argv[3], NULL, 10));
    use_every_size_dirty();
    return 0;
}
