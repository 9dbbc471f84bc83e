/* SPDX-License-Identifier: MIT */
/*
 * What is known of pages, of mappings, and of memory. The rules of os.h hold.
 */
#ifndef LZ_OS_PAGES_H
#define LZ_OS_PAGES_H

#include "base/util.h"

/* How to find out which pages of a range may hold something else than zeros. */
enum lz_os_oracle {
    LZ_OS_ORACLE_SCAN,    /* Linux 6.7+: ioctl_pagemap_scan(2) */
    LZ_OS_ORACLE_PAGEMAP, /* page by page: mincore(2), proc(5) */
};

struct lz_os_range {
    uint64_t start, end;
    uint64_t categories; /* the system's own */
};

/* Maps what questions need, which later might lie in a hole of a block. */
void lz_os_get_ready(void);

/*
 * Populated pages of [start, end), which must be plain private anonymous
 * memory: there, a page that is neither present nor swapped out reads as zero.
 * Fills at most `capacity` ranges, in order, and returns their number; all
 * pages before *resume (at most `end`) have then been looked at. -1 when the
 * system cannot tell: nothing is known then. Never blocks; usable in a signal
 * handler and in the child of any kind of fork.
 */
int lz_os_find_populated(enum lz_os_oracle oracle, char *start, char *end,
                         struct lz_os_range *ranges, int capacity,
                         char **resume);

/*
 * To be called before such a range is written. can_write is false where a write
 * would end the process, as in a page that was marked as poison; is_present
 * also where pages were swapped out.
 */
bool lz_os_can_write(const struct lz_os_range *range);
bool lz_os_is_present(const struct lz_os_range *range);

/*
 * False when the range is no longer what lz_os_map made it: not one
 * mapping, private, of no file, readable and writable. True where the system
 * cannot tell (Linux before 6.11).
 */
bool lz_os_is_plain(char *start, size_t length);

/*
 * True only where the range, of which nothing is known, surely is
 * private anonymous memory, readable and writable.
 */
bool lz_os_is_surely_plain(char *start, size_t length);

/* Makes the pages resident and writable, contents kept. 0, or an errno value:
 * ENOSYS where the system has no such call. */
int lz_os_populate(void *start, size_t length);

/*
 * Takes back the advice about a range that does not change what it holds
 * or means: an order of use, not to be dumped, to be merged. False: the system
 * refuses.
 */
bool lz_os_take_advice_back(char *start, size_t length);

/*
 * As lz_os_is_plain, for a range that gets a new owner: advice, locks
 * and, where the system cannot tell, protection that the old owner left behind
 * are taken back. False: unmap it. The last page of the range must be slack
 * that the program had no reason to touch.
 */
bool lz_os_make_plain(char *start, size_t length);

/*
 * From now on the system is asked nothing. This is for a sandbox that
 * kills the process for any call but mmap, munmap, mremap and madvise. No file
 * is opened, and a block that the program treated is not reused
 * (lz_os_make_plain is false).
 */
void lz_os_ask_nothing(void);

/*
 * Does this run on an alternate signal stack (sigaltstack(2))? It may
 * have only a few hundred bytes left. False after lz_os_ask_nothing.
 */
bool lz_os_is_on_signal_stack(void);

/* False when a part of the range is not mapped (after a fork, say). */
bool lz_os_is_mapped(char *start, size_t length);

/*
 * Whether the children of fork get the range. 0, or an errno value and
 * then a part of it may have been changed; ENOSYS where the system has no such
 * call.
 */
int lz_os_inherit(void *start, size_t length, bool inherited);

/*
 * True when lz_os_discard makes such memory read as zeros, unless it fails.
 * Tried once on a page of our own: QEMU's user mode and some systems keep the
 * contents.
 */
bool lz_os_discard_zeroes(void);

/*
 * Bytes of memory that this process may use at most; an estimate. 0:
 * that cannot be told. Not to be called after lz_os_ask_nothing.
 */
size_t lz_os_memory_size(void);

/*
 * Bytes that this process could still use before the machine, or a
 * control group that it is in, runs out of memory: an estimate, in which caches
 * of files count as free. SIZE_MAX: that cannot be told. Not to be called after
 * lz_os_ask_nothing.
 */
size_t lz_os_memory_free(void);

#endif
