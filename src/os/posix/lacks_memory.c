/* SPDX-License-Identifier: MIT */
/* What only Linux does better with memory, as far as POSIX goes. */
#include "os/os.h"

#include <time.h>
#include <unistd.h>

#include "os/kind.h"
#include "os/next.h"

int
lz_os_move(void *from, size_t length, void *to, size_t to_length)
{
    int saved = errno;

    (void)from;
    (void)length;
    lz_os_next_munmap(to, to_length);
    errno = saved;
    return ENOSYS;
}

size_t
lz_os_count_processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    return count < 1 ? 1 : (size_t)count;
}

bool
lz_os_is_surely_plain(char *start, size_t length)
{
    (void)start;
    (void)length;
    return false;
}

size_t
lz_os_memory_size(void)
{
    long pages = sysconf(_SC_PHYS_PAGES);

    return pages <= 0 ? 0 : (size_t)pages * lz_os_page_size();
}

size_t
lz_os_memory_free(void)
{
    return SIZE_MAX;
}

int
lz_os_heap_clock(clockid_t clock, struct timespec *now, bool early)
{
    int saved = errno, result = clock_gettime(clock, now);

    (void)early;
    errno = saved;
    return result;
}
