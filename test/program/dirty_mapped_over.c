/* SPDX-License-Identifier: MIT */
/*
 * The program maps something else over a part of its large block: a file, the
 * shared memory of other processes. There "no page" does not mean "zero". The
 * library sees that where the kernel describes mappings one at a time
 * (PROCMAP_QUERY, Linux 6.11); elsewhere nobody can, and this is skipped.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "dirty.h"

static const size_t sizes[] = {2 * MIB, 3 * MIB + 5, 11 * MIB};

static bool
kernel_describes_mappings(void)
{
    uint64_t arg[13] = {sizeof(arg)};
    int fd = open("/proc/self/maps", O_RDONLY), result;

    arg[2] = (uintptr_t)arg;
    result = ioctl(fd, _IOC(3, 'f', 17, sizeof(arg)), arg);
    close(fd);
    return result == 0;
}

/* A file of dirt, which no page of a mapping shows before it is touched. */
static int
make_file(size_t n)
{
    int fd = (int)syscall(SYS_memfd_create, "dirt", 0);
    char *line = malloc(n);

    REQUIRE(fd >= 0);
    memset(line, 0x5a, n);
    REQUIRE(write(fd, line, n) == (ssize_t)n);
    free(line);
    return fd;
}

enum over { SHARED_FILE, PRIVATE_FILE, SHARED_MEMORY, READ_ONLY_FILE, OVERS };

static void
map_over(char *p, size_t n, enum over over)
{
    int fd = over == SHARED_MEMORY ? -1 : make_file(n);
    int prot = over == READ_ONLY_FILE ? PROT_READ : PROT_READ | PROT_WRITE;
    int flags = over == PRIVATE_FILE ? MAP_PRIVATE : MAP_SHARED;

    if (over == SHARED_MEMORY)
        flags |= MAP_ANONYMOUS;
    REQUIRE(mmap(p, n, prot, flags | MAP_FIXED, fd, 0) == p);
    if (over == SHARED_MEMORY)
        memset(p, 0x5a, n);
    close(fd);
}

/* The part of the block that is mapped over: all, the start, the middle. */
enum part { WHOLE, START, MIDDLE_PART, PARTS };

static void
map_over_part(char *p, enum over over, enum part part)
{
    size_t page = page_size(), pages = malloc_usable_size(p) / page;

    if (part == WHOLE)
        map_over(p, pages * page, over);
    else if (part == START)
        map_over(p, page, over);
    else
        map_over(p + pages / 3 * page, pages / 3 * page, over);
}

static char *
new_block(size_t n)
{
    char *p = malloc(n);

    REQUIRE(p != NULL);
    REQUIRE(lazyzero_owns(p));
    return p;
}

/* Freed as it is: the next owner gets plain memory. */
static void
check_free(size_t n, enum over over, enum part part)
{
    char *p = new_block(n);

    make_dirty(p);
    map_over_part(p, over, part);
    free(p);
    use_all(n);
    use_scattered(n);
    p = new_block(n);
    map_over_part(p, over, part);
    free(p);
    use_memset(n);
    use_realloc(n);
}

/* Zeroed by the program while it is mapped over: really written. */
static void
check_memset(size_t n, enum over over, enum part part)
{
    char *p = new_block(n);

    map_over_part(p, over, part);
    memset(p, 0, n);
    REQUIRE(all_bytes_are(p, 0, n));
    free(p);
    p = calloc(1, n);
    map_over_part(p, over, part);
    memset(p, 0, n);
    REQUIRE(all_bytes_are(p, 0, n));
    free(p);
    use_all(n);
}

int
main(void)
{
    require_active();
    watchdog(100);
    if (!kernel_describes_mappings())
        skip("the kernel has no PROCMAP_QUERY");
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (int over = 0; over < OVERS; over++) {
            for (int part = 0; part < PARTS; part++) {
                check_free(sizes[i], (enum over)over, (enum part)part);
                if (over != READ_ONLY_FILE)
                    check_memset(sizes[i], (enum over)over, (enum part)part);
            }
        }
    }
    return 0;
}
