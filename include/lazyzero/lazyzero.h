/* SPDX-License-Identifier: MIT */
/*
 * liblazyzero: large memory costs what a program touches, not what it asks for.
 *
 * No program needs this file: preloading the library is enough. The functions
 * are for programs that want to know whether the library is active, to read its
 * statistics, or to release and to zero memory. Other functions allocate large
 * blocks without a preload; on Windows there is no other way.
 *
 * A program that is linked with the library (-llazyzero) has it as its malloc.
 * A program that should run both with and without the library defines
 * LAZYZERO_WEAK before it includes this file, and checks each function before
 * it calls it: if (lazyzero_trim) lazyzero_trim();
 *
 * Every function here is thread safe, keeps errno where it succeeds, and may be
 * called before any constructor has run.
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
 * 1 when `p` is the start of a large block, one with a mapping of its own, that
 * was allocated and is not freed. 0 for every other pointer, including NULL and
 * pointers into the middle of a large block.
 */
LAZYZERO_API int lazyzero_owns(const void *p);

/*
 * The statistics of this process. They cover large blocks only: a small malloc
 * or free counts nothing. Counters rise from the start of the process, and in
 * the child of a fork from the fork. live_bytes and retained_bytes are current
 * values, each with its peak. liblazyzero(7) describes each field.
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
    uint64_t regions_joined;
    uint64_t middle_reused;
    uint64_t hugetlb_regions;
    uint64_t hugetlb_refused;
    uint64_t bytes_prefaulted;
    uint64_t prefaults_cut;
    uint64_t numa_regions;

    uint64_t reserved[7]; /* 0; later fields come from here */
};

/*
 * Fills in `stats`. Before the call, set stats->size to
 * sizeof(struct lazyzero_stats). A library of another version fills in the
 * fields that both versions know, sets the rest to 0, and sets size to the
 * bytes that it filled in. Returns 0, or EINVAL if size is below 16. Each
 * number is exact, but while other threads allocate they are not of the same
 * instant.
 */
LAZYZERO_API int lazyzero_read_stats(struct lazyzero_stats *stats);

/*
 * How this process finds out at present what is zero already: "scan",
 * "pagemap", "discard" or "memset" (LAZYZERO_ORACLE in liblazyzero(7)).
 */
LAZYZERO_API const char *lazyzero_oracle(void);

/*
 * Gives the memory of all freed blocks, large and small, back to the system.
 * Returns 1 if some may have been given back, otherwise 0.
 */
LAZYZERO_API int lazyzero_trim(void);

/*
 * Makes all pages of [p, p + n) resident and keeps their contents, so that
 * using them takes no page faults. It may be any writable memory. Some memory
 * is left free: a sixty-fourth of the machine's and of each control group's,
 * and at least 8 MiB. Returns 0, or an errno value, and then some pages may be
 * resident:
 *
 *   ENOMEM     a part is not mapped, or more would leave too little memory free
 *   EFAULT     a part is not writable
 *   EHWPOISON  a page failed
 *
 * It works in steps of 16 MiB. Between two steps signal handlers run, and the
 * thread may be cancelled. With 64 MiB and more, other threads help
 * (LAZYZERO_PREFAULT_THREADS), and end before it returns. If a handler leaves
 * it by longjmp, they end by themselves, and later calls have no helpers.
 */
LAZYZERO_API int lazyzero_prefault(void *p, size_t n);

/*
 * Does what memset(p, 0, n) does, in any writable memory. Within one large
 * block from malloc it neither writes nor makes resident the pages that read as
 * zero already. All of it is written in any other memory, and where the kernel
 * cannot confirm that the block is as malloc gave it (Linux before 6.11, a file
 * mapped over it, userfaultfd). Returns the number of bytes that were written.
 */
LAZYZERO_API size_t lazyzero_zero(void *p, size_t n);

/*
 * The following functions are malloc and its relatives under names of their
 * own. They are for programs that want large blocks but keep their malloc: on
 * Windows, where nothing is preloaded, and wherever else the library is linked
 * but is not the first malloc.
 *
 * A block of less than LAZYZERO_THRESHOLD bytes (2 MiB by default) comes from
 * another heap: the process heap on Windows, libmalloc on macOS, and the
 * library's own heap elsewhere. Free such a block, large or small, with
 * lazyzero_free, and resize it with lazyzero_realloc. Unless lazyzero_is_active
 * returns 1, any other free or realloc of it is an error, and so is a
 * lazyzero_free of a block that came from anywhere else.
 *
 * Like malloc, they may not be called in a signal handler. If they fail, they
 * return NULL and set errno to ENOMEM.
 */

/* n bytes of unspecified contents, aligned as malloc's; n may be 0. */
LAZYZERO_API void *lazyzero_malloc(size_t n);

/*
 * count * size bytes that read as zero; those of a large block become resident
 * when they are written, not before. ENOMEM also where the product overflows.
 */
LAZYZERO_API void *lazyzero_calloc(size_t count, size_t size);

/*
 * Makes a block n bytes long, keeps what was in it as far as it fits, and
 * returns where it is now. The rest is unspecified. If it returns NULL, the
 * block is as it was. A null `p` allocates. A size of 0 counts as 1.
 */
LAZYZERO_API void *lazyzero_realloc(void *p, size_t n);

/* Frees a block; does nothing for NULL. */
LAZYZERO_API void lazyzero_free(void *p);

/*
 * n bytes of unspecified contents, whose address is a multiple of `align`. n
 * may be any number. Returns NULL and sets EINVAL if `align` is no power of
 * two.
 */
LAZYZERO_API void *lazyzero_aligned_alloc(size_t align, size_t n);

/*
 * How many bytes of the block the program may use: at least as many as it asked
 * for. 0 for NULL.
 */
LAZYZERO_API size_t lazyzero_usable_size(const void *p);

#ifdef __cplusplus
}
#endif

#endif
