/* SPDX-License-Identifier: MIT */
/*
 * A call's line is written when the call is over, so lines of several threads
 * may stand in another order than what they tell of. A block ends when its free
 * begins and is there when its allocation is over: by that time they are
 * sorted.
 */
#include "sites_block.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

struct event {
    size_t image, order; /* order: of the lines */
    double time;
    uint64_t address;
    struct sites_site *site; /* NULL: the block ends */
    uint64_t size, touched;
    bool is_known, reused, resized;
    double call;
    double *born; /* a resized block's, which its continuation shares */
};

struct block {
    uint64_t address;
    struct sites_site *site;
    uint64_t size;
    double born, call;
    bool reused;
};

static struct event *events;
static size_t event_count;
static void *live; /* a tree of struct block, of one image */
static double *birth;

/* Room doubles at each power of two. */
static struct event *
add(const struct sites_image *image, uint64_t address, double time)
{
    if ((event_count & (event_count - 1)) == 0)
        events =
            say_got(realloc(events, sizeof(*events) * 2 * (event_count + 1)));
    events[event_count] = (struct event){.image = sites_image_number(image),
                                         .order = event_count,
                                         .time = time,
                                         .address = address};
    return &events[event_count++];
}

void
block_end(const struct sites_image *image, const struct trace_line *line,
          bool resized)
{
    struct event *event =
        add(image, line->call == TRACE_REALLOC ? line->from : line->address,
            line->time);

    event->touched = line->resident;
    event->is_known = line->is_resident_known;
    event->resized = resized;
    birth = NULL;
    if (resized) {
        birth = say_got(malloc(sizeof(*birth)));
        *birth = -1;
    }
    event->born = birth;
}

void
block_begin(const struct sites_image *image, const struct trace_line *line,
            struct sites_site *site)
{
    struct event *event =
        add(image, line->address, line->time + line->duration);

    event->site = site;
    event->size = line->size;
    event->reused = line->is_reused;
    event->call = line->duration;
    event->born = line->call == TRACE_REALLOC ? birth : NULL;
}

static int
by_time(const void *a, const void *b)
{
    const struct event *x = a, *y = b;

    if (x->image != y->image)
        return x->image < y->image ? -1 : 1;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static int
by_address(const void *a, const void *b)
{
    const struct block *x = a, *y = b;

    return x->address < y->address ? -1 : x->address > y->address;
}

static void
settle(const struct block *block, const struct event *end)
{
    struct sites_site *site = block->site;

    site->blocks++;
    site->reused += block->reused;
    site->asked += block->size;
    site->call += block->call;
    if (end == NULL || !end->is_known)
        site->unknown += block->size;
    else
        site->touched +=
            end->touched < block->size ? end->touched : block->size;
    if (end != NULL)
        site->life += end->time - block->born;
}

static void
end_block(const struct event *event)
{
    struct block key = {.address = event->address}, **found, *block;

    found = tfind(&key, &live, by_address);
    if (found == NULL)
        return; /* of the heap, or of the parent of a fork */
    block = *found;
    tdelete(&key, &live, by_address);
    block->site->now -= block->size;
    if (event->resized)
        *event->born = block->born;
    else
        settle(block, event);
    free(block);
}

static void
begin_block(const struct event *event)
{
    struct block *block = say_got(malloc(sizeof(*block))), **found;
    struct sites_site *site = event->site;

    *block = (struct block){event->address, site,        event->size,
                            event->time,    event->call, event->reused};
    if (event->born != NULL && *event->born >= 0)
        block->born = *event->born;
    found = say_got(tsearch(block, &live, by_address));
    if (*found != block) { /* its end is missing */
        settle(*found, NULL);
        (*found)->site->now -= (*found)->size;
        free(*found);
        *found = block;
    }
    site->now += block->size;
    if (site->now > site->peak)
        site->peak = site->now;
}

/* The process was killed, or ran another program. */
static void
end_image(void)
{
    while (live != NULL) {
        struct block *block = *(struct block **)live;

        tdelete(block, &live, by_address);
        block->site->now -= block->size;
        settle(block, NULL);
        free(block);
    }
}

void
blocks_settle(void)
{
    if (event_count > 0)
        qsort(events, event_count, sizeof(*events), by_time);
    for (size_t i = 0; i < event_count; i++) {
        if (i > 0 && events[i].image != events[i - 1].image)
            end_image();
        if (events[i].site != NULL)
            begin_block(&events[i]);
        else
            end_block(&events[i]);
    }
    end_image();
    free(events);
}
