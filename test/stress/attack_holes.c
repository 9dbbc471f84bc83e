/* SPDX-License-Identifier: MIT */
/* Pages that leave a block, and mappings that come in their place. */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "attack.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#ifndef MADV_KEEPONFORK
#define MADV_KEEPONFORK 19
#endif

#define READ_WRITE (PROT_READ | PROT_WRITE)

/* Pages at a time that are moved. */
enum { MOVE_MOST = 512 };

static void *
map(void *at, size_t n, int prot, int flags, int fd)
{
    void *p = mmap(at, n, prot, flags, fd, 0);

    if (p == MAP_FAILED)
        report_failure("mmap of %zu bytes fails", n);
    return p;
}

/* --- strangers ------------------------------------------------------------ */

void
holes_check(struct stranger *stranger)
{
    for (size_t i = 0; i < stranger->pages; i++) {
        if (!pages_holds(stranger->p + i * run.page, stranger->seed, i, DATA))
            report_failure("page %zu of the mapping at %p, which is no block, "
                           "has changed",
                           i, (void *)stranger->p);
    }
}

void
holes_drop(struct stranger *stranger)
{
    if (stranger->pages == 0)
        return;
    me->call = "look at a stranger";
    holes_check(stranger);
    munmap(stranger->p, stranger->pages * run.page);
    stranger->pages = 0;
}

static void
adopt(unsigned char *p, size_t pages)
{
    struct stranger *stranger = &me->strangers[random_below(STRANGERS)];

    holes_drop(stranger);
    stranger->p = p;
    stranger->pages = pages;
    stranger->seed = random_next();
    for (size_t i = 0; i < pages; i++)
        pages_fill(p + i * run.page, stranger->seed, i);
}

/* Only a wish, so that nobody hears of an address of its own. */
void
holes_settle(unsigned char *at, size_t pages)
{
    if (pages > MOVE_MOST)
        pages = MOVE_MOST;
    adopt(
        map(at, pages * run.page, READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1),
        pages);
}

/* --- holes ---------------------------------------------------------------- */

/* Advice and locks move with the pages. */
static void
forget_advice(void *p, size_t n)
{
    if (mprotect(p, n, READ_WRITE) != 0)
        report_failure("moved pages cannot be made accessible");
    madvise(p, n, MADV_DOFORK);
    madvise(p, n, MADV_KEEPONFORK);
    munlock(p, n);
}

/*
 * False: pages of more than one mapping do not move, or the first of them
 * (Linux 6.17).
 */
static bool
move_away(unsigned char *at, size_t pages, int flags)
{
    size_t n = pages * run.page;
    void *to = map(NULL, n, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

    if (mremap(at, n, n, MREMAP_MAYMOVE | MREMAP_FIXED | flags, to) == to) {
        forget_advice(to, n);
        adopt(to, pages);
        return true;
    }
    munmap(to, n);
    return false;
}

static void
open_hole(struct block *block, size_t from, size_t to)
{
    unsigned char *at = block->p + from * run.page;
    size_t n = (to - from) * run.page;

    if (to - from <= MOVE_MOST && !pages_are(block, from, to, FOREIGN) &&
        random_chance(2)) {
        pages_open(block, from, to);
        if (move_away(at, to - from, 0))
            return;
    }
    if (random_chance(4) && n > run.page &&
        mremap(at, n, run.page, 0) == (void *)at)
        return;
    if (munmap(at, n) != 0)
        report_failure("munmap of %zu bytes fails", n);
}

/* Nobody looks at the block any more, so its pages need no states. */
void
holes_free(struct block *block)
{
    size_t from, to;
    unsigned char *at;

    if (!block->is_large || !pages_pick(block, &from, &to))
        return;
    at = block->p + from * run.page;
    steps_begin_alone();
    me->call = "free with a hole";
    open_hole(block, from, to);
    if (random_chance(3))
        blocks_shrink(block);
    free(block->p);
    block->p = NULL;
    holes_settle(at, to - from);
    if (random_chance(2))
        holes_settle(at + (to - from) / 2 * run.page, (to - from) / 2 + 1);
    steps_end_alone();
    me->done[5]++;
}

static bool
attach(unsigned char *at, size_t n)
{
    int id = shmget(IPC_PRIVATE, n, IPC_CREAT | 0600);
    bool done = id >= 0 && shmat(id, at, SHM_REMAP) == (void *)at;

    if (id >= 0)
        shmctl(id, IPC_RMID, NULL);
    return done;
}

/* Its state. Private memory is the block's own again. */
static unsigned
map_over(unsigned char *at, size_t n)
{
    size_t way = random_below(7);
    int fixed = MAP_FIXED | (random_chance(2) ? MAP_NORESERVE : 0);

    if (way < 3) {
        map(at, n, READ_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | fixed, -1);
        return ZERO;
    }
    if (way == 3)
        map(at, n, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | fixed, -1);
    else if (way == 4)
        map(at, n, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS | fixed, -1);
    else if (way == 5 && attach(at, n))
        return FOREIGN;
    else
        map(at, n, READ_WRITE,
            (random_chance(2) ? MAP_SHARED : MAP_PRIVATE) | fixed, run.file);
    return way == 3 ? ZERO | NO_ACCESS : FOREIGN;
}

void
holes_fill(struct block *block)
{
    size_t from, to;
    unsigned char *at;

    if (!block->is_large || !pages_pick(block, &from, &to))
        return;
    if ((to - from) * run.page > FILE_SIZE)
        to = from + FILE_SIZE / run.page;
    at = block->p + from * run.page;
    steps_begin_alone();
    me->call = "map over a block";
    if (random_chance(3))
        open_hole(block, from, to);
    pages_set(block, from, to, map_over(at, (to - from) * run.page));
    steps_end_alone();
    me->done[6]++;
}

/* The pages go, and the mapping stays. */
void
holes_move_out(struct block *block)
{
    size_t from, to;

    if (!block->is_large || !pages_pick(block, &from, &to))
        return;
    if (to - from > MOVE_MOST)
        to = from + MOVE_MOST;
    if (pages_are(block, from, to, FOREIGN))
        return;
    steps_begin_alone();
    me->call = "mremap that leaves the mapping";
    pages_open(block, from, to);
    if (move_away(block->p + from * run.page, to - from, MREMAP_DONTUNMAP))
        pages_hold(block, from, to, run.empty);
    else
        pages_may_be(block, from, to, OTHER);
    steps_end_alone();
}
