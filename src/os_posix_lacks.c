/* SPDX-License-Identifier: MIT */
/* What POSIX has no call for: these do nothing, and tell nothing. */
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
