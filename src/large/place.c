/* SPDX-License-Identifier: MIT */
#include "large/place.h"

#include "control/log.h"
#include "control/stats.h"
#include "os/kind.h"
#include "os/os.h"

/* Does the system tell of one node only? */
static bool
is_one_node(void)
{
    static size_t known; /* atomic: 0: not asked yet, else nodes + 1 */
    size_t count = __atomic_load_n(&known, __ATOMIC_RELAXED);

    if (count == 0) {
        count = lz_os_node_count() + 1;
        __atomic_store_n(&known, count, __ATOMIC_RELAXED);
    }
    return count == 2;
}

/* Once for the process, whatever follows. */
static void
complain(int error)
{
    static bool said;
    const char *why = lz_os_error_text(error);

    if (!__atomic_exchange_n(&said, true, __ATOMIC_RELAXED))
        lz_log("LAZYZERO_NUMA: the system refuses (%s); memory is placed as "
               "without the option (see lazyzero doctor)",
               why != NULL ? why : "unknown error");
}

static LZ_COLD void
apply(void *map, size_t size, enum lz_os_place place)
{
    static bool refused; /* atomic */
    int error;

    if (__atomic_load_n(&refused, __ATOMIC_RELAXED) ||
        (place != LZ_OS_PLACE_BIND && is_one_node()) || lz_os_has_node_policy())
        return;
    error = lz_os_set_place(map, size, place, lz_numa_nodes(lz_options.numa));
    if (error == 0) {
        LZ_STAT_ADD(numa_regions, 1);
        return;
    }
    /* ENOMEM: it would be one mapping more than allowed, this time. */
    if (error != ENOMEM)
        __atomic_store_n(&refused, true, __ATOMIC_RELAXED);
    complain(error);
}

void
lz_place_apply(void *map, size_t size)
{
    switch (lz_numa_mode(lz_options.numa)) {
    case LZ_NUMA_SYSTEM:
        return;
    case LZ_NUMA_LOCAL:
        apply(map, size, LZ_OS_PLACE_LOCAL);
        return;
    case LZ_NUMA_INTERLEAVE:
        apply(map, size, LZ_OS_PLACE_INTERLEAVE);
        return;
    case LZ_NUMA_BIND:
        apply(map, size, LZ_OS_PLACE_BIND);
        return;
    }
}

bool
lz_place_is_strict(void)
{
    return lz_numa_mode(lz_options.numa) == LZ_NUMA_BIND;
}

bool
lz_place_is_by_thread(void)
{
    enum lz_numa mode = lz_numa_mode(lz_options.numa);

    return (mode == LZ_NUMA_LOCAL || mode == LZ_NUMA_SYSTEM) &&
           !is_one_node() && lz_os_node_count() != 0 &&
           !lz_os_has_node_policy();
}

unsigned
lz_place_ask_node(void)
{
    return is_one_node() ? 0 : lz_os_node();
}

/* A block without pages is as good for this thread as for any. */
bool
lz_place_ask_pages(void *map, size_t size, unsigned *node)
{
    if (is_one_node())
        return true;
    *node = lz_os_node();
    return size == 0 || lz_os_node_of(map, size, node) == 0;
}
