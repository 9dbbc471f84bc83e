/* SPDX-License-Identifier: MIT */
/* What region*.c share: the record of a region, and where things lie in it. */
#ifndef LZ_REGION_INSIDE_H
#define LZ_REGION_INSIDE_H

#include "large/history.h"
#include "large/meta.h"
#include "large/pool.h"
#include "large/region.h"
#include "os/os.h"

/* CACHED: freed, and in a CPU's cache (region_cached.c). */
enum state { FREE, LIVE, CACHED };

/*
 * A mapping of reserved huge pages (region_hugetlb.c), or one that replaced it
 * (region_hugetlb_fork.c): neither has slack or is kept.
 */
enum {
    LZ_REGION_HUGETLB_NONE,
    LZ_REGION_HUGETLB_RESERVED,
    LZ_REGION_HUGETLB_REPLACED,
};

/*
 * A joined region (region_join.c) is several mappings, one behind the other. A
 * seam is where one of them ends and the next begins.
 */
#define LZ_REGION_SEAMS 31

struct lz_seams {
    uint16_t count;
    uint16_t at[LZ_REGION_SEAMS]; /* granules from the start; ascending */
};

struct lz_region {
    struct lz_pool_entry entry; /* the mapping; first, as meta wants */
    char *base;                 /* what the program holds */
    size_t usable;              /* multiple of the page size */
    size_t high_water; /* the largest usable size since pages were given back */
    enum state state;  /* atomic: two threads may free at once */
    bool awaits_memset;   /* atomic: no memset of the program's yet */
    bool reused;          /* this block uses a freed one's memory */
    bool plain;           /* it was made plain when it was freed */
    bool tight;           /* the mapping has the least size (region_map.c) */
    unsigned char change; /* atomic: the worst enum lz_region_change so far */
    unsigned char advice; /* bits: what all of the mapping was advised */
    bool zeroed;          /* this block was asked for as zero */
    bool unproved;        /* cut from one with seams: zeros are written */
    size_t held;          /* bytes that lz_retain_use counts for it */
    size_t peak_before;   /* lz_retain_peak when it was allocated */
    size_t warm_end; /* from the mapping's start: what this use began with */
    struct lz_seams seams;
    struct lz_history history;
    unsigned char hugetlb; /* LZ_REGION_HUGETLB_... */
    bool hugepages;        /* its class was thought to be used in full */
};

_Static_assert(sizeof(struct lz_region) <= LZ_META_RECORD_SIZE, "fits");

/*
 * At free, while the program still owns the block: takes back what it did to
 * the mapping, as far as that is possible. False: unmap it now, since later the
 * holes that the program left may be somebody else's memory.
 */
bool lz_region_make_plain(struct lz_region *region);

/*
 * Is a freed region's mapping still ours to hand out? If pages will be handed
 * out as zero without being written (`as_zero`), the system is asked. Of an
 * unproved region the system cannot tell this. False: unmap it.
 */
bool lz_region_is_ours(const struct lz_region *region, bool as_zero);

/* Is the kept region, with a block placed in it, ours to hand out like that? */
bool lz_region_is_fit(const struct lz_region *region, bool zero);

/*
 * The block is the program's from now on. It was asked for as zero or not, and
 * it uses a freed one's memory or not.
 */
void lz_region_hand_out(struct lz_region *region, bool zero, bool reused);

/*
 * May a freed region become several, or the parts of a live one be moved one by
 * one? The front of a mapping has no slack. That
 * it is one mapping is a proof only if the whole mapping was plain before the
 * cut. In a region with seams, each part between them has to be one mapping.
 */
bool lz_region_may_be_cut(const struct lz_region *region);

/* The region that holds all of [p, p + n), which may be anything; or NULL. */
struct lz_region *lz_region_alone(const void *p, size_t n);

/*
 * Where the region that the index gave for that address ends. Its record may
 * belong to another thread's region by now: then the end of one granule.
 */
uintptr_t lz_region_end_of(const struct lz_region *region, uintptr_t at);

/*
 * For asserts (region_check.c). The first: in the record of a freed region,
 * lengths, seams and index agree, and no program owns it. The second: the block
 * lies in its mapping, before the slack. The third: the same, and a free will
 * find it by its address.
 */
bool lz_region_is_sound(const struct lz_region *region);
bool lz_region_holds_block(const struct lz_region *region);
bool lz_region_is_whole(const struct lz_region *region);

/* Its seams ascend, and lie in the mapping. */
bool lz_region_is_divided(const struct lz_region *region);

/* Is the mapping unchanged, as far as was observed or else the system says? */
bool lz_region_is_as_made(const struct lz_region *region);

/* The advice that lz_region_advise widened. False: the system refuses. */
bool lz_region_take_advice_back(struct lz_region *region);

/* Notes a change, unless a worse one is noted already. */
void lz_region_mark(struct lz_region *region, enum lz_region_change change);

/* Atomic. Unless changes are OBSERVED, every region may have been changed. */
enum { LZ_REGION_NOT_YET, LZ_REGION_OBSERVED, LZ_REGION_UNOBSERVED };
extern LZ_HIDDEN int lz_region_observation;

/* Are all changes observed? */
bool lz_region_change_is_observed(void);

/* From now on changes are looked for in this mapping too. */
void lz_region_change_cover(const char *map, size_t map_size);

/*
 * The size of the mapping: room for any stagger, so that the same request is
 * always of the same class, and for a page of slack at the end, which
 * lz_os_is_plain counts on.
 */
size_t lz_region_map_size_for(size_t usable);

/* The least that a mapping for it may have, in whole granules. */
size_t lz_region_need_for(size_t usable);

/*
 * A new mapping. If the system refuses it, the pool is released and the system
 * is asked once more. NULL if it still refuses.
 */
void *lz_region_map(size_t size, size_t align);

/*
 * The mapping for a new block of n bytes behind that stagger, and its size
 * (region_map.c). NULL: refused.
 */
char *lz_region_map_fresh(size_t n, size_t stagger, size_t align, size_t *size);

/*
 * The same in reserved huge pages, where LAZYZERO_HUGEPAGES asks for them
 * (region_hugetlb.c). NULL: it does not, or not for such a block, or there are
 * too few.
 */
char *lz_region_hugetlb_map(size_t n, size_t align, size_t *size);

/* How long such a mapping has to be: whole huge pages. */
size_t lz_region_hugetlb_size(size_t n);

/*
 * Makes the mapping of a live region long enough for n bytes without a second
 * one: a size class if the system allows it, else fewer bytes. False: nothing
 * changed.
 */
bool lz_region_stretch(struct lz_region *region, size_t n, size_t align);

/*
 * Makes the record and the index say how long the mapping is. False, and no
 * change, if the index lacks memory. To restore the former length needs no
 * memory.
 */
bool lz_region_set_map_size(struct lz_region *region, size_t size);

/*
 * May the pool keep this freed region? Not where the address space of the
 * process is limited and nearly used up: then the pool keeps nothing.
 */
bool lz_region_may_keep(const struct lz_region *region);

/*
 * A kept region for the request, with the block placed in it; NULL if there is
 * none. If `zero`, the caller has to make the block read as zero.
 */
struct lz_region *lz_region_reuse(size_t n, size_t align, bool zero);

/*
 * A region for n bytes made of kept ones of other sizes, or NULL
 * (region_bank.c). Contents are unspecified. `zero`: they will be zeroed, so
 * that all pages are in use.
 */
struct lz_region *lz_region_take_other(size_t n, size_t align, bool zero);

/*
 * Cuts a freed region, which is in no list, to that size. If the rest may be
 * resident, it becomes a kept region of its own. False, and no change: there is
 * no memory for a record.
 */
bool lz_region_split(struct lz_region *region, size_t size);

/* Splits it at that size if it has pages for many more bytes. */
void lz_region_spare(struct lz_region *region, size_t size);

/* Keeps a freed region with seams as one region for each of its mappings. */
void lz_region_take_apart(struct lz_region *region);

/*
 * May it be cut or moved? All bytes up to high_water must count as resident,
 * and of a zeroed block more than half must be populated.
 */
bool lz_region_is_dense(const struct lz_region *region);

/*
 * A freed region of that size, or NULL. Its first bytes, at most `most`, are
 * pages of kept regions (region_join.c).
 */
struct lz_region *lz_region_join(size_t size, size_t most);

/*
 * The first: a use has ended, and so much of the mapping was populated. This is
 * learned, to bound how many kept pages a large block gets, since the program
 * may leave them unused (region_demand.c). The second: how many bytes of kept
 * pages a mapping of that size gets.
 */
void lz_region_demand_learn(const struct lz_region *region, size_t populated);
size_t lz_region_demand(size_t size);

/*
 * Was the last fresh calloc of that size class used in full, or, if there was
 * none, the last few of all classes? Then kept pages are worth more than
 * untouched ones, although they have to be written.
 */
bool lz_region_demand_is_dense(size_t size);

/* A calloc of that class got kept pages. Only a few in a row may do so. */
void lz_region_demand_spend(size_t size);

/*
 * How many bytes the block is expected to hold: its whole size, or, if that is
 * known, what the last fresh one of its class was seen to hold, but at least
 * the pages that it began with.
 */
size_t lz_region_demand_held(const struct lz_region *region);

/*
 * Before the program has shown anything: of blocks of that size class, made
 * zero or not, from `least` to `most` percent were used in a run before.
 */
void lz_region_demand_expect(size_t map_size, bool zeroed, size_t least,
                             size_t most);

/*
 * With LAZYZERO_LEARN: looks at a block whose use has ended, or that is live
 * when the process ends (region_profile.c). If another thread frees it
 * meanwhile, the profile may be wrong, which does no harm.
 */
void lz_region_profile_look(const struct lz_region *region);

/*
 * Places a block of n bytes in a mapping that is long enough; where the last
 * block was, if the alignment allows, because its pages are resident.
 */
void lz_region_place_again(struct lz_region *region, size_t n, size_t align);

/*
 * Moves the pages of a region to the start of a mapping that the caller made.
 * That mapping is then the region's. False: the mapping that the caller made is
 * gone, and the region is as it was.
 */
bool lz_region_move_onto(struct lz_region *region, char *map, size_t map_size);

/*
 * The same for a region with seams, to a longer mapping (region_parts.c). False
 * also where there are too many seams, and before Linux 5.7.
 */
bool lz_region_move_parts(struct lz_region *region, char *map, size_t map_size);

/* Where the mapping that begins at `at` ends, or `end`. */
size_t lz_region_part_end(const struct lz_seams *seams, size_t at, size_t end);

/* Unmaps a region that is in no list. */
void lz_region_destroy(struct lz_region *region);

/* The same, for one that was kept: counted, and traced. */
void lz_region_destroy_kept(struct lz_region *region);

/* As destroy, for one whose mapping is gone already. */
void lz_region_forget(struct lz_region *region);

/* The same, for one that could have been kept. */
void lz_region_let_go(struct lz_region *region);

/* How many usable bytes the block has now, and had before. 0: it is not live.
 */
void lz_region_count_live(struct lz_region *region, size_t now, size_t before);

/* Makes [p, p + n) of the block read as zero. How much was written. */
size_t lz_region_make_zero(struct lz_region *region, char *p, size_t n);

/*
 * What the options ask for before a freed block is kept. False: it is to be
 * unmapped, since it is not ours to write to any more, or the system refuses.
 */
bool lz_region_drop_contents(struct lz_region *region);

/*
 * LAZYZERO_GUARD (region_guard.c). The stagger, given the usual one for that
 * alignment: never 0.
 */
size_t lz_region_guard_stagger(size_t stagger, size_t align);

/* Makes inaccessible what lies around the block. False: it could not. */
bool lz_region_guard_close(const struct lz_region *region);

/* Makes the block smaller, where the system has a mapping left for that. */
void lz_region_guard_shrink(struct lz_region *region, size_t usable);

/* Drops the contents and makes all of it inaccessible. False: it could not. */
bool lz_region_guard_free(struct lz_region *region);

/*
 * Atomic, because lz_region_change reads them from a record that another
 * thread's region may have by then. At worst, one mark too many is set.
 */
static inline void
lz_region_set_map(struct lz_region *region, char *map, size_t map_size)
{
    __atomic_store_n(&region->entry.map, map, __ATOMIC_RELAXED);
    __atomic_store_n(&region->entry.map_size, map_size, __ATOMIC_RELAXED);
}

static inline bool
lz_region_is_changed(const struct lz_region *region)
{
    return __atomic_load_n(&region->change, __ATOMIC_ACQUIRE) !=
           LZ_REGION_UNCHANGED;
}

/* A live block that is as the library made it, as far as was observed. */
static inline bool
lz_region_is_unchanged(const struct lz_region *region)
{
    return __atomic_load_n(&region->state, __ATOMIC_ACQUIRE) == LIVE &&
           !lz_region_is_changed(region);
}

/* May a page be left unwritten if the system says that it is zero? */
static inline bool
lz_region_may_spare(const struct lz_region *region)
{
    return !lz_region_is_changed(region) && !region->unproved;
}

static inline char *
lz_region_map_end(const struct lz_region *region)
{
    return region->entry.map + region->entry.map_size;
}

/* Bytes at the end of the mapping that no block may have. */
static inline size_t
lz_region_slack(const struct lz_region *region)
{
    return LZ_UNLIKELY(region->hugetlb) ? 0 : lz_os_page_size();
}

static inline size_t
lz_region_stagger(const struct lz_region *region)
{
    return (size_t)(region->base - region->entry.map);
}

static inline size_t
lz_region_end_offset(const struct lz_region *region)
{
    return lz_region_stagger(region) + region->usable;
}

static inline void
lz_region_raise_high_water(struct lz_region *region)
{
    if (lz_region_end_offset(region) > region->high_water)
        region->high_water = lz_region_end_offset(region);
}

static inline void
lz_region_place(struct lz_region *region, size_t n, size_t stagger)
{
    region->base = region->entry.map + stagger;
    region->usable = lz_region_usable_for(n);
    lz_region_raise_high_water(region);
}

#endif
