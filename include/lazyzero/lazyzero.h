/* SPDX-License-Identifier: MIT */
/*
 * liblazyzero: large memory costs what a program touches, not what it asks for.
 *
 * Programs need none of this: preloading the library is enough. The functions
 * are for programs that want to know whether it is there, and more. A program
 * may be linked with it (-llazyzero), which makes it the malloc of the program;
 * or it defines LAZYZERO_WEAK before it includes this file, asks of each name
 * whether it is there (if (lazyzero_trim) ...), and the same binary runs with
 * and without the preload.
 *
 * Every function here is thread safe, keeps errno, and may be called before any
 * constructor has run.
 */
#ifndef LAZYZERO_H
#define LAZYZERO_H

#include <stddef.h>
#include <stdint.h>

#define LAZYZERO_VERSION_MAJOR 0
#define LAZYZERO_VERSION_MINOR 2
#define LAZYZERO_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) && defined(LAZYZERO_WEAK)
#define LAZYZERO_API __attribute__((weak, visibility("default")))
#elif defined(__GNUC__)
#define LAZYZERO_API __attribute__((visibility("default")))
#else
#define LAZYZERO_API
#endif

/* The version of the library that is loaded, "MAJOR.MINOR.PATCH". */
LAZYZERO_API const char *lazyzero_version(void);

/*
 * 1 when malloc in this process is liblazyzero's, 0 when another definition
 * came first in the dynamic linker's search order (a program with an allocator
 * of its own, a sanitizer).
 */
LAZYZERO_API int lazyzero_is_active(void);

/*
 * 1 when `p` was returned by an allocation call, is not freed, and is a region:
 * a large block with a mapping of its own. 0 for every other pointer, NULL and
 * pointers into the middle of a region included.
 */
LAZYZERO_API int lazyzero_owns(const void *p);

/*
 * The statistics of this process, of large blocks only: a small malloc or free
 * counts nothing. Counters rise from the start of the process (in the child of
 * a fork: from the fork); live_bytes and retained_bytes are present values,
 * with the most that they were. liblazyzero(7) describes each field.
 */
#define LAZYZERO_STATS_VERSION 1

struct lazyzero_stats {
    uint64_t size;    /* bytes of this struct, set by the caller */
    uint64_t version; /* LAZYZERO_STATS_VERSION of the library, set by it */

    uint64_t requests_malloc;
    uint64_t requests_calloc;
    uint64_t requests_memalign;
    uint64_t requests_realloc;
    uint64_t requests_memset;
    uint64_t regions_allocated;
    uint64_t regions_freed;
    uint64_t regions_reused;
    uint64_t regions_released;
    uint64_t hugepage_regions;
    uint64_t bytes_allocated;
    uint64_t bytes_not_zeroed;
    uint64_t bytes_zeroed;
    uint64_t bytes_reused;
    uint64_t faults_avoided;
    uint64_t resized_in_place;
    uint64_t resized_by_move;
    uint64_t resized_by_copy;
    uint64_t refused;
    uint64_t live_bytes;
    uint64_t live_bytes_peak;
    uint64_t retained_bytes;
    uint64_t retained_bytes_peak;
    uint64_t regions_let_go;
    uint64_t regions_split;
    uint64_t regions_enlarged;

    uint64_t reserved[13]; /* 0; later fields come from here */
};

/*
 * Fills `stats`, whose size the caller has set to sizeof(struct lazyzero_stats)
 * as compiled; a library of another version fills as much as both know, and
 * sets the rest to 0 and size to what it filled. 0, or EINVAL where the size is
 * below 16. Each number is right, but while other threads allocate they are not
 * of the same instant.
 */
LAZYZERO_API int lazyzero_read_stats(struct lazyzero_stats *stats);

/*
 * What finds out what is zero already, now, in this process: "scan", "pagemap",
 * "discard" or "memset" (LAZYZERO_ORACLE in liblazyzero(7)).
 */
LAZYZERO_API const char *lazyzero_oracle(void);

/*
 * Gives the memory of all freed blocks, large and small, back to the system. 1
 * if some may have gone back, else 0.
 */
LAZYZERO_API int lazyzero_trim(void);

/*
 * Makes all pages of [p, p + n) resident, with their contents as they are, so
 * that using them takes no page fault. Any writable memory. 0, or an errno
 * value: EFAULT or ENOMEM where a part of it is not mapped or not writable or
 * memory ran out; some pages may then be resident.
 */
LAZYZERO_API int lazyzero_prefault(void *p, size_t n);

/*
 * memset(p, 0, n), but within one large block that malloc gave, pages that read
 * as zero already are neither written nor made resident. Any writable memory:
 * elsewhere, and where the kernel cannot confirm that the block is as malloc
 * gave it (Linux before 6.11; a file mapped over it, userfaultfd), all of it is
 * written. Bytes that were written.
 */
LAZYZERO_API size_t lazyzero_zero(void *p, size_t n);

#ifdef __cplusplus
}
#endif

#endif
