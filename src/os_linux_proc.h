/* SPDX-License-Identifier: MIT */
/*
 * Descriptors of files under /proc/self that live long, in a program that may
 * close them, put another file under their number (another process's pagemap,
 * at worst), or fork: in a fork child the descriptor still describes the
 * parent, and its answers would leave dirty bytes. So a descriptor is used only
 * by the process that opened it, and only when fstat shows the file that was
 * opened. Whose it is stands on a page that the kernel wipes at fork
 * (MADV_WIPEONFORK, Linux 4.14). QEMU's user mode ignores that advice and
 * answers success: so the process id is compared as well, until the kernel has
 * shown by PAGEMAP_SCAN that it is a real one, and a young one (6.7).
 *
 * These functions change errno. They take no lock, allocate nothing and are no
 * cancellation points.
 */
#ifndef LZ_OS_LINUX_PROC_H
#define LZ_OS_LINUX_PROC_H

#include "util.h"

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

/* PAGEMAP_SCAN has answered. Saves a call or two of getpid(2) a question. */
void lz_os_proc_scanned(void);

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
