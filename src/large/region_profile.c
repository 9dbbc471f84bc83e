/* SPDX-License-Identifier: MIT */
#include "large/region_profile.h"

#include "base/text.h"
#include "control/log.h"
#include "control/options.h"
#include "control/output.h"
#include "control/profile.h"
#include "large/hugepage.h"
#include "large/region_inside.h"
#include "large/zero.h"
#include "os/os.h"

/* By kind (malloc's, calloc's) and class: atomic. All zero: none was seen. */
static struct use {
    size_t blocks;
    size_t most, unused; /* percent: the largest part that was, and was not */
} uses[2][LZ_POOL_CLASSES];

static size_t
percent(uint64_t part, uint64_t all)
{
    return (size_t)((part * 100 + all - 1) / all);
}

/*
 * Only of a fresh block does the page table tell what was touched. A look at
 * what the program altered, or mapped over, may say anything.
 */
void
lz_region_profile_look(const struct lz_region *region)
{
    char *map = region->entry.map;
    size_t all = region->high_water, used;
    struct use *use =
        &uses[region->zeroed][lz_pool_class(region->entry.map_size)];

    if (region->reused || region->hugetlb || !lz_region_may_spare(region) ||
        !lz_os_is_plain(map, region->entry.map_size))
        return;
    used = lz_zero_populated(map, all, all);
    if (used > all)
        return;
    lz_raise_to(&use->most, percent(used, all));
    lz_raise_to(&use->unused, percent(all - used, all));
    __atomic_fetch_add(&use->blocks, 1, __ATOMIC_RELAXED);
}

static void
put_class(struct lz_text *text, int zeroed, size_t class, size_t size)
{
    const struct use *use = &uses[zeroed][class];
    size_t blocks = __atomic_load_n(&use->blocks, __ATOMIC_RELAXED);
    struct lz_profile_line line = {
        .zeroed = zeroed != 0,
        .size = size,
        .blocks = blocks < LZ_PROFILE_BLOCKS ? blocks : LZ_PROFILE_BLOCKS,
        .most = __atomic_load_n(&use->most, __ATOMIC_RELAXED)};
    size_t least = 100 - __atomic_load_n(&use->unused, __ATOMIC_RELAXED);

    line.least = least < line.most ? least : line.most;
    if (blocks != 0)
        lz_profile_put(text, &line);
}

static void
put_all(struct lz_text *text)
{
    size_t size = lz_pool_class_size(1), class = 0;

    lz_profile_begin(text, lz_os_page_size());
    for (; class < LZ_POOL_CLASSES && size < LZ_SIZE_LIMIT / 2;
         size = lz_pool_class_size(size + 1), class = lz_pool_class(size)) {
        put_class(text, false, class, size);
        put_class(text, true, class, size);
    }
    lz_profile_end(text);
}

void
lz_region_profile_write(void)
{
    struct lz_region *region;
    struct lz_text text;
    uintptr_t at = 0;
    int error = ENOMEM;
    char *buffer;

    if (LZ_LIKELY(lz_options.learn[0] == '\0'))
        return;
    while ((region = lz_region_walk(&at)) != NULL && at != 0)
        lz_region_profile_look(region);
    buffer = lz_os_map(LZ_PROFILE_SIZE, lz_os_page_size());
    if (buffer != NULL) {
        text = lz_text_in(buffer, LZ_PROFILE_SIZE);
        put_all(&text);
        error = lz_output_replace(lz_options.learn, text.start, text.used);
        lz_os_unmap(buffer, LZ_PROFILE_SIZE);
    }
    if (error != 0)
        lz_output_complain("LAZYZERO_LEARN", lz_options.learn, error,
                           "nothing is kept for the next run");
}

/* A class of which one kind is used in part is not used in full. */
static void
apply(const char *text)
{
    struct lz_profile_line line;

    for (const char *at = text; lz_profile_next(&at, &line);) {
        lz_region_demand_expect(lz_pool_class_size(line.size), line.zeroed,
                                line.least, line.most);
        if (line.least >= LZ_PROFILE_FULL)
            lz_hugepage_expect(lz_pool_class_size(line.size), line.blocks);
    }
    for (const char *at = text; lz_profile_next(&at, &line);) {
        if (line.least < LZ_PROFILE_FULL)
            lz_hugepage_learn(lz_pool_class_size(line.size), false);
    }
}

/* Why not; NULL: it was used. */
static const char *
read_profile(char *buffer, int *error)
{
    const char *text = buffer, *why;
    size_t length;

    *error = lz_os_file_read(lz_options.profile, buffer, LZ_PROFILE_SIZE - 1,
                             &length);
    if (*error != 0)
        return lz_os_error_text(*error);
    buffer[length] = '\0';
    why = lz_profile_open(&text, length, lz_os_page_size());
    if (why == NULL)
        apply(text);
    return why;
}

void
lz_region_profile_start(void)
{
    const char *why = NULL;
    int error = ENOMEM;
    char *buffer;

    if (LZ_LIKELY(lz_options.profile[0] == '\0'))
        return;
    buffer = lz_os_map(LZ_PROFILE_SIZE, lz_os_page_size());
    if (buffer != NULL) {
        why = read_profile(buffer, &error);
        lz_os_unmap(buffer, LZ_PROFILE_SIZE);
    }
    if (why != NULL || error != 0)
        lz_log("LAZYZERO_PROFILE=%s: not used, since %s; lazyzero learn makes "
               "a new one",
               lz_options.profile, why != NULL ? why : "the system refuses it");
}
