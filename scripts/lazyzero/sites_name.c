/* SPDX-License-Identifier: MIT */
/*
 * What a frame is called. The code that a runtime makes has its names in
 * /tmp/perf-PID.map where the runtime was asked to write that: lines of start
 * and size in base 16, and a name.
 */
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"
#include "sites.h"
#include "text.h"

struct made {
    uint64_t start, size;
    char *name;
};

/* The names of one process. */
static struct map {
    long pid;
    struct made *entries;
    size_t count;
} * maps;
static size_t map_count;

struct named {
    const struct sites_frame *frame;
    char *name;
};

static void
add_entry(struct map *map, char *line)
{
    char *at;
    struct made entry = {.start = strtoull(line, &at, 16)};

    entry.size = strtoull(at, &at, 16);
    at += strspn(at, " ");
    at[strcspn(at, "\n")] = '\0';
    if (entry.size == 0 || *at == '\0')
        return;
    entry.name = say_got(strdup(at));
    if ((map->count & (map->count - 1)) == 0)
        map->entries = say_got(realloc(map->entries, sizeof(*map->entries) * 2 *
                                                         (map->count + 1)));
    map->entries[map->count++] = entry;
}

static void
read_map(struct map *map)
{
    char *path = text_format("/tmp/perf-%ld.map", map->pid), *line = NULL;
    FILE *file = fopen(path, "re");
    size_t size = 0;

    while (file != NULL && getline(&line, &size, file) > 0)
        add_entry(map, line);
    if (file != NULL)
        fclose(file);
    free(line);
    free(path);
}

static const struct map *
find_map(long pid)
{
    for (size_t i = 0; i < map_count; i++) {
        if (maps[i].pid == pid)
            return &maps[i];
    }
    maps = say_got(realloc(maps, (map_count + 1) * sizeof(*maps)));
    maps[map_count] = (struct map){.pid = pid};
    read_map(&maps[map_count]);
    return &maps[map_count++];
}

/* The last one that was written: older code may have lain there. */
static char *
find_made(long pid, uint64_t address)
{
    const struct map *map = find_map(pid);

    for (size_t i = map->count; i-- > 0;) {
        if (address - map->entries[i].start < map->entries[i].size)
            return text_format("%s", map->entries[i].name);
    }
    return NULL;
}

/* The return address may be that of the next function. */
static char *
make_name(const struct sites_frame *frame)
{
    char *name = NULL;

    if (frame->pid != 0)
        name = find_made(frame->pid, frame->offset - 1);
    else if (frame->module[0] == '/')
        name = symbol_find(frame->module, frame->offset - 1);
    if (name != NULL)
        return name;
    if (frame->module[0] == '\0')
        return text_format("0x%" PRIx64, frame->offset);
    return text_format("%s+0x%" PRIx64, text_base(frame->module),
                       frame->offset);
}

static int
by_frame(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)((const struct named *)a)->frame;
    uintptr_t y = (uintptr_t)((const struct named *)b)->frame;

    return x < y ? -1 : x > y;
}

const char *
sites_name(const struct sites_frame *frame)
{
    static void *names; /* a tree of struct named */
    struct named *named = say_got(malloc(sizeof(*named))), **found;

    *named = (struct named){frame, NULL};
    found = say_got(tsearch(named, &names, by_frame));
    if (*found == named)
        named->name = make_name(frame);
    else
        free(named);
    return (*found)->name;
}
