/* SPDX-License-Identifier: MIT */
/* By /proc, proc(5), and process_vm_readv(2). */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "control/view.h" /* the library's */
#include "host.h"
#include "say.h"
#include "target.h"
#include "target_linux.h"
#include "text.h"

/* The library's data is some pages; what is larger is none of it. */
#define MOST_DATA ((size_t)4 << 20)

/* Mappings of that name that are read: a library has three of data. */
#define MOST_TRIES 8

const bool target_is_possible = true;

int
target_memory(pid_t pid, uintptr_t from, void *to, size_t size)
{
    struct iovec own = {to, size};
    struct iovec other = {NULL, size};
    ssize_t got;

    memcpy(&other.iov_base, &from, sizeof(from));
    got = process_vm_readv(pid, &own, 1, &other, 1, 0);
    if (got < 0)
        return errno;
    return (size_t)got == size ? 0 : EFAULT;
}

static enum target_state
state_of(int error)
{
    switch (error) {
    case 0:
        return TARGET_FOUND;
    case ESRCH:
    case ENOENT:
        return TARGET_GONE;
    case EPERM:
    case EACCES:
    case ENOSYS: /* a sandbox without the call */
        return TARGET_FORBIDDEN;
    default:
        return TARGET_ABSENT;
    }
}

/* The 22nd field of stat; the name before it may have blanks and brackets. */
uint64_t
target_born(pid_t pid)
{
    char *path = text_format("/proc/%ld/stat", (long)pid);
    char *text = text_read(path), *at;
    uint64_t born = 0;

    at = text == NULL ? NULL : strrchr(text, ')');
    /* One that ended and is not waited for yet has nothing to read. */
    if (at != NULL && strlen(at) > 2 && at[2] != 'Z' && at[2] != 'X') {
        for (int field = 2; at != NULL && field < 22; field++)
            at = strchr(at + 1, ' ');
        if (at != NULL)
            born = strtoull(at, NULL, 10);
    }
    free(text);
    free(path);
    return born;
}

static void
read_program(struct target *target)
{
    char *path = text_format("/proc/%ld/comm", (long)target->pid);
    char *text = text_read(path);

    snprintf(target->program, sizeof(target->program), "%s",
             text == NULL ? "" : text);
    target->program[strcspn(target->program, "\n")] = '\0';
    free(text);
    free(path);
}

static bool
is_same_layout(const struct lz_view *view)
{
    return view->version == LZ_VIEW_VERSION &&
           view->pointer_size == sizeof(void *) &&
           view->stats_size == sizeof(struct lz_stat_counts);
}

/* Of a process that may have written anything there. */
static void
copy_release(struct target *target, const struct lz_view *view)
{
    snprintf(target->release, sizeof(target->release), "%.15s", view->release);
    for (char *c = target->release; *c != '\0'; c++) {
        if (!isalnum((unsigned char)*c) && strchr(".+~-", *c) == NULL)
            *c = '?';
    }
}

int
target_pagemap(pid_t pid)
{
    char *path = text_format("/proc/%ld/pagemap", (long)pid);
    int pagemap = open(path, O_RDONLY | O_CLOEXEC);

    free(path);
    return pagemap;
}

/*
 * Reads what is in memory already, page by page; the rest stays zero. A page
 * that is not would be read from its file, and some files never answer (FUSE).
 * What is looked for was relocated, so it is in memory.
 */
static int
read_present(pid_t pid, uintptr_t start, char *data, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    int pagemap = target_pagemap(pid), error = 0;

    if (pagemap < 0)
        return state_of(errno) == TARGET_GONE ? errno : EACCES;
    for (size_t at = 0; error == 0 && at < size; at += page) {
        uint64_t entry = 0;

        if (pread(pagemap, &entry, sizeof(entry),
                  (off_t)((start + at) / page * sizeof(entry))) < 0)
            error = errno;
        else if (entry >> 62 != 0)
            error = target_memory(pid, start + at, data + at, page);
    }
    close(pagemap);
    return error;
}

static void
take_view(struct target *target, uintptr_t at, const char *data,
          enum target_state *state)
{
    struct lz_view view;

    memcpy(&view, data, sizeof(view));
    copy_release(target, &view);
    if (!is_same_layout(&view))
        *state = TARGET_OTHER;
    else
        target->view = at;
}

/* What is found by its magic in [start, end). Aligned as the compiler does. */
static enum target_state
search(struct target *target, uintptr_t start, uintptr_t end)
{
    size_t size = end - start;
    char *data = say_got(calloc(1, size));
    enum target_state state =
        state_of(read_present(target->pid, start, data, size));

    for (size_t at = 0;
         state == TARGET_FOUND && at + sizeof(struct lz_view) <= size;
         at += sizeof(void *)) {
        if (memcmp(data + at, LZ_VIEW_MAGIC, LZ_VIEW_MAGIC_SIZE) == 0)
            take_view(target, start + at, data + at, &state);
        else if (memcmp(data + at, LZ_VIEW_BLOCKS_MAGIC, LZ_VIEW_MAGIC_SIZE) ==
                 0)
            target->blocks = start + at;
    }
    free(data);
    return state == TARGET_FOUND && target->view == 0 ? TARGET_ABSENT : state;
}

/* "START-END r--p OFFSET DEVICE INODE   /usr/lib/liblazyzero.so.0.2.0" */
static bool
is_data_of_library(const char *line, uintptr_t *start, uintptr_t *end)
{
    char mode[5], path[4096];

    if (strstr(line, "liblazyzero") == NULL ||
        sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %*s %4095[^\n]",
               start, end, mode, path) != 4)
        return false;
    return mode[0] == 'r' && mode[2] == '-' && mode[3] == 'p' &&
           *end > *start && *end - *start <= MOST_DATA &&
           strncmp(text_base(path), "liblazyzero.", 12) == 0;
}

enum target_state
target_find(struct target *target, pid_t pid)
{
    char *path = text_format("/proc/%ld/maps", (long)pid), *line = NULL;
    FILE *maps = fopen(path, "re");
    enum target_state state = maps == NULL ? state_of(errno) : TARGET_ABSENT;
    uintptr_t start, end;
    size_t size = 0, tries = MOST_TRIES;

    *target = (struct target){.pid = pid, .born = target_born(pid)};
    free(path);
    if (target->born == 0)
        state = TARGET_GONE;
    while (state == TARGET_ABSENT && target->born != 0 && tries > 0 &&
           getline(&line, &size, maps) > 0) {
        if (is_data_of_library(line, &start, &end)) {
            state = search(target, start, end);
            tries--;
        }
    }
    free(line);
    if (maps != NULL)
        fclose(maps);
    read_program(target);
    return state;
}

enum target_state
target_read(const struct target *target, struct lz_stat_counts *counts)
{
    struct lz_view view;
    uintptr_t at;
    int error = target_memory(target->pid, target->view, &view, sizeof(view));

    if (error == 0 &&
        memcmp(view.magic, LZ_VIEW_MAGIC, LZ_VIEW_MAGIC_SIZE) != 0)
        error = EFAULT;
    if (error == 0 && !is_same_layout(&view))
        return TARGET_OTHER;
    if (error == 0)
        error =
            target_memory(target->pid, (uintptr_t)view.stats, &at, sizeof(at));
    if (error == 0)
        error = target_memory(target->pid, at, counts, sizeof(*counts));
    return target_born(target->pid) != target->born ? TARGET_GONE
                                                    : state_of(error);
}

pid_t *
target_list(void)
{
    DIR *open = opendir("/proc");
    struct dirent *entry;
    pid_t *list = say_got(malloc(sizeof(*list)));
    size_t count = 0;

    while (open != NULL && (entry = readdir(open)) != NULL) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        list[count++] = (pid_t)atol(entry->d_name);
        list = say_got(realloc(list, sizeof(*list) * (count + 1)));
    }
    list[count] = 0;
    if (open != NULL)
        closedir(open);
    return list;
}

char *
target_describe_forbidden(pid_t pid)
{
    char *path = text_format("/proc/%ld", (long)pid);
    char *scope = text_read("/proc/sys/kernel/yama/ptrace_scope");
    struct stat status;
    bool is_own = stat(path, &status) == 0 && status.st_uid == geteuid();
    char *text;

    if (is_own && scope != NULL && atoi(scope) > 0)
        text = text_format("process %ld may not be read: the system lets only "
                           "root do so (sysctl kernel.yama.ptrace_scope=0)",
                           (long)pid);
    else
        text = text_format("process %ld may not be read: only its user or root "
                           "(CAP_SYS_PTRACE) may, and a sandbox may forbid it",
                           (long)pid);
    free(scope);
    free(path);
    return text;
}
