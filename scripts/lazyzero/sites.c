/* SPDX-License-Identifier: MIT */
#include "sites.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "sites_block.h"
#include "sites_image.h"
#include "text.h"
#include "trace_line.h"

#define MOST_FRAMES 256

static void *site_tree;
static struct sites sites;
static struct sites_image *now; /* whose line is being read */

static int
by_stack(const void *a, const void *b)
{
    const struct sites_site *x = a, *y = b;
    size_t least =
        x->frame_count < y->frame_count ? x->frame_count : y->frame_count;
    int order = memcmp(x->frames, y->frames, least * sizeof(*x->frames));

    if (order != 0 || x->frame_count == y->frame_count)
        return order;
    return x->frame_count < y->frame_count ? -1 : 1;
}

/* The library's own frames are left out, those of its exported names too. */
static bool
is_own(const struct sites_frame *frame)
{
    return strncmp(text_base(frame->module), "liblazyzero.", 12) == 0;
}

static size_t
read_stack(struct sites_image *image, const char *text,
           const struct sites_frame **frames)
{
    size_t count = 0;
    char *end;

    for (; text != NULL && count < MOST_FRAMES; text = end) {
        uint64_t address = strtoull(text, &end, 16);

        if (end == text)
            break;
        frames[count] = sites_image_frame(image, address);
        if (count > 0 || !is_own(frames[count]))
            count++;
    }
    return count;
}

static struct sites_site *
find_site(struct sites_image *image, const char *stack)
{
    const struct sites_frame *frames[MOST_FRAMES];
    struct sites_site key = {.frames = frames}, *site, **found;

    key.frame_count = read_stack(image, stack, frames);
    found = tfind(&key, &site_tree, by_stack);
    if (found != NULL)
        return *found;
    site = say_got(calloc(1, sizeof(*site)));
    site->frame_count = key.frame_count;
    site->frames = say_got(malloc((key.frame_count + 1) * sizeof(*frames)));
    memcpy(site->frames, frames, key.frame_count * sizeof(*frames));
    say_got(tsearch(site, &site_tree, by_stack));
    sites.list =
        say_got(realloc(sites.list, (sites.count + 1) * sizeof(*sites.list)));
    sites.list[sites.count++] = site;
    return site;
}

uint64_t
sites_untouched(const struct sites_site *site)
{
    return site->asked - site->touched - site->unknown;
}

/* First pass: what code lies where, in each program that begins. */
static void
take_code(const struct trace_line *line)
{
    if (line->call == TRACE_CODE)
        sites_image_add(now, line->address, line->size, line->usable,
                        line->stack);
    sites.has_stacks = true;
}

/* Second pass: the blocks. */
static void
take_call(const struct trace_line *line)
{
    bool gone = line->call == TRACE_FREE || line->call == TRACE_EXIT ||
                (line->call == TRACE_REALLOC && line->address != 0);
    bool came = line->call == TRACE_REQUEST || line->call == TRACE_REALLOC;

    came = came && line->address != 0 && !line->is_heap;
    if (gone)
        block_end(now, line, came);
    if (came)
        block_begin(now, line, find_site(now, line->stack));
}

static int
by_untouched(const void *a, const void *b)
{
    const struct sites_site *x = *(struct sites_site *const *)a;
    const struct sites_site *y = *(struct sites_site *const *)b;

    if (sites_untouched(x) != sites_untouched(y))
        return sites_untouched(x) < sites_untouched(y) ? 1 : -1;
    return x->asked < y->asked ? 1 : x->asked > y->asked ? -1 : 0;
}

/* A site whose blocks all went on to another one, by realloc, has none. */
static void
drop_passed(void)
{
    size_t count = 0;

    for (size_t i = 0; i < sites.count; i++) {
        if (sites.list[i]->blocks > 0)
            sites.list[count++] = sites.list[i];
    }
    sites.count = count;
}

static void
add_up(const struct sites_site *site)
{
    struct sites_site *total = &sites.total;

    total->blocks += site->blocks;
    total->reused += site->reused;
    total->asked += site->asked;
    total->touched += site->touched;
    total->unknown += site->unknown;
    total->life += site->life;
    total->call += site->call;
}

static void
read_pass(const char *csv, void (*take)(const struct trace_line *line),
          bool wants_notes)
{
    FILE *file = fopen(csv, "re");
    struct trace_line line = {0};

    if (file == NULL)
        say_stop(SAY_FAILED, "%s: %s", csv, strerror(errno));
    images_restart();
    while (trace_line_read(file, &line)) {
        bool is_note = line.call == TRACE_CODE || line.call == TRACE_START;

        now = image_of(&line);
        if (is_note == wants_notes)
            take(&line);
    }
    fclose(file);
}

struct sites
sites_read(const char *csv)
{
    read_pass(csv, take_code, true);
    read_pass(csv, take_call, false);
    blocks_settle();
    drop_passed();
    for (size_t i = 0; i < sites.count; i++)
        add_up(sites.list[i]);
    if (sites.count > 0)
        qsort(sites.list, sites.count, sizeof(*sites.list), by_untouched);
    return sites;
}
