/* SPDX-License-Identifier: MIT */
/*
 * dirty_mapped_over HOW: the program maps something else over a part of its
 * large block: a file, the shared memory of other processes. There "no page"
 * does not mean "zero".
 *
 * heard: by libc's mmap. unheard: by a system call, which only the kernel can
 * tell, and only calloc and memset ask. unasked and unheard_unasked: so too,
 * where the kernel knows no PROCMAP_QUERY, as before Linux 6.11.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include "dirty.h"
#include "seccomp_filter.h"

#ifdef SYS_mmap2
#define MAP_CALL SYS_mmap2
#else
#define MAP_CALL SYS_mmap
#endif

#define MALLOCX_ZERO 0x40

extern size_t xallocx(void *p, size_t n, size_t extra, int flags)
    __attribute__((weak));

static bool unheard;

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

enum over {
    SHARED_FILE,
    PRIVATE_FILE,
    SHARED_MEMORY,
    READ_ONLY_FILE,
    SEGMENT,
    OVERS
};

/* A segment of System V, dirty, gone with the last process. */
static void
attach_over(char *p, size_t n)
{
    int id = shmget(IPC_PRIVATE, n, IPC_CREAT | 0600);

    REQUIRE(id >= 0);
    REQUIRE((unheard ? (void *)syscall(SYS_shmat, id, p, SHM_REMAP)
                     : shmat(id, p, SHM_REMAP)) == p);
    REQUIRE(shmctl(id, IPC_RMID, NULL) == 0);
    memset(p, 0x5a, n);
}

static void
map_file_over(char *p, size_t n, enum over over)
{
    int fd = over == SHARED_MEMORY ? -1 : make_file(n);
    int prot = over == READ_ONLY_FILE ? PROT_READ : PROT_READ | PROT_WRITE;
    int flags = over == PRIVATE_FILE ? MAP_PRIVATE : MAP_SHARED;

    if (over == SHARED_MEMORY)
        flags |= MAP_ANONYMOUS;
    flags |= MAP_FIXED;
    REQUIRE((unheard ? (void *)syscall(MAP_CALL, p, n, prot, flags, fd, 0)
                     : mmap(p, n, prot, flags, fd, 0)) == p);
    if (over == SHARED_MEMORY)
        memset(p, 0x5a, n);
    close(fd);
}

static void
map_over(char *p, size_t n, enum over over)
{
    if (over == SEGMENT)
        attach_over(p, n);
    else
        map_file_over(p, n, over);
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

/* The library has seen nobody use this block. */
static void
check_unused(size_t n, enum over over, enum part part)
{
    char *p;

    for (int i = 0; i < 4; i++) {
        p = calloc(1, n);
        REQUIRE(p != NULL);
        if (i == 3)
            map_over_part(p, over, part);
        free(p);
    }
    use_all(n);
    use_scattered(n);
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

/* The end of a block that is shortened, and then grows by zeros. */
static void
check_growth(size_t n, enum over over)
{
    char *p = new_block(n);
    size_t usable = malloc_usable_size(p), less = usable * 3 / 4;

    map_over_part(p, over, WHOLE);
    REQUIRE(xallocx(p, less, 0, 0) < usable);
    less = malloc_usable_size(p);
    REQUIRE(xallocx(p, usable, 0, MALLOCX_ZERO) == usable);
    REQUIRE(all_bytes_are(p + less, 0, usable - less));
    free(p);
    use_all(n);
}

/* Every ioctl, as a kernel that does not know these. */
static void
refuse_questions(void)
{
    const unsigned calls[] = {SYS_ioctl};

    if (!install_filter(calls, 1, SECCOMP_RET_ERRNO | ENOTTY,
                        SECCOMP_RET_ALLOW))
        skip("no seccomp filters");
    REQUIRE(!kernel_describes_mappings());
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(100);
    REQUIRE(argc == 2);
    unheard = strncmp(argv[1], "unheard", 7) == 0;
    if (strstr(argv[1], "unasked") != NULL)
        refuse_questions();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (int over = 0; over < OVERS; over++) {
            /* A write there is the program's fault. */
            if (unheard && over == READ_ONLY_FILE)
                continue;
            if (over != READ_ONLY_FILE)
                check_growth(sizes[i], (enum over)over);
            for (int part = 0; part < PARTS; part++) {
                check_free(sizes[i], (enum over)over, (enum part)part);
                check_unused(sizes[i], (enum over)over, (enum part)part);
                if (over != READ_ONLY_FILE)
                    check_memset(sizes[i], (enum over)over, (enum part)part);
            }
        }
    }
    return 0;
}
