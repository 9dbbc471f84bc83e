/* SPDX-License-Identifier: MIT */
#include "front/trace_exit.h"

#include "control/trace.h"
#include "large/region.h"

static void
write_block(const struct lz_region *region)
{
    size_t usable = lz_region_usable(region);
    size_t resident = lz_region_resident(region);
    struct lz_trace_event event = {.call = "exit",
                                   .how = "live",
                                   .address = lz_region_base(region),
                                   .usable = usable,
                                   .resident = resident,
                                   .is_resident_known = resident <= usable};

    lz_trace_begin(&event);
    lz_trace_end(&event);
}

void
lz_trace_exit(void)
{
    const struct lz_region *region;
    uintptr_t at = 0;

    while (lz_trace_on && (region = lz_region_walk(&at)) != NULL && at != 0)
        write_block(region);
}
