/* SPDX-License-Identifier: MIT */
/* What the calls of the model test share: names, errno, what a block owes. */
#ifndef STRESS_MODEL_CALLS_H
#define STRESS_MODEL_CALLS_H

#include <errno.h>
#include <string.h>

#include "model.h"
#include "preload/names.h"

/* What no call sets errno to. */
enum { MARK = 4242 };

/* Before a call: its name and arguments, for the line of a failure. */
static inline void
begin(const char *call, size_t n, size_t align)
{
    me->call = call;
    me->call_n = n;
    me->call_align = align;
    errno = MARK;
}

static inline void
require_errno_kept(void)
{
    if (errno != MARK)
        model_fail("errno is %d after a call that succeeded", errno);
}

/* After a call that gave no memory. */
static inline void
require_failure(enum on_failure on_failure, size_t n)
{
    if (n <= run.sure_most)
        model_fail("no memory");
    if (!is_right_errno(on_failure, MARK))
        model_fail("errno is %d after a refusal", errno);
}

static inline int
align_flags(const struct block *block)
{
    return block->align > 1 ? MALLOCX_ALIGN(block->align) : 0;
}

/* Alignment and usable size, which is learned here. */
void calls_require_sound(struct block *block);

#endif
