/* SPDX-License-Identifier: MIT */
/*
 * Memory that was written, and then swapped out: not present, and not zero. The
 * program makes a swap file in the working folder (128 MiB), uses it, and takes
 * it away again.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/swap.h>

#include "dirty.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define SWAP_SIZE (128 * MIB)

/* mkswap(8): the header fills the first page and ends with the signature. */
static void
write_header(char *start)
{
    uint32_t version = 1, last_page = (uint32_t)(SWAP_SIZE / page_size() - 1);

    memcpy(start + 1024, &version, 4);
    memcpy(start + 1028, &last_page, 4);
    memcpy(start + page_size() - 10, "SWAPSPACE2", 10);
}

/* Written in full: a hole in it would be refused. */
static bool
fill_file(int fd)
{
    char *line = calloc(1, MIB);
    bool done = true;

    for (size_t at = 0; at < SWAP_SIZE && done; at += MIB) {
        memset(line, 0, MIB);
        if (at == 0)
            write_header(line);
        done = write(fd, line, MIB) == (ssize_t)MIB;
    }
    free(line);
    return done && fsync(fd) == 0;
}

static char path[] = "dirty_swap.XXXXXX";

static void
remove_swap(void)
{
    swapoff(path);
    unlink(path);
}

static void
add_swap(void)
{
    int fd = mkstemp(path);
    bool filled;

    if (fd < 0)
        skip("no file can be made here");
    filled = fill_file(fd);
    close(fd);
    if (filled && swapon(path, 0) == 0)
        return;
    unlink(path);
    skip("no swap file can be used here");
}

/* proc(5), /proc/pid/pagemap: bit 62 stands for "swapped". */
static size_t
count_swapped(const char *p, size_t n)
{
    size_t page = page_size(), count = 0;
    int fd = open("/proc/self/pagemap", O_RDONLY);
    uint64_t entry;

    for (uintptr_t at = (uintptr_t)p; at < (uintptr_t)p + n; at += page) {
        if (pread(fd, &entry, 8, (off_t)(at / page * 8)) == 8)
            count += entry >> 62 & 1;
    }
    close(fd);
    return count;
}

/* The pages that the system did write out, of those that it was asked to. */
static size_t
swap_out(char *p, size_t n)
{
    size_t page = page_size();
    char *start = (char *)(((uintptr_t)p + page - 1) & ~(page - 1));
    size_t length = (n - page) & ~(page - 1);

    if (madvise(start, length, MADV_PAGEOUT) != 0)
        return 0;
    return count_swapped(start, length);
}

/* All of it dirty and out, freed, and zeroed by calloc or by the program. */
static size_t
recycle(size_t n, void (*use)(size_t))
{
    char *p = malloc(n);
    size_t swapped;

    make_dirty(p);
    swapped = swap_out(p, n);
    free(p);
    use(n);
    return swapped;
}

/* Swapped out before the block's first memset, which must see it. */
static size_t
recycle_and_swap_again(size_t n)
{
    char *p = malloc(n);
    size_t swapped;

    make_dirty(p);
    free(p);
    p = malloc(n);
    swapped = swap_out(p, n);
    memset(p, 0, n);
    REQUIRE(all_bytes_are(p, 0, n));
    free(p);
    return swapped;
}

static bool
run(void)
{
    size_t swapped = 0;

    for (size_t i = 0; i < DIRTY_SIZES; i++) {
        size_t n = dirty_sizes[i];

        swapped += recycle(n, use_all);
        swapped += recycle(n, use_scattered);
        swapped += recycle(n, use_memset);
        swapped += recycle_and_swap_again(n);
    }
    swapped += recycle(40 * MIB, use_all);
    printf("%zu pages swapped out\n", swapped);
    fflush(stdout);
    return swapped > 1000;
}

/* In a child, so that the swap file goes whatever happens. */
int
main(void)
{
    int status;
    pid_t child;

    require_active();
    add_swap();
    child = fork();
    if (child == 0) {
        watchdog(60);
        _exit(run() ? 0 : 77);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        status = 1;
    remove_swap();
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip("the system swapped next to nothing out");
    return status == 0 ? 0 : 1;
}
