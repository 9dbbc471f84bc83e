/* SPDX-License-Identifier: MIT */
/*
 * dirty_hooks create|replace|mib: the program gives jemalloc memory of its own
 * by extent hooks, namely the shared memory of a file that is not zero. A page
 * of it that is not populated reads as what the file holds, so calloc must
 * write.
 */
#include <sys/mman.h>
#include <sys/syscall.h>

#include "dirty.h"

extern int mallctl(const char *name, void *old, size_t *old_size, void *fresh,
                   size_t fresh_size) __attribute__((weak));
extern int mallctlnametomib(const char *name, size_t *mib, size_t *length)
    __attribute__((weak));
extern int mallctlbymib(const size_t *mib, size_t length, void *old,
                        size_t *old_size, void *fresh, size_t fresh_size)
    __attribute__((weak));

/* jemalloc(3), arena.<i>.extent_hooks; a hook that is NULL is not there. */
struct extent_hooks {
    void *(*alloc)(struct extent_hooks *hooks, void *address, size_t size,
                   size_t align, bool *zero, bool *commit, unsigned arena);
    bool (*dalloc)(struct extent_hooks *hooks, void *address, size_t size,
                   bool committed, unsigned arena);
    void *destroy;
    void *commit;
    void *decommit;
    void *purge_lazy;
    void *purge_forced;
    bool (*split)(struct extent_hooks *hooks, void *address, size_t size,
                  size_t size_a, size_t size_b, bool committed, unsigned arena);
    bool (*merge)(struct extent_hooks *hooks, void *a, size_t size_a, void *b,
                  size_t size_b, bool committed, unsigned arena);
};

static int file = -1;
static size_t file_size;
static char *first, *last_end; /* where the hook's memory lies */

/* The file is longer by so much dirt, which the mapping has no page of. */
static off_t
grow_file(size_t size)
{
    static char line[4096];
    off_t start = (off_t)file_size;

    memset(line, 0x5a, sizeof(line));
    for (size_t at = 0; at < size; at += sizeof(line))
        REQUIRE(pwrite(file, line, sizeof(line), start + (off_t)at) ==
                sizeof(line));
    file_size += size;
    return start;
}

static void *
hook_alloc(struct extent_hooks *hooks, void *address, size_t size, size_t align,
           bool *zero, bool *commit, unsigned arena)
{
    size_t room = size + align;
    char *p, *aligned;

    (void)hooks;
    (void)arena;
    if (address != NULL)
        return NULL;
    p = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(p != MAP_FAILED);
    aligned = (char *)(((uintptr_t)p + align - 1) & ~(align - 1));
    p = mmap(aligned, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
             file, grow_file(size));
    REQUIRE(p == aligned);
    if (*zero)
        memset(p, 0, size);
    *commit = true;
    if (first == NULL || p < first)
        first = p;
    if (p + size > last_end)
        last_end = p + size;
    return p;
}

/* true: refused; jemalloc keeps the memory. */
static bool
hook_dalloc(struct extent_hooks *hooks, void *address, size_t size,
            bool committed, unsigned arena)
{
    (void)hooks;
    (void)address;
    (void)size;
    (void)committed;
    (void)arena;
    return true;
}

static bool
hook_split(struct extent_hooks *hooks, void *address, size_t size,
           size_t size_a, size_t size_b, bool committed, unsigned arena)
{
    (void)hooks;
    (void)address;
    (void)size;
    (void)size_a;
    (void)size_b;
    (void)committed;
    (void)arena;
    return false;
}

static struct extent_hooks hooks = {
    .alloc = hook_alloc, .dalloc = hook_dalloc, .split = hook_split};
static struct extent_hooks *hooks_pointer = &hooks;

static unsigned
current_arena(void)
{
    unsigned arena;
    size_t size = sizeof(arena);

    REQUIRE(mallctl("thread.arena", &arena, &size, NULL, 0) == 0);
    return arena;
}

/* A new arena of such memory, and this thread moves there. */
static void
create(void)
{
    unsigned arena;
    size_t size = sizeof(arena);

    REQUIRE(mallctl("arenas.create", &arena, &size, &hooks_pointer,
                    sizeof(hooks_pointer)) == 0);
    REQUIRE(mallctl("thread.arena", NULL, NULL, &arena, sizeof(arena)) == 0);
}

/* The arena of this thread gets such memory from now on. */
static void
replace(void)
{
    char name[64];

    snprintf(name, sizeof(name), "arena.%u.extent_hooks", current_arena());
    REQUIRE(mallctl(name, NULL, NULL, &hooks_pointer, sizeof(hooks_pointer)) ==
            0);
}

/* The same with a name that was translated before. */
static void
replace_by_mib(void)
{
    size_t mib[3], length = 3;

    REQUIRE(mallctlnametomib("arena.0.extent_hooks", mib, &length) == 0);
    mib[1] = current_arena();
    REQUIRE(mallctlbymib(mib, length, NULL, NULL, &hooks_pointer,
                         sizeof(hooks_pointer)) == 0);
}

/* All alive at once, so that they cannot all come from older memory. */
static void
use_all_sizes(void)
{
    enum { MOST = 60 };
    char *blocks[MOST];
    size_t count = 0, outside = 0;

    for (size_t n = 64 << 10; n <= 900 << 10; n += 60000) {
        for (int i = 0; i < 4; i++) {
            blocks[count] = (char *)calloc(1, n);
            require_zero(blocks[count], n);
            outside += blocks[count] < first || blocks[count] >= last_end;
            make_dirty(blocks[count++]);
        }
    }
    REQUIRE(outside < count);
    while (count > 0)
        free(blocks[--count]);
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(60);
    REQUIRE(argc == 2 && mallctl != NULL);
    file = (int)syscall(SYS_memfd_create, "dirt", 0);
    if (file < 0)
        skip("no memfd");
    if (strcmp(argv[1], "create") == 0)
        create();
    else if (strcmp(argv[1], "replace") == 0)
        replace();
    else
        replace_by_mib();
    for (int round = 0; round < 3; round++)
        use_all_sizes();
    use_every_size_dirty();
    return 0;
}
