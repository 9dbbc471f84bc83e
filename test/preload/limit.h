/* SPDX-License-Identifier: MIT */
/*
 * Makes the system refuse mappings, by setting RLIMIT_AS to what is mapped
 * already.
 */
#ifndef TEST_PRELOAD_LIMIT_H
#define TEST_PRELOAD_LIMIT_H

#include <criterion/criterion.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "names.h"

/* No stdio: it would allocate. */
static inline size_t
mapped_bytes(void)
{
    char text[64] = "";
    int fd = open("/proc/self/statm", O_RDONLY);

    cr_assert(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
    close(fd);
    return strtoul(text, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

static inline void
set_limit(rlim_t bytes)
{
    struct rlimit limit;

    cr_assert_eq(getrlimit(RLIMIT_AS, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    cr_assert_eq(setrlimit(RLIMIT_AS, &limit), 0);
}

/* From here on not more than `room` bytes can be mapped. */
static inline void
limit_mappings(size_t room)
{
    set_limit(mapped_bytes() + room);
}

/* And nothing is kept that could serve a large block without a mapping. */
static inline void
refuse_mappings(size_t room)
{
    malloc_trim(0);
    limit_mappings(room);
}

static inline void
allow_mappings(void)
{
    set_limit(RLIM_INFINITY);
}

#endif
