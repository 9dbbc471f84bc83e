/* SPDX-License-Identifier: MIT */
/*
 * dirty_deaf HOW: a program that has functions of libc's names of its own,
 * which make the system call: the library's are not called. Its next blocks
 * must be plain memory all the same, and what it maps later stays.
 */
#include <sys/mman.h>

#include "dirty.h"

#ifdef SYS_mmap2
#define MAP_CALL SYS_mmap2
#else
#define MAP_CALL SYS_mmap
#endif

#define SIZE (5 * MIB)
#define EXPORT __attribute__((visibility("default")))

EXPORT int
mprotect(void *p, size_t n, int prot)
{
    return (int)syscall(SYS_mprotect, p, n, prot);
}

EXPORT int
munmap(void *p, size_t n)
{
    return (int)syscall(SYS_munmap, p, n);
}

static int
make_file(void)
{
    int fd = (int)syscall(SYS_memfd_create, "dirt", 0);
    char line[4096];

    REQUIRE(fd >= 0);
    memset(line, 0x5a, sizeof(line));
    for (size_t at = 0; at < SIZE; at += sizeof(line))
        REQUIRE(write(fd, line, sizeof(line)) == sizeof(line));
    return fd;
}

static void
require_untouched(int fd)
{
    char line[4096];

    for (size_t at = 0; at < SIZE; at += sizeof(line)) {
        REQUIRE(pread(fd, line, sizeof(line), (off_t)at) == sizeof(line));
        REQUIRE(all_bytes_are(line, 0x5a, sizeof(line)));
    }
}

static void
treat(char *p, const char *how, int fd)
{
    char *part = p + 2 * MIB - (uintptr_t)p % page_size();

    if (strcmp(how, "protected") == 0)
        REQUIRE(mprotect(part, MIB, PROT_NONE) == 0);
    else if (strcmp(how, "unmapped") == 0)
        REQUIRE(munmap(part, MIB) == 0);
    else
        REQUIRE((void *)syscall(MAP_CALL, part, MIB, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_FIXED, fd, 0) == part);
}

int
main(int argc, char **argv)
{
    int fd = make_file();
    char *p;

    require_active();
    watchdog(60);
    REQUIRE(argc == 2);
    for (int round = 0; round < 3; round++) {
        p = malloc(SIZE);
        make_dirty(p);
        treat(p, argv[1], fd);
        free(p);
        p = malloc(SIZE);
        make_dirty(p);
        free(p);
        use_all(SIZE);
    }
    require_untouched(fd);
    return 0;
}
