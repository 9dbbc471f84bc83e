/* SPDX-License-Identifier: MIT */
/*
 * The functions of lazyzero.h. Only lazyzero_is_active is in interpose/, as it
 * asks whether the program's malloc is the exported one.
 */
#include <string.h>

#include "base/version.h"
#include "front/prefault.h"
#include "front/report.h"
#include "front/route.h"
#include "large/region.h"
#include "large/zero.h"
#include "lazyzero/lazyzero.h"
#include "os/os.h"

/* To write this much takes as long as to ask the kernel (doc/design.md). */
#define ZERO_LEAST (32 * LZ_KIB)

const char *
lazyzero_version(void)
{
    return LZ_VERSION;
}

int
lazyzero_owns(const void *p)
{
    return lz_region_find(p) != NULL;
}

int
lazyzero_read_stats(struct lazyzero_stats *stats)
{
    struct lazyzero_stats known = {0};
    size_t room = (size_t)stats->size;

    if (stats->size < 2 * sizeof(uint64_t))
        return EINVAL;
    lz_report_take(&known);
    known.size = room < sizeof(known) ? room : sizeof(known);
    known.version = LAZYZERO_STATS_VERSION;
    if (room > sizeof(known))
        memset((char *)stats + sizeof(known), 0, room - sizeof(known));
    memcpy(stats, &known, (size_t)known.size);
    return 0;
}

const char *
lazyzero_oracle(void)
{
    lz_route_start();
    return lz_report_oracle();
}

int
lazyzero_trim(void)
{
    int saved = errno, trimmed;

    lz_route_start();
    trimmed = lz_route_trim();
    errno = saved;
    return trimmed;
}

int
lazyzero_prefault(void *p, size_t n)
{
    lz_route_start();
    return n == 0 ? 0 : lz_prefault(p, n, true);
}

size_t
lazyzero_zero(void *p, size_t n)
{
    lz_route_start();
    if (n >= ZERO_LEAST && lz_region_is_within(p, n))
        return lz_zero_live(p, n);
    lz_zero_write(p, n);
    return n;
}
