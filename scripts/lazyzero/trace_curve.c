/* SPDX-License-Identifier: MIT */
/*
 * What is touched of a block is known at its end only. So a block counts from
 * its start with what it had in the end; one whose end is not known, with
 * nothing.
 */
#include "trace_curve.h"

#include <stdlib.h>

#include "say.h"
#include "trace_line.h"

#define MIB 1048576.0

/* Blocks in use, by process and address: few at a time, so a plain list. */
static struct block {
    long process;
    uint64_t address, asked, usable;
    size_t step; /* where it began */
} * blocks;
static size_t block_count;

static double usable; /* now */

/* Room doubles at each power of two. */
static size_t
add_step(struct trace_curve *curve, double time, double asked)
{
    if ((curve->count & (curve->count - 1)) == 0)
        curve->steps = say_got(realloc(curve->steps, sizeof(*curve->steps) * 2 *
                                                         (curve->count + 1)));
    curve->steps[curve->count] = (struct trace_step){time, asked, 0};
    return curve->count++;
}

/* The resident bytes may be those of all its pages. */
static void
end_block(struct trace_curve *curve, const struct block *block,
          const struct trace_line *line)
{
    size_t step = add_step(curve, line->time, -(double)block->asked);
    double touched =
        (double)(line->resident < block->asked ? line->resident : block->asked);

    usable -= (double)block->usable;
    if (!line->is_resident_known)
        return;
    curve->steps[block->step].touched += touched;
    curve->steps[step].touched -= touched;
}

static void
end(struct trace_curve *curve, const struct trace_line *line, uint64_t address)
{
    for (size_t i = block_count; i-- > 0;) {
        struct block block = blocks[i];

        if (block.process != line->pid || block.address != address)
            continue;
        blocks[i] = blocks[--block_count];
        end_block(curve, &block, line);
        return;
    }
}

static void
begin(struct trace_curve *curve, const struct trace_line *line)
{
    size_t step =
        add_step(curve, line->time + line->duration, (double)line->size);

    if ((block_count & (block_count - 1)) == 0)
        blocks =
            say_got(realloc(blocks, sizeof(*blocks) * 2 * (block_count + 1)));
    blocks[block_count++] = (struct block){line->pid, line->address, line->size,
                                           line->usable, step};
    usable += (double)line->usable;
    if (usable > curve->most)
        curve->most = usable;
}

static void
apply(struct trace_curve *curve, const struct trace_line *line)
{
    if (line->call == TRACE_FREE || line->call == TRACE_EXIT)
        end(curve, line, line->address);
    else if (line->call == TRACE_REALLOC && line->address != 0)
        end(curve, line, line->from);
    if (line->address != 0 &&
        (line->call == TRACE_REQUEST || line->call == TRACE_REALLOC))
        begin(curve, line);
}

static int
by_time(const void *a, const void *b)
{
    const struct trace_step *x = a, *y = b;

    return x->time < y->time ? -1 : x->time > y->time;
}

struct trace_curve
trace_curve_read(const char *csv)
{
    struct trace_curve curve = {0};
    struct trace_line line = {0};
    FILE *file = fopen(csv, "re");

    while (file != NULL && trace_line_read(file, &line)) {
        curve.calls += trace_line_is_call(&line);
        apply(&curve, &line);
    }
    if (file != NULL)
        fclose(file);
    if (curve.count > 0)
        qsort(curve.steps, curve.count, sizeof(*curve.steps), by_time);
    return curve;
}

void
trace_curve_put(FILE *out, const struct trace_curve *curve)
{
    double asked = 0, touched = 0;

    for (size_t i = 0; i < curve->count; i++) {
        asked += curve->steps[i].asked;
        touched += curve->steps[i].touched;
        fprintf(out, "%.9f %.6f %.6f\n", curve->steps[i].time, asked / MIB,
                touched / MIB);
    }
}
