/* SPDX-License-Identifier: MIT */
/* A system on which no process reads another one's memory. */
#include "say.h"
#include "target.h"
#include "target_blocks.h"
#include "text.h"

const bool target_is_possible = false;

enum target_state
target_find(struct target *target, pid_t pid)
{
    (void)target;
    (void)pid;
    return TARGET_FORBIDDEN;
}

enum target_state
target_read(const struct target *target, struct lz_stat_counts *counts)
{
    (void)target;
    (void)counts;
    return TARGET_FORBIDDEN;
}

uint64_t
target_born(pid_t pid)
{
    (void)pid;
    return 0;
}

pid_t *
target_list(void)
{
    static pid_t none;

    return &none;
}

char *
target_describe_forbidden(pid_t pid)
{
    return text_format("process %ld cannot be read on this system", (long)pid);
}

size_t
target_blocks(const struct target *target, struct target_block *blocks)
{
    (void)target;
    (void)blocks;
    return 0;
}
