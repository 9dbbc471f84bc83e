/* SPDX-License-Identifier: MIT */
#include "control/trace_code.h"

/* Mappings that are told apart at most; nothing is read when it is full. */
#define MOST 1024

static struct range {
    uintptr_t start, end;
} known[MOST];
static int count; /* atomic: written after the range */
static int owner; /* atomic: the process to whose lines these belong */
static int busy;  /* atomic: the process that is just reading them, or 0 */

static bool
is_in(const struct range *range, uintptr_t at)
{
    return at >= range->start && at < range->end;
}

/* A frame often lies in the mapping of the frame before: `*last`. */
static bool
is_known(uintptr_t at, int *last)
{
    int all = __atomic_load_n(&count, __ATOMIC_ACQUIRE);

    if (*last < all && is_in(&known[*last], at))
        return true;
    for (int i = 0; i < all; i++) {
        if (is_in(&known[i], at)) {
            *last = i;
            return true;
        }
    }
    return false;
}

static void
add(uintptr_t start, uintptr_t end)
{
    if (count == MOST)
        return;
    known[count] = (struct range){start, end};
    __atomic_store_n(&count, count + 1, __ATOMIC_RELEASE);
}

/* Memory for code of a runtime's own may grow: then it is another range. */
static void
take(const struct lz_os_code *code)
{
    for (int i = count; i-- > 0;) {
        if (known[i].start == code->start && known[i].end == code->end)
            return;
    }
    if (count == MOST)
        return;
    add(code->start, code->end);
    lz_trace_write_code(code);
}

static bool
needs_look(const uintptr_t *frames, int frame_count, int process)
{
    int last = 0;

    if (__atomic_load_n(&owner, __ATOMIC_RELAXED) != process)
        return true;
    if (__atomic_load_n(&count, __ATOMIC_RELAXED) == MOST)
        return false;
    for (int i = 0; i < frame_count; i++) {
        if (!is_known(frames[i] - 1, &last))
            return true;
    }
    return false;
}

/* What lies nowhere is not looked for again. */
static void
add_unknown(const uintptr_t *frames, int frame_count)
{
    int last = 0;

    for (int i = 0; i < frame_count; i++) {
        if (!is_known(frames[i] - 1, &last))
            add(frames[i] - 1, frames[i]);
    }
}

static void
look(const uintptr_t *frames, int frame_count, int process)
{
    if (owner != process)
        __atomic_store_n(&count, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&owner, process, __ATOMIC_RELAXED);
    lz_os_find_code(take);
    add_unknown(frames, frame_count);
}

/* The child of a fork may find its parent at work, which it is no more. */
void
lz_trace_code_tell(const uintptr_t *frames, int frame_count, int process)
{
    int now = __atomic_load_n(&busy, __ATOMIC_RELAXED);

    if (frame_count == 0 || now == process ||
        !needs_look(frames, frame_count, process) ||
        !__atomic_compare_exchange_n(&busy, &now, process, false,
                                     __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    look(frames, frame_count, process);
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
}
