/* SPDX-License-Identifier: MIT */
/* wrap: lz_os_now */
/* The pool against a list: order, limit, age, and each entry comes out once.
 */
#include "large/pool.h"

#include "control/options.h"
#include "fuzz.h"
#include "large/index.h"
#include "os/os.h"

#define ENTRIES 64
#define BUDGET (64 * LZ_MIB)

static struct {
    struct lz_pool_entry entry;
    bool kept;
    uint64_t order; /* of the put */
} all[ENTRIES];
static uint64_t now, put_count;
static unsigned wanted;

uint64_t __wrap_lz_os_now(void);

uint64_t
__wrap_lz_os_now(void)
{
    return now;
}

static size_t
number_of(const struct lz_pool_entry *entry)
{
    for (size_t i = 0; i < ENTRIES; i++) {
        if (&all[i].entry == entry)
            return i;
    }
    abort();
}

static void
put(unsigned number, size_t granules, size_t resident)
{
    struct lz_pool_entry *entry = &all[number % ENTRIES].entry;

    if (all[number % ENTRIES].kept)
        return;
    entry->map_size = lz_pool_class_size(granules * LZ_INDEX_GRANULE);
    entry->resident = resident;
    entry->freed_at = now;
    all[number % ENTRIES].kept = true;
    all[number % ENTRIES].order = ++put_count;
    lz_pool_put(entry);
}

static void
came_out(const struct lz_pool_entry *entry)
{
    size_t i = number_of(entry);

    PROMISE(all[i].kept);
    all[i].kept = false;
}

/* The newest of that class, or NULL. */
static struct lz_pool_entry *
newest_of(size_t class)
{
    struct lz_pool_entry *found = NULL;
    uint64_t order = 0;

    for (size_t i = 0; i < ENTRIES; i++) {
        if (all[i].kept && lz_pool_class(all[i].entry.map_size) == class &&
            all[i].order > order) {
            found = &all[i].entry;
            order = all[i].order;
        }
    }
    return found;
}

static void
take(size_t granules)
{
    size_t size = lz_pool_class_size(granules * LZ_INDEX_GRANULE);
    size_t class = lz_pool_class(size);
    struct lz_pool_entry *expected = newest_of(class), *entry;

    if (expected == NULL)
        expected = newest_of(class + 1);
    entry = lz_pool_take(size);
    PROMISE(entry == expected);
    if (entry != NULL) {
        PROMISE(entry->map_size >= size);
        came_out(entry);
    }
}

static size_t
kept_bytes(void)
{
    size_t bytes = 0;

    for (size_t i = 0; i < ENTRIES; i++)
        bytes += all[i].kept ? all[i].entry.resident : 0;
    return bytes;
}

static void
age(size_t most)
{
    struct lz_pool_entry *entry;

    PROMISE(lz_pool_resident() == kept_bytes());
    while ((entry = lz_pool_victim(most)) != NULL) {
        for (size_t i = 0; i < ENTRIES; i++)
            PROMISE(!all[i].kept ||
                    all[i].order >= all[number_of(entry)].order);
        came_out(entry);
    }
    PROMISE(kept_bytes() <= most);
    for (size_t i = 0; i < ENTRIES; i++)
        PROMISE(!all[i].kept ||
                now - all[i].entry.freed_at < lz_options.decay_ms);
}

static bool
is_wanted(const struct lz_pool_entry *entry)
{
    return number_of(entry) % 8 == wanted;
}

static void
remove_some(unsigned which)
{
    struct lz_pool_entry *entry;

    wanted = which % 8;
    while ((entry = lz_pool_remove_if(is_wanted)) != NULL)
        came_out(entry);
    for (size_t i = wanted; i < ENTRIES; i += 8)
        PROMISE(!all[i].kept);
}

static void
act(void)
{
    unsigned what = input_byte(), a = input_byte(), b = input_byte();

    switch (what % 6) {
    case 0:
    case 1:
        put(a, 1 + b * (what / 6 + 1), (size_t)(a ^ b) * 64 * LZ_KIB);
        break;
    case 2:
        take(1 + b * (what / 6 + 1));
        break;
    case 3:
        age(a % 4 == 0 ? b * LZ_MIB : BUDGET);
        break;
    case 4:
        now += a * b;
        break;
    default:
        remove_some(a);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input_start(data, size);
    while (input_left())
        act();
    now += lz_options.decay_ms + 1;
    age(0);
    PROMISE(lz_pool_is_empty());
    PROMISE(kept_bytes() == 0);
    return 0;
}
