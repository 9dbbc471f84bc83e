/* SPDX-License-Identifier: MIT */
/*
 * A wrapped OS layer that a test controls. The wrapped functions count, refuse
 * on demand, and let a test look (or act as another thread) in the middle of a
 * call. For tests registered with WRAP ${fake_os}.
 */
#ifndef UNIT_FAKE_OS_H
#define UNIT_FAKE_OS_H

#include "large/index.h"
#include "os/os.h"
#include "start.h"
#include "support.h"

WRAPPED(size_t, lz_os_page_size, void);
WRAPPED(void *, lz_os_map, size_t length, size_t align);
WRAPPED(int, lz_os_unmap, void *start, size_t length);
WRAPPED(int, lz_os_move, void *from, size_t length, void *to, size_t to_length);
WRAPPED(char *, lz_os_move_anywhere, char *from, size_t length, size_t longer,
        size_t align);
WRAPPED(int, lz_os_discard, void *start, size_t length);

static struct {
    size_t page_size; /* 0: the system's */

    /* Mappings of at least refuse_from bytes are refused after that many. */
    bool refuse;
    size_t refuse_from, refuse_after;
    int unmap_error;     /* not 0: the answer; nothing is unmapped */
    int move_error;      /* not 0: the answer; the target is unmapped */
    size_t moves_left;   /* not 0: the last of so many has that answer */
    bool moves_anywhere; /* else that is refused */

    size_t maps, unmaps, moves, discards;
    size_t align;        /* of the last mapping */
    size_t region_maps;  /* of a granule and more */
    size_t region_bytes; /* mapped and not unmapped, in such pieces */
    void *discarded;     /* of the last discard */
    size_t discarded_length;

    /* Called at the start of the next such call, and only of that one. */
    void (*on_map)(void);
    void (*on_unmap)(void *start, size_t length);
    void (*on_move)(void *from, size_t length, void *to, size_t to_length);
} fake_os;

/* .init of a suite: jemalloc has mapped memory already (start.h). */
static inline void
fake_os_reset(void)
{
    memset(&fake_os, 0, sizeof(fake_os));
}

/* Regions only: an index leaf may be needed at any time, and it stays. */
static inline void
fake_os_count(size_t mapped, size_t unmapped)
{
    const size_t granule = LZ_INDEX_GRANULE;

    if (mapped >= granule) {
        __atomic_fetch_add(&fake_os.region_maps, 1, __ATOMIC_RELAXED);
        __atomic_fetch_add(&fake_os.region_bytes, mapped, __ATOMIC_RELAXED);
    }
    if (unmapped >= granule)
        __atomic_fetch_sub(&fake_os.region_bytes, unmapped, __ATOMIC_RELAXED);
}

size_t
__wrap_lz_os_page_size(void)
{
    if (fake_os.page_size != 0)
        return fake_os.page_size;
    return injected_page_size() != 0 ? injected_page_size()
                                     : __real_lz_os_page_size();
}

static inline bool
fake_os_refuses(size_t length)
{
    if (!fake_os.refuse || length < fake_os.refuse_from)
        return false;
    if (fake_os.refuse_after == 0)
        return true;
    fake_os.refuse_after--;
    return false;
}

void *
__wrap_lz_os_map(size_t length, size_t align)
{
    void (*hook)(void) = fake_os.on_map;
    void *p;

    fake_os.on_map = NULL;
    if (hook != NULL)
        hook();
    __atomic_fetch_add(&fake_os.maps, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&fake_os.align, align, __ATOMIC_RELAXED);
    p = fake_os_refuses(length) ? NULL : __real_lz_os_map(length, align);
    if (p != NULL)
        fake_os_count(length, 0);
    return p;
}

int
__wrap_lz_os_unmap(void *start, size_t length)
{
    void (*hook)(void *, size_t) = fake_os.on_unmap;

    fake_os.on_unmap = NULL;
    if (hook != NULL)
        hook(start, length);
    __atomic_fetch_add(&fake_os.unmaps, 1, __ATOMIC_RELAXED);
    if (fake_os.unmap_error != 0)
        return fake_os.unmap_error;
    fake_os_count(0, length);
    return __real_lz_os_unmap(start, length);
}

static inline int
fake_os_move_error(void)
{
    if (fake_os.moves_left == 0)
        return fake_os.move_error;
    return --fake_os.moves_left == 0 ? fake_os.move_error : 0;
}

int
__wrap_lz_os_move(void *from, size_t length, void *to, size_t to_length)
{
    void (*hook)(void *, size_t, void *, size_t) = fake_os.on_move;
    int error = fake_os_move_error();

    fake_os.on_move = NULL;
    if (hook != NULL)
        hook(from, length, to, to_length);
    __atomic_fetch_add(&fake_os.moves, 1, __ATOMIC_RELAXED);
    if (error == 0)
        error = __real_lz_os_move(from, length, to, to_length);
    else
        __real_lz_os_unmap(to, to_length);
    fake_os_count(0, error == 0 ? length : to_length);
    return error;
}

char *
__wrap_lz_os_move_anywhere(char *from, size_t length, size_t longer,
                           size_t align)
{
    char *to = NULL;

    if (fake_os.moves_anywhere)
        to = __real_lz_os_move_anywhere(from, length, longer, align);
    if (to != NULL)
        fake_os_count(longer - length, 0);
    return to;
}

int
__wrap_lz_os_discard(void *start, size_t length)
{
    __atomic_fetch_add(&fake_os.discards, 1, __ATOMIC_RELAXED);
    fake_os.discarded = start;
    fake_os.discarded_length = length;
    return __real_lz_os_discard(start, length);
}

#endif
