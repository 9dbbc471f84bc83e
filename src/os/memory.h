/* SPDX-License-Identifier: MIT */
/*
 * Mappings, and what becomes of their pages. The rules of os.h hold.
 */
#ifndef LZ_OS_MEMORY_H
#define LZ_OS_MEMORY_H

#include "base/util.h"

/* Bytes in a page, a power of two. Read once; callable at any time. */
size_t lz_os_page_size(void);

/*
 * A new private anonymous mapping that reads as zeros, at a multiple of `align`
 * (a power of two, at least a page). Its memory is not reserved: only what is
 * touched counts against RAM (MAP_NORESERVE, proc(5) on overcommit_memory).
 * NULL when the system refuses.
 */
void *lz_os_map(size_t length, size_t align);

/* The same over what is mapped there, which may be gone if it fails. */
int lz_os_map_over(void *start, size_t length);

/* Gives the mapping a name in /proc/PID/maps: "[anon:lazyzero]". */
void lz_os_name(void *start, size_t length);

/* Leaves the range out of core dumps. Best effort. */
void lz_os_keep_out_of_dumps(void *start, size_t length);

/* Advises for or against huge pages. Best effort. */
void lz_os_want_hugepages(void *start, size_t length, bool wanted);

/*
 * Removes a mapping or a part of one. Fails with ENOMEM where cutting a mapping
 * in two would exceed the system's limit (munmap(2)); the range is then
 * unchanged.
 */
int lz_os_unmap(void *start, size_t length);

/*
 * Makes the range inaccessible until it is unmapped. 0, or an errno value:
 * ENOMEM where that would be one mapping more than the system allows.
 */
int lz_os_protect(void *start, size_t length);

/*
 * Moves the pages of [from, from + length) to the start of
 * [to, to + to_length), a mapping made by lz_os_map, without copying; the rest
 * of the target reads as zeros. 0, or an errno value: then nothing was moved.
 * Either way the target is no longer the caller's. ENOSYS where the system has
 * no such call.
 */
int lz_os_move(void *from, size_t length, void *to, size_t to_length);

/*
 * Moves the pages of [from, from + length) to a part of a mapping made by
 * lz_os_map, without copying. The range stays mapped, and reads as zeros
 * (mremap(2), MREMAP_DONTUNMAP, Linux 5.7). 0, or an errno value: then
 * nothing was moved, and the target may be another's, so that the caller must
 * not touch it. ENOSYS where the system has no such call.
 */
int lz_os_move_out(void *from, size_t length, void *to);

/*
 * Makes the mapping longer where it lies; the rest reads as zeros. 0, or
 * an errno value and no change: ENOMEM where something lies behind it.
 */
int lz_os_extend(void *start, size_t length, size_t longer);

/*
 * Moves a mapping to wherever there is room for `longer` bytes, at a
 * multiple of `align`; the rest reads as zeros. For a system whose limit has no
 * room for a second mapping (mremap(2), MREMAP_MAYMOVE). NULL: nothing changed.
 */
char *lz_os_move_anywhere(char *from, size_t length, size_t longer,
                          size_t align);

/*
 * Is the address space limited (RLIMIT_AS), and would `more` bytes, or none,
 * leave less than a quarter of it? TIGHT too if that cannot be told.
 */
enum lz_os_space { LZ_OS_SPACE_FREE, LZ_OS_SPACE_LIMITED, LZ_OS_SPACE_TIGHT };
enum lz_os_space lz_os_space_for(size_t more);

/*
 * Tells the system that the contents are not needed any more. Afterwards
 * they are unspecified (but see lz_os_discard_zeroes). 0, or an errno value:
 * EINVAL for locked memory.
 */
int lz_os_discard(void *start, size_t length);

/*
 * Makes the range read as zeros in one call that populates nothing and
 * need not give pages back. 0, or an errno value, and then anything may be
 * there: ENOSYS where the system has no such call.
 */
int lz_os_zero(void *start, size_t length);

#endif
