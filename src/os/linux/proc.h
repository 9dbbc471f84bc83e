/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of files under /proc/self that live long, in a program that may
 * close them, put another file under their number (another process's pagemap,
 * at worst), or fork: in a fork child the descriptor still describes the
 * parent, and its answers would leave dirty bytes. So a descriptor is used only
 * by the process that opened it, and only if fstat shows the file that was
 * opened. The owner is recorded on a page that the kernel wipes at fork. If
 * nothing can undo the wiping (MAP_DROPPABLE, Linux 6.11), this is enough. If
 * it depends on advice alone (MADV_WIPEONFORK, Linux 4.14; QEMU's user mode
 * ignores it and answers success), the process id is compared as well. In any
 * case, the fork handler clears the claims and closes the files.
 *
 * These functions change errno. They take no lock, allocate nothing and are no
 * cancellation points.
 */
#ifndef LZ_OS_LINUX_PROC_H
#define LZ_OS_LINUX_PROC_H

#include "base/util.h"

enum { LZ_OS_PROC_PAGEMAP, LZ_OS_PROC_MAPS, LZ_OS_PROC_COUNT };

/* lz_os_ask_nothing was called. */
bool lz_os_proc_is_silent(void);

/* A descriptor of that file that is surely ours now, or -1. */
int lz_os_proc_fd(int which);

/*
 * After an answer: did this process ask? A signal handler may have forked
 * between the look at the descriptor and its use, and this be the child.
 */
bool lz_os_proc_is_ours(int which);

/* The pagemap's entries of so many pages from `start` on; false: not all. */
bool lz_os_proc_read(int fd, const void *start, uint64_t *entries,
                     size_t pages);

/* Present or swapped out, as entries have it: proc(5), "/proc/pid/pagemap". */
static inline bool
lz_os_proc_is_populated(uint64_t entry)
{
    return (entry >> 62 & 3) != 0;
}

static inline bool
lz_os_proc_is_present(uint64_t entry)
{
    return (entry >> 63 & 1) != 0;
}

#endif
