/* SPDX-License-Identifier: MIT */
/*
 * heard FUNCTION: the program does something to a part of its block by this
 * function of libc, and frees it. malloc asks nobody about what it hands out,
 * so only the library's own function of that name can tell it: the next block
 * is one mapping all the same, with the flags of one that nobody treated.
 *
 * The block must be kept, as LAZYZERO_RETAIN says.
 */
#include <sys/mman.h>
#include <sys/shm.h>

#include "dirty.h"
#include "process_madvise.h"

#ifdef SYS_mmap2
#define MAP_CALL SYS_mmap2
#else
#define MAP_CALL SYS_mmap
#endif

#define SIZE (9 * MIB)
#define PART (2 * MIB)
#define READ_WRITE (PROT_READ | PROT_WRITE)

/* An older libc may lack these. */
extern int mlock2(const void *p, size_t n, unsigned flags)
    __attribute__((weak));
extern int pkey_mprotect(void *p, size_t n, int prot, int key)
    __attribute__((weak));

static int
shared_file(void)
{
    int fd = (int)syscall(SYS_memfd_create, "shared", 0);

    REQUIRE(fd >= 0);
    REQUIRE(ftruncate(fd, (off_t)(2 * PART)) == 0);
    return fd;
}

static void
by_mmap(char *p)
{
    REQUIRE(mmap(p, PART, READ_WRITE, MAP_SHARED | MAP_FIXED, shared_file(),
                 0) == p);
}

static void
by_mmap64(char *p)
{
    REQUIRE(mmap64(p, PART, READ_WRITE, MAP_SHARED | MAP_FIXED, shared_file(),
                   0) == p);
}

static void
by_munmap(char *p)
{
    REQUIRE(munmap(p, PART) == 0);
}

static void *
elsewhere(int flags)
{
    void *p = mmap(NULL, PART, READ_WRITE, flags | MAP_ANONYMOUS, -1, 0);

    REQUIRE(p != MAP_FAILED);
    return p;
}

static void
by_mremap_from(char *p)
{
    void *to = elsewhere(MAP_PRIVATE);

    REQUIRE(mremap(p, PART, PART, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
}

static void
by_mremap_to(char *p)
{
    void *from = elsewhere(MAP_SHARED);

    REQUIRE(mremap(from, PART, PART, MREMAP_MAYMOVE | MREMAP_FIXED, p) == p);
}

static void
by_mprotect(char *p)
{
    REQUIRE(mprotect(p, PART, PROT_READ) == 0);
}

/* Without a key it is mprotect, on machines that have none too. */
static void
by_pkey_mprotect(char *p)
{
    if (pkey_mprotect == NULL || pkey_mprotect(p, PART, PROT_READ, -1) != 0)
        skip("no pkey_mprotect");
}

static void
by_shmat(char *p)
{
    int id = shmget(IPC_PRIVATE, PART, IPC_CREAT | 0600);

    REQUIRE(id >= 0);
    REQUIRE(shmat(id, p, SHM_REMAP) == p);
    REQUIRE(shmctl(id, IPC_RMID, NULL) == 0);
}

/* The file comes by a system call, which nobody hears. */
static void
by_remap_file_pages(char *p)
{
    REQUIRE((void *)syscall(MAP_CALL, p, PART, READ_WRITE,
                            MAP_SHARED | MAP_FIXED, shared_file(), 0) == p);
    if (remap_file_pages(p, page_size(), 0, 1, 0) != 0)
        skip("no remap_file_pages");
}

static void
by_madvise(char *p)
{
    REQUIRE(madvise(p, PART, MADV_DONTFORK) == 0);
}

static void
by_posix_madvise(char *p)
{
    REQUIRE(posix_madvise(p, PART, POSIX_MADV_RANDOM) == 0);
}

/* Allowed for all advice, on oneself, since Linux 6.13. */
static void
by_process_madvise(char *p)
{
    struct iovec range = {p, PART};
    int self = open_self();

    if (process_madvise == NULL ||
        process_madvise(self, &range, 1, MADV_DONTFORK, 0) != (ssize_t)PART)
        skip("process_madvise does not take this advice");
}

static void
by_mlock(char *p)
{
    if (mlock(p, PART) != 0)
        skip("memory may not be locked");
}

static void
by_mlock2(char *p)
{
    if (mlock2 == NULL || mlock2(p, PART, 0) != 0)
        skip("no mlock2");
}

/* What is locked comes by a system call. */
static void
by_munlock(char *p)
{
    if (syscall(SYS_mlock, p, PART) != 0)
        skip("memory may not be locked");
    REQUIRE(munlock(p, page_size()) == 0);
}

/* clang-format off */
#define BY(function) {#function, by_##function}
/* clang-format on */

static const struct {
    const char *name;
    void (*treat)(char *p);
} functions[] = {
    BY(mmap),          BY(mmap64),        BY(munmap),
    BY(mremap_from),   BY(mremap_to),     BY(mprotect),
    BY(pkey_mprotect), BY(shmat),         BY(remap_file_pages),
    BY(madvise),       BY(posix_madvise), BY(process_madvise),
    BY(mlock),         BY(mlock2),        BY(munlock),
};

/* Access and flags of the one mapping that holds the block (proc(5), smaps). */
static void
describe(const char *p, char text[512])
{
    FILE *file = fopen("/proc/self/smaps", "r");
    char line[512], access[8];
    unsigned long start, end, at = (unsigned long)(uintptr_t)p;

    REQUIRE(file != NULL);
    text[0] = '\0';
    while (text[0] == '\0' && fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "%lx-%lx %7s", &start, &end, access) == 3 &&
            start <= at && at < end)
            snprintf(text, 512, "%s ", access);
    }
    REQUIRE(text[0] != '\0');
    REQUIRE(at + SIZE <= end);
    while (fgets(line, sizeof(line), file) != NULL &&
           strncmp(line, "VmFlags:", 8) != 0)
        ;
    snprintf(text + strlen(text), 300, "%.250s", line);
    fclose(file);
}

static char *
new_block(void)
{
    char *p = malloc(SIZE);

    REQUIRE(p != NULL);
    REQUIRE(lazyzero_owns(p));
    return p;
}

int
main(int argc, char **argv)
{
    char untreated[512], next[512];
    size_t i = 0;
    char *p;

    require_active();
    watchdog(60);
    REQUIRE(argc == 2);
    while (strcmp(functions[i].name, argv[1]) != 0)
        REQUIRE(++i < sizeof(functions) / sizeof(functions[0]));
    p = new_block();
    make_dirty(p);
    describe(p, untreated);
    for (int round = 0; round < 3; round++) {
        functions[i].treat(p + PART - (uintptr_t)p % page_size());
        free(p);
        p = new_block();
        make_dirty(p);
        describe(p, next);
        REQUIRE(strcmp(next, untreated) == 0);
    }
    free(p);
    return 0;
}
