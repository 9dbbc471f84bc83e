/* SPDX-License-Identifier: MIT */
#include "control/view.h"

#include <string.h>

#include "base/version.h"
#include "control/log.h"
#include "os/os.h"

/* Nothing refers to it: it is found by its magic. */
const struct lz_view lz_view LZ_HIDDEN __attribute__((used)) = {
    .magic = {LZ_VIEW_MAGIC},
    .version = LZ_VIEW_VERSION,
    .pointer_size = sizeof(void *),
    .stats_size = sizeof(struct lz_stat_counts),
    .release = LZ_VERSION,
    .stats = &lz_stats_place,
};

static struct lz_view_file *file; /* NULL: there is none */
static uint32_t places;           /* of the file, which others may write to */

/* And how many places it has, read once. */
static bool
is_sound(const struct lz_view_file *found, size_t size)
{
    places = __atomic_load_n(&found->count, __ATOMIC_RELAXED);
    return size >= sizeof(*found) &&
           memcmp(found->magic, LZ_VIEW_FILE_MAGIC, LZ_VIEW_MAGIC_SIZE) == 0 &&
           found->version == LZ_VIEW_VERSION &&
           found->process_size == sizeof(struct lz_view_process) &&
           places <= (size - sizeof(*found)) / sizeof(struct lz_view_process);
}

/* A place of this process alone; NULL: all are taken. */
static struct lz_view_process *
take_place(void)
{
    uint32_t next = __atomic_fetch_add(&file->taken, 1, __ATOMIC_RELAXED);

    return next < places ? &file->processes[next] : NULL;
}

/* From now on the counts are there, those so far included. */
static void
count_in(struct lz_view_process *place)
{
    const char *name = lz_os_program_name();

    place->page_size = lz_os_page_size();
    if (name != NULL)
        strncpy(place->program, name, sizeof(place->program) - 1);
    place->stats = *lz_stats_place;
    lz_stats_place = &place->stats;
    __atomic_store_n(&place->process, (uint64_t)lz_os_process_id(),
                     __ATOMIC_RELEASE);
}

static const char *
named_file(void)
{
    const size_t length = sizeof(LZ_VIEW_VARIABLE "=") - 1;
    char **environment = lz_os_environment();

    for (; *environment != NULL; environment++) {
        if (strncmp(*environment, LZ_VIEW_VARIABLE "=", length) == 0)
            return *environment + length;
    }
    return NULL;
}

void
lz_view_start(void)
{
    const char *name = named_file();
    struct lz_view_process *place;
    size_t size = 0;
    void *found;
    int error;

    if (name == NULL)
        return;
    error = lz_os_share_file(name, &found, &size);
    if (error == ENOENT)
        return;
    if (error != 0 || !is_sound(found, size)) {
        const char *why =
            error == 0 ? "it is another version's" : lz_os_error_text(error);

        lz_log("lazyzero stat does not see this process: %s cannot be used "
               "(%s)",
               name, why == NULL ? "the system refuses it" : why);
        return;
    }
    file = found;
    place = take_place();
    if (place != NULL)
        count_in(place);
}

void
lz_view_fork_child(void)
{
    struct lz_view_process *place;

    if (file == NULL)
        return;
    place = take_place();
    if (place != NULL)
        count_in(place);
    else
        lz_stats_keep();
}
