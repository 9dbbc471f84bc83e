/* SPDX-License-Identifier: MIT */
/* What a program does to pages that stay its own. */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "attack.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif
#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#define MADV_KEEPONFORK 19
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* An older libc may lack these. */
extern int mlock2(const void *p, size_t n, unsigned flags)
    __attribute__((weak));
extern int pkey_mprotect(void *p, size_t n, int prot, int key)
    __attribute__((weak));
extern ssize_t process_madvise(int process, const struct iovec *ranges,
                               size_t count, int advice, unsigned flags)
    __attribute__((weak));

/* All values up to COLLAPSE, the guards, and one that nobody knows. */
static int
pick_advice(void)
{
    static const int often[] = {
        MADV_DONTNEED,      MADV_FREE,         MADV_DONTFORK, MADV_WIPEONFORK,
        MADV_GUARD_INSTALL, MADV_GUARD_REMOVE, MADV_HUGEPAGE, 99};

    return random_chance(2)
               ? often[random_below(sizeof(often) / sizeof(often[0]))]
               : (int)random_below(26);
}

static int
advise_self(void *p, size_t n, int advice)
{
    struct iovec range = {p, n};
    int self = (int)syscall(SYS_pidfd_open, getpid(), 0);
    ssize_t done = process_madvise(self, &range, 1, advice, 0);

    close(self);
    return done == (ssize_t)n ? 0 : -1;
}

static int
advise(void *p, size_t n, int advice)
{
    size_t way = random_below(6);

    if (way == 0 && process_madvise != NULL)
        return advise_self(p, n, advice);
    if (way == 1 && advice <= MADV_WILLNEED)
        return posix_madvise(p, n, advice);
    return madvise(p, n, advice);
}

/* What it did not do to the first page it may have done to another. */
static void
note_contents(struct block *block, size_t from, size_t to, int advice,
              bool done)
{
    bool drops = advice == MADV_DONTNEED || advice == MADV_DONTNEED_LOCKED ||
                 advice == MADV_GUARD_INSTALL;

    if (drops && done)
        pages_hold(block, from, to, run.empty);
    else if (drops || advice == MADV_FREE)
        pages_may_be(block, from, to, run.empty);
    if (advice == MADV_GUARD_INSTALL)
        pages_may_be(block, from, to, GUARDED);
    if (advice == MADV_GUARD_REMOVE && done) {
        for (size_t i = from; i < to; i++)
            block->state[i] &= (uint8_t)~GUARDED;
    }
}

/*
 * Not MADV_REMOVE of a file that is mapped there, since it changes the file. A
 * block of the heap that is not in a child could not be freed there.
 */
void
advice_give(struct block *block)
{
    int advice = pick_advice();
    size_t from, to;
    bool done;

    me->call = "madvise";
    if (!pages_pick(block, &from, &to) ||
        (advice == MADV_REMOVE && pages_are(block, from, to, FOREIGN)) ||
        (advice == MADV_DONTFORK && !block->is_large))
        return;
    done =
        advise(block->p + from * run.page, (to - from) * run.page, advice) == 0;
    note_contents(block, from, to, advice, done);
    if (advice == MADV_WIPEONFORK)
        block->is_wiped = true;
    if (advice == MADV_DONTFORK)
        block->is_absent = true;
    me->done[2]++;
}

void
advice_protect(struct block *block)
{
    static const int prots[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
                                PROT_READ | PROT_WRITE | PROT_EXEC};
    int prot = prots[random_below(4)];
    size_t from, to;
    void *p;

    me->call = "mprotect";
    if (!pages_pick(block, &from, &to))
        return;
    p = block->p + from * run.page;
    if (random_chance(5) && pkey_mprotect != NULL)
        pkey_mprotect(p, (to - from) * run.page, prot, -1);
    else
        mprotect(p, (to - from) * run.page, prot);
    /* What was protected before may still be, if it failed. */
    if (prot == PROT_NONE)
        pages_may_be(block, from, to, NO_ACCESS);
    else if ((prot & PROT_WRITE) == 0)
        pages_may_be(block, from, to, READ_ONLY);
    me->done[3]++;
}

void
advice_lock(struct block *block)
{
    size_t from, to, way = random_below(4), n;
    void *p;

    me->call = "mlock";
    if (!pages_pick(block, &from, &to))
        return;
    p = block->p + from * run.page;
    n = (to - from) * run.page;
    if (way == 0)
        munlock(p, n);
    else if (way == 1 && mlock2 != NULL)
        mlock2(p, n, 1 /* MLOCK_ONFAULT */);
    else
        mlock(p, n);
    me->done[4]++;
}

/* What nobody hears, and what changes no byte. */
void
advice_name(struct block *block)
{
    unsigned long nodes = 1;
    size_t from, to, n;
    void *p;

    me->call = "prctl or mbind";
    if (!pages_pick(block, &from, &to))
        return;
    p = block->p + from * run.page;
    n = (to - from) * run.page;
    if (random_chance(2))
        prctl(PR_SET_VMA, 0, p, n, "attack");
#ifdef SYS_mbind
    else
        syscall(SYS_mbind, p, n, 2 /* MPOL_BIND */, &nodes, 8, 0);
#endif
}

void
advice_take_back(struct block *block)
{
    size_t n = block->pages * run.page;

    if ((uintptr_t)block->p % run.page != 0 || n == 0)
        return;
    pages_open(block, 0, block->pages);
    faults_unregister(block);
    me->call = "take advice back";
    mprotect(block->p, n, PROT_READ | PROT_WRITE);
    munlock(block->p, n);
    madvise(block->p, n, MADV_DOFORK);
    madvise(block->p, n, MADV_KEEPONFORK);
}
