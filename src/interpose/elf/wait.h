/* SPDX-License-Identifier: MIT */
/*
 * For the exported names of calls that wait: if nothing is kept, each of them
 * is a load, a test and a jump to the next library's function. Otherwise its
 * second part runs, which does what idle.h says. Waits that bypass libc's names
 * (raw system calls, stdio's own reads) are not noticed.
 */
#ifndef LZ_INTERPOSE_WAIT_H
#define LZ_INTERPOSE_WAIT_H

#include "front/idle.h"
#include "large/pool.h"

/* The next library's function of that name; NULL, and ENOSYS, without one. */
void *lz_interpose_wait_find(const char *name);

/*
 * next_<name>, the next library's function. It is looked up by the first call:
 * all of them at the start would cost each process more than most will use.
 */
#define NEXT(type, name, parameters, arguments)                     \
    static type find_##name parameters;                             \
    static type(*next_##name) parameters = find_##name;             \
    static LZ_COLD type find_##name parameters                      \
    {                                                               \
        void *found = lz_interpose_wait_find(#name);                \
                                                                    \
        if (found == NULL)                                          \
            return (type)-1;                                        \
        __atomic_store_n(&next_##name,                              \
                         (__typeof__(next_##name))(uintptr_t)found, \
                         __ATOMIC_RELAXED);                         \
        return next_##name arguments;                               \
    }

/* The exported name, and the head of kept_<name>, its second part. */
#define WAITS(type, name, parameters, arguments) \
    NEXT(type, name, parameters, arguments)      \
    static LZ_COLD type kept_##name parameters;  \
    LZ_EXPORT type name parameters               \
    {                                            \
        if (LZ_LIKELY(lz_idle_has_nothing()))    \
            return next_##name arguments;        \
        return kept_##name arguments;            \
    }                                            \
    static type kept_##name parameters

/* Can so many bytes be read? Else the kernel is to answer EFAULT. */
bool lz_interpose_wait_is_readable(const void *p, size_t n);

/* What the kernel takes for a time, and more than 0. */
static inline bool
lz_interpose_wait_is_time(const struct timespec *time)
{
    return time->tv_sec >= 0 && time->tv_nsec >= 0 &&
           time->tv_nsec < 1000000000 && (time->tv_sec | time->tv_nsec) != 0;
}

#endif
