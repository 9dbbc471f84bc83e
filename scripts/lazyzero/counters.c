/* SPDX-License-Identifier: MIT */
#include "counters.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "control/view.h" /* the library's */
#include "say.h"
#include "text.h"

/* 3 MiB. A process that finds none left runs as without the file. */
#define PLACES 1024

#define FILE_SIZE \
    (sizeof(struct lz_view_file) + PLACES * sizeof(struct lz_view_process))

#define ROW_requests(name, unit, text) {#name, unit, text, true},
#define ROW_counter(name, unit, text) {#name, unit, text, true},
#define ROW_derived(name, unit, text) {#name, unit, text, true},
#define ROW_gauge(name, unit, text) \
    {#name "_peak", unit, "peak of " text, false},

const struct counters_row counters_rows[COUNTERS_ROWS] = {
#define LZ_STAT(kind, name, unit, description) \
    ROW_##kind(name, unit, description)
#include "control/stats.def"
#undef LZ_STAT
};

static uint64_t
sum_of(const uint64_t *counts)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < LZ_STAT_SIZES; i++)
        sum += counts[i];
    return sum;
}

#define VALUE_requests(name) sum_of(process->stats.name)
#define VALUE_counter(name) process->stats.name
#define VALUE_gauge(name) process->stats.name.peak
#define VALUE_derived(name) derive_##name(process)

static uint64_t
derive_faults_avoided(const struct lz_view_process *process)
{
    return process->page_size == 0
               ? 0
               : process->stats.bytes_reused / process->page_size;
}

static void
add_sizes(struct counters *sum, const struct lz_view_process *process)
{
    /* A memset is of a block that was counted already. */
    const uint64_t *const kinds[] = {
        process->stats.requests_malloc, process->stats.requests_calloc,
        process->stats.requests_memalign, process->stats.requests_realloc};

    for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
        for (size_t i = 0; i < COUNTERS_SIZES; i++)
            sum->sizes[i] += kinds[kind][i];
    }
}

void
counters_add(struct counters *sum, const struct lz_view_process *process)
{
    const uint64_t values[COUNTERS_ROWS] = {
#define LZ_STAT(kind, name, unit, description) VALUE_##kind(name),
#include "control/stats.def"
#undef LZ_STAT
    };

    for (size_t i = 0; i < COUNTERS_ROWS; i++) {
        if (counters_rows[i].is_sum)
            sum->rows[i] += values[i];
        else if (values[i] > sum->rows[i])
            sum->rows[i] = values[i];
    }
    add_sizes(sum, process);
}

/* Written in full, since a page that the disk has no room for kills whoever
 * touches it. */
static bool
fill(int fd)
{
    char *zeros = say_got(calloc(1, FILE_SIZE));
    bool done = write(fd, zeros, FILE_SIZE) == (ssize_t)FILE_SIZE;

    free(zeros);
    return done;
}

static int file_fd = -1; /* of the file, for the end */

static struct lz_view_file *
map(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    void *start = MAP_FAILED;

    errno = ENOSPC; /* what a short write means */
    if (fd >= 0 && fill(fd))
        start =
            mmap(NULL, FILE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (start == MAP_FAILED)
        say_stop(SAY_FAILED, "cannot create %s: %s (set TMPDIR)", path,
                 strerror(errno));
    file_fd = fd;
    return start;
}

struct counters_file
counters_make_file(const char *folder)
{
    char *path = text_format("%s/counters", folder);
    struct lz_view_file *file = map(path);
    struct counters_file made = {
        .setting = text_format("%s=%s", LZ_VIEW_VARIABLE, path),
        .processes = file->processes};

    memcpy(file->magic, LZ_VIEW_FILE_MAGIC, LZ_VIEW_MAGIC_SIZE);
    file->version = LZ_VIEW_VERSION;
    file->process_size = sizeof(struct lz_view_process);
    file->count = PLACES;
    free(path);
    return made;
}

/*
 * By a read: a process that truncated the file would end this one, if it
 * touched the mapping.
 */
size_t
counters_taken(struct counters_file *file, size_t *without)
{
    struct lz_view_file *whole = say_got(calloc(1, FILE_SIZE));
    size_t taken;

    if (pread(file_fd, whole, FILE_SIZE, 0) != (ssize_t)FILE_SIZE) {
        say_line("the counts are lost: a process truncated their file");
        memset(whole, 0, FILE_SIZE);
    }
    file->processes = whole->processes;
    taken = whole->taken;
    *without = taken > PLACES ? taken - PLACES : 0;
    return taken - *without;
}
