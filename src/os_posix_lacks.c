/* SPDX-License-Identifier: MIT */
/*
 * For these, POSIX has no call. They do nothing, and answer that they do not
 * know.
 */
#include "os.h"

#define LZ_WEAK __attribute__((weak))

LZ_WEAK char *
lz_os_move_anywhere(char *from, size_t length, size_t longer, size_t align)
{
    (void)from;
    (void)length;
    (void)longer;
    (void)align;
    return NULL;
}

LZ_WEAK enum lz_os_space
lz_os_space_for(size_t more)
{
    (void)more;
    return LZ_OS_SPACE_FREE;
}

LZ_WEAK void
lz_os_name(void *start, size_t length)
{
    (void)start;
    (void)length;
}

LZ_WEAK void
lz_os_keep_out_of_dumps(void *start, size_t length)
{
    (void)start;
    (void)length;
}

LZ_WEAK void
lz_os_want_hugepages(void *start, size_t length, bool wanted)
{
    (void)start;
    (void)length;
    (void)wanted;
}

LZ_WEAK size_t
lz_os_memory_free(void)
{
    return SIZE_MAX;
}

LZ_WEAK int
lz_os_find_populated(enum lz_os_oracle oracle, char *start, char *end,
                     struct lz_os_range *ranges, int capacity, char **resume)
{
    (void)oracle;
    (void)start;
    (void)end;
    (void)ranges;
    (void)capacity;
    (void)resume;
    return -1;
}

LZ_WEAK bool
lz_os_can_write(const struct lz_os_range *range)
{
    (void)range;
    return true;
}

LZ_WEAK void
lz_os_stdio_acquire(void)
{
}

LZ_WEAK void
lz_os_stdio_release(void)
{
}
