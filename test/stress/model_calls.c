/* SPDX-License-Identifier: MIT */
/* What is done to a block: resize, set, free. */
#include <strings.h>

#include "model_calls.h"

/* The C++ names in their C form; see model_make.c. */
#if SIZE_MAX > 0xffffffffu
#define MANGLED(before, after) __asm__(before "m" after)
#else
#define MANGLED(before, after) __asm__(before "j" after)
#endif
extern void delete_plain(void *p) __asm__("_ZdlPv") WEAK;
extern void delete_sized(void *p, size_t n) MANGLED("_ZdlPv", "") WEAK;
extern void delete_aligned(void *p, size_t n, size_t align)
    MANGLED("_ZdlPv", "St11align_val_t") WEAK;
extern void *__memset_chk(void *p, int c, size_t n, size_t room) WEAK;

/* --- resizing ------------------------------------------------------------- */

enum { RESIZE_LIBC, RESIZE_ARRAY, RESIZE_X, RESIZE_X_ZERO, RESIZE_WAYS };

/* Half of the time by a little, as programs grow what they have. */
static size_t
pick_new_size(const struct block *block)
{
    size_t n = random_chance(8) ? random_size() : random_modest_size();

    if (random_chance(2) && block->n <= FULL_MOST)
        n = random_chance(3) ? block->n - block->n / 4
                             : block->n + random_below(block->n + 64);
    /* To 0 is a free, and has its place there. */
    return n == 0 ? 1 : n;
}

static void *
resize(struct block *block, unsigned way, size_t n)
{
    switch (way) {
    case RESIZE_LIBC:
        begin("realloc", n, 1);
        return realloc(block->p, n);
    case RESIZE_ARRAY:
        begin("reallocarray", n, 1);
        return reallocarray(block->p, n, 1);
    case RESIZE_X:
        begin("rallocx", n, block->align);
        return rallocx(block->p, n, align_flags(block));
    default:
        begin("rallocx zero", n, 1);
        return rallocx(block->p, n, MALLOCX_ZERO);
    }
}

static void
resize_by_moving(struct block *block)
{
    unsigned way = (unsigned)random_below(RESIZE_WAYS);
    size_t n = pick_new_size(block), old = block->usable;
    void *p = resize(block, way, n);

    if (p == NULL) {
        require_failure(way <= RESIZE_ARRAY ? SETS_ENOMEM : EITHER, n);
        return;
    }
    require_errno_kept();
    block->p = p;
    block->n = n;
    if (way != RESIZE_X)
        block->align = 1;
    block->family = way <= RESIZE_ARRAY ? LIBC : JEMALLOC;
    calls_require_sound(block);
    begin(way <= RESIZE_ARRAY ? "realloc" : "rallocx", n, block->align);
    contents_resize(block, n < old ? n : old, way == RESIZE_X_ZERO && n > old);
}

/*
 * xallocx: the block stays. jemalloc 5.3.0 grows some blocks by the smaller of
 * two sizes and answers the old one, so the answer is only the least.
 */
static void
resize_in_place(struct block *block)
{
    bool zero = random_chance(2);
    size_t n = random_modest_size() + 1, extra = random_modest_size();
    size_t old = block->usable, got;

    begin("xallocx", n, 1);
    got = xallocx(block->p, n, extra, zero ? MALLOCX_ZERO : 0);
    require_errno_kept();
    block->n = got;
    calls_require_sound(block);
    zero = zero && got == block->usable;
    block->n = block->usable;
    contents_resize(block, got < old ? got : old, zero);
}

void
calls_resize(struct block *block)
{
    if (block->family == CXX)
        return;
    if (random_chance(5))
        resize_in_place(block);
    else
        resize_by_moving(block);
    contents_check(block);
    me->resized++;
}

/* --- setting -------------------------------------------------------------- */

/* A program's memset: of all, half or a part, from the start or a bit later. */
static void
pick_part(const struct block *block, size_t *from, size_t *to)
{
    const size_t starts[] = {0, 0, 0, 4, 16, 64, 4095, 4096, 5000};
    size_t end = random_chance(3) ? block->usable : block->n, r, room;

    *from = starts[random_below(COUNT(starts))];
    if (random_chance(10))
        *from = random_below(block->usable);
    if (*from >= end)
        *from = 0;
    r = random_below(8);
    room = end - *from;
    if (r == 0)
        room = room / 2;
    else if (r == 1)
        room = block->usable / 2 < room ? block->usable / 2 : room;
    else if (r == 2)
        room = random_below(room + 1);
    if (room > FULL_MOST)
        room = MIB;
    *to = *from + room;
}

void
calls_set(struct block *block)
{
    unsigned char c = random_chance(5) ? (unsigned char)random_next() : 0;
    size_t from, to;
    void *q;

    pick_part(block, &from, &to);
    contents_make_room(block);
    q = block->p + from;
    begin(c == 0 ? "memset to zero" : "memset", to - from, from);
    if (c == 0 && random_chance(4))
        bzero(q, to - from);
    else if (random_chance(4))
        q = __memset_chk(q, c, to - from, block->usable - from);
    else
        q = memset(q, c, to - from);
    require_errno_kept();
    if (q != block->p + from)
        model_fail("memset answers %p", q);
    contents_note_value(block, from, to, c);
}

void
calls_trim(void)
{
    begin("malloc_trim", 0, 1);
    malloc_trim(0);
    require_errno_kept();
}

/* --- freeing -------------------------------------------------------------- */

static void
free_by_realloc(void *p)
{
    if (realloc(p, 0) != NULL)
        model_fail("realloc to 0 answers a block");
}

static void
free_libc(struct block *block)
{
    unsigned way = (unsigned)random_below(block->family == LIBC ? 6 : 4);

    begin("free", block->n, block->align);
    if (way == 5)
        free_sized(block->p, block->n);
    else if (way == 4 && block->n > 0)
        free_by_realloc(block->p);
    else if (way == 3 && block->family == LIBC_ALIGNED)
        free_aligned_sized(block->p, block->align, block->n);
    else if (way == 2)
        cfree(block->p);
    else
        free(block->p);
}

static void
free_jemalloc(struct block *block)
{
    int flags = align_flags(block);

    begin("dallocx", block->n, block->align);
    if (random_chance(3))
        free(block->p);
    else if (random_chance(2))
        dallocx(block->p, flags);
    else
        sdallocx(block->p, block->n, flags);
}

static void
free_cxx(struct block *block)
{
    begin("delete", block->n, block->align);
    if (block->align > 1)
        delete_aligned(block->p, block->n, block->align);
    else if (random_chance(2))
        delete_plain(block->p);
    else
        delete_sized(block->p, block->n);
}

void
calls_free(struct block *block)
{
    contents_check(block);
    if (block->family == JEMALLOC)
        free_jemalloc(block);
    else if (block->family == CXX)
        free_cxx(block);
    else
        free_libc(block);
    require_errno_kept();
    block->p = NULL;
}
