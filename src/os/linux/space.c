/* SPDX-License-Identifier: MIT */
/* Address space under RLIMIT_AS (getrlimit(2)). */
#include "os/os.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/linux/proc.h"
#include "os/next.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* The share of the limit that is to stay free. */
#define TIGHT_SHARE 4

/* Bytes that are mapped, as the limit counts them; SIZE_MAX: unknown. */
static size_t
mapped(void)
{
    char text[32];
    int fd = lz_os_open("/proc/self/statm", O_RDONLY | O_CLOEXEC, 0);
    ssize_t got;

    if (fd < 0)
        return SIZE_MAX;
    got = syscall(SYS_read, fd, text, sizeof(text) - 1);
    lz_os_close(fd);
    if (got <= 0)
        return SIZE_MAX;
    text[got] = '\0';
    return strtoul(text, NULL, 10) * lz_os_page_size();
}

enum lz_os_space
lz_os_space_for(size_t more)
{
    int saved = errno;
    struct rlimit limit;
    size_t used;

    if (lz_os_proc_is_silent() || getrlimit(RLIMIT_AS, &limit) != 0 ||
        limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > SIZE_MAX) {
        errno = saved;
        return LZ_OS_SPACE_FREE;
    }
    used = mapped();
    errno = saved;
    return used > limit.rlim_cur || more > limit.rlim_cur - used ||
                   limit.rlim_cur - used - more < limit.rlim_cur / TIGHT_SHARE
               ? LZ_OS_SPACE_TIGHT
               : LZ_OS_SPACE_LIMITED;
}

/*
 * From Linux 6.7 on, the kernel aligns mappings whose length is a multiple of 2
 * MiB. Before that, the contents are copied down to the boundary below.
 */
static char *
slide(char *map, size_t used, size_t length, size_t align)
{
    size_t gap = (uintptr_t)map & (align - 1);
    char *to = map - gap, *fresh;

    if (gap == 0)
        return map;
    fresh = lz_os_heap_map(to, gap, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
                               MAP_FIXED_NOREPLACE);
    if (fresh != to)
        return NULL;
    memmove(to, map, used);
    memset(to + used, 0, gap);
    lz_os_unmap(to + length, gap);
    return to;
}

char *
lz_os_move_anywhere(char *from, size_t length, size_t longer, size_t align)
{
    static const char lost[] = "liblazyzero: realloc: no aligned place for a "
                               "block that was moved; stopping\n";
    int saved = errno;
    char *to = lz_os_next_mremap(from, length, longer, MREMAP_MAYMOVE, NULL),
         *aligned;

    errno = saved;
    if (to == MAP_FAILED)
        return NULL;
    aligned = slide(to, length, longer, align);
    if (aligned == NULL) {
        lz_os_write_error(lost, sizeof(lost) - 1);
        abort();
    }
    return aligned;
}
