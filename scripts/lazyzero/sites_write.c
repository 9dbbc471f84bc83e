/* SPDX-License-Identifier: MIT */
/*
 * Files for viewers of profiles: jemalloc's text format heap_v2 (jeprof, pprof)
 * and collapsed stacks, "main;f;g 4096" (flamegraph.pl, speedscope).
 *
 * A trace may be of several processes, in each of which a file lies elsewhere.
 * A heap profile has one address space. So each file gets a range of its own in
 * it, and an address is that plus the offset in the file.
 */
#include <errno.h>
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "sites.h"
#include "text.h"

/* Above what a program's own symbols have: no viewer mistakes one for it. */
#define FIRST_ADDRESS ((uint64_t)0x100000000000)
#define RANGE ((uint64_t)0x100000000)

struct module {
    const char *path;
    uint64_t base;
};

static void *modules; /* a tree of struct module */
static uint64_t next_base = FIRST_ADDRESS;
static FILE *writing; /* for those that walk trees */

static uint64_t
asked(const struct sites_site *site)
{
    return site->asked;
}

static uint64_t
touched(const struct sites_site *site)
{
    return site->touched;
}

static const struct {
    const char *name;
    uint64_t (*value)(const struct sites_site *site);
} kinds[] = {
    {"asked", asked}, {"touched", touched}, {"untouched", sites_untouched}};

static int
by_path(const void *a, const void *b)
{
    return strcmp(((const struct module *)a)->path,
                  ((const struct module *)b)->path);
}

static uint64_t
address_of(const struct sites_frame *frame)
{
    struct module *module, **found;

    if (frame->module[0] != '/')
        return frame->offset;
    module = say_got(malloc(sizeof(*module)));
    *module = (struct module){frame->module, 0};
    found = say_got(tsearch(module, &modules, by_path));
    if (*found != module) {
        free(module);
    } else {
        module->base = next_base;
        next_base += RANGE;
    }
    return (*found)->base + frame->offset;
}

static void
put_figures(uint64_t blocks, uint64_t bytes)
{
    fprintf(writing, "  t*: %" PRIu64 ": %" PRIu64 " [0: 0]\n", blocks, bytes);
}

static void
put_module(const void *node, VISIT visit, int depth)
{
    const struct module *module = *(struct module *const *)node;

    (void)depth;
    if (visit == postorder || visit == leaf)
        fprintf(writing, "%" PRIx64 "-%" PRIx64 " r-xp 00000000 00:00 0 %s\n",
                module->base, module->base + RANGE, module->path);
}

/* A rate of one byte, so that no viewer scales what is no sample. */
static void
put_heap(const struct sites *sites,
         uint64_t (*value)(const struct sites_site *site))
{
    fputs("heap_v2/1\n", writing);
    put_figures(sites->total.blocks, value(&sites->total));
    for (size_t i = 0; i < sites->count; i++) {
        const struct sites_site *site = sites->list[i];

        if (value(site) == 0)
            continue;
        fputc('@', writing);
        for (size_t k = 0; k < site->frame_count; k++)
            fprintf(writing, " 0x%" PRIx64, address_of(site->frames[k]));
        fputc('\n', writing);
        put_figures(site->blocks, value(site));
    }
    fputs("\nMAPPED_LIBRARIES:\n", writing);
    twalk(modules, put_module);
}

/* A name must have none of what separates. */
static void
put_name(const char *name)
{
    for (; *name != '\0'; name++)
        fputc(*name == ';'                 ? ':'
              : (unsigned char)*name < ' ' ? '?'
                                           : *name,
              writing);
}

static void
put_folded(const struct sites *sites,
           uint64_t (*value)(const struct sites_site *site))
{
    for (size_t i = 0; i < sites->count; i++) {
        const struct sites_site *site = sites->list[i];

        if (value(site) == 0)
            continue;
        for (size_t k = site->frame_count; k-- > 0;) {
            put_name(sites_name(site->frames[k]));
            if (k > 0)
                fputc(';', writing);
        }
        if (site->frame_count == 0)
            fputs("(no call stack)", writing);
        fprintf(writing, " %" PRIu64 "\n", value(site));
    }
}

static void
write_file(const struct sites *sites, const char *prefix, size_t kind,
           const char *ending,
           void (*put)(const struct sites *sites,
                       uint64_t (*value)(const struct sites_site *site)))
{
    char *path = text_format("%s.%s.%s", prefix, kinds[kind].name, ending);
    bool failed;

    writing = fopen(path, "we");
    if (writing == NULL)
        say_stop(SAY_FAILED, "%s: %s", path, strerror(errno));
    put(sites, kinds[kind].value);
    failed = ferror(writing) != 0;
    if (fclose(writing) != 0 || failed)
        say_stop(SAY_FAILED, "%s: %s", path, strerror(errno));
    free(path);
}

void
sites_write(const struct sites *sites, const char *prefix)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        write_file(sites, prefix, i, "heap", put_heap);
        write_file(sites, prefix, i, "folded", put_folded);
    }
}
