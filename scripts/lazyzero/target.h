/* SPDX-License-Identifier: MIT */
/* A running process that has the library, read from outside. */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "control/stats.h" /* the library's */

enum target_state {
    TARGET_FOUND,
    TARGET_GONE,      /* it ended, or never was */
    TARGET_FORBIDDEN, /* this user may not read its memory */
    TARGET_ABSENT,    /* it has no liblazyzero */
    TARGET_OTHER,     /* its liblazyzero is of another version */
};

struct target {
    pid_t pid;
    uint64_t born;    /* when it started; tells a reused number */
    uintptr_t view;   /* of struct lz_view there; 0: not known */
    uintptr_t blocks; /* of struct lz_view_blocks there; 0: not known */
    char release[16]; /* of its library */
    char program[64]; /* what it is called */
};

/* False where the system has no way to read another process. */
extern const bool target_is_possible;

/*
 * Looks for the library in the process and fills `target`, but for TARGET_GONE
 * and TARGET_FORBIDDEN. Reads its list of mappings and a few pages.
 */
enum target_state target_find(struct target *target, pid_t pid);

/*
 * The counters now. It may have become another program by exec since it was
 * found: then TARGET_ABSENT, and it must be found again.
 */
enum target_state target_read(const struct target *target,
                              struct lz_stat_counts *counts);

/* When the process started, 0: it is gone. */
uint64_t target_born(pid_t pid);

/* All processes of the machine that this one sees, in a list that ends with 0.
 * The caller's memory. */
pid_t *target_list(void);

/* Why the process may not be read, and what to do. The caller's memory. */
char *target_describe_forbidden(pid_t pid);

#endif
