/* SPDX-License-Identifier: MIT */
#include "heap/backend.h"

#include <stddef.h>

#include "large/index.h"
#include "os/os.h"
#include "start.h"
#include "support.h"

#define GRANULE LZ_INDEX_GRANULE

WRAPPED(int, lz_index_set, const void *address, void *owner);
WRAPPED(void *, lz_os_heap_map, void *hint, size_t length, int prot, int flags);
WRAPPED(int, lz_os_heap_unmap, void *start, size_t length);
WRAPPED(int, lz_os_heap_advise, void *start, size_t length, int advice);
WRAPPED(void *, lz_os_heap_break, intptr_t increment);
WRAPPED(int, lz_os_discard, void *start, size_t length);
WRAPPED(void, je_malloc_mutex_postfork_child, void *thread, void *mutex);
WRAPPED(bool, je_malloc_mutex_init, void *mutex, const char *name,
        unsigned rank, int order);
WRAPPED(size_t, lz_os_memory_size, void);
WRAPPED(size_t, lz_region_release, void);
WRAPPED(bool, lz_os_next_is_foreign, void);
WRAPPED(int, je_mallctl, const char *name, void *old, size_t *old_size,
        void *fresh, size_t fresh_size);

/* Any address will do, as nobody looks at memory here. */
#if UINTPTR_MAX > 0xffffffffu
#define START ((uintptr_t)3 << (sizeof(uintptr_t) > 4 ? 34 : 29))
#else
#define START ((uintptr_t)3 << 28)
#endif

static struct {
    bool on;             /* else the wrapped functions are the real ones */
    void *result;        /* of map and break */
    bool was_owned;      /* at the moment of the unmap */
    const void *watched; /* for was_owned */
    size_t length;       /* of the last call */
    int advice;
    int index_error;
    size_t memory, sizings; /* lz_os_memory_size and its calls */
    size_t purges;
    bool refuse_unmap;
    size_t discarded; /* length of the last one */
    bool is_foreign;  /* another library unmaps, and may allocate */
    size_t releases;
    bool counts;       /* else a fork of the test's own */
    void *remade[128]; /* locks in the fork child */
    size_t remade_count;
} fake;

size_t
__wrap_lz_region_release(void)
{
    fake.releases++;
    return __real_lz_region_release();
}

bool
__wrap_lz_os_next_is_foreign(void)
{
    return fake.is_foreign;
}

size_t
__wrap_lz_os_memory_size(void)
{
    fake.sizings++;
    return fake.memory;
}

int
__wrap_je_mallctl(const char *name, void *old, size_t *old_size, void *fresh,
                  size_t fresh_size)
{
    fake.purges += strcmp(name, "arena.4096.purge") == 0;
    return __real_je_mallctl(name, old, old_size, fresh, fresh_size);
}

int
__wrap_lz_index_set(const void *address, void *owner)
{
    return fake.index_error != 0 ? fake.index_error
                                 : __real_lz_index_set(address, owner);
}

void *
__wrap_lz_os_heap_map(void *hint, size_t length, int prot, int flags)
{
    if (!fake.on)
        return __real_lz_os_heap_map(hint, length, prot, flags);
    return fake.result;
}

int
__wrap_lz_os_heap_unmap(void *start, size_t length)
{
    if (!fake.on)
        return __real_lz_os_heap_unmap(start, length);
    fake.length = length;
    fake.was_owned = lz_backend_owns(fake.watched);
    return fake.refuse_unmap ? -1 : 0;
}

int
__wrap_lz_os_discard(void *start, size_t length)
{
    if (!fake.on)
        return __real_lz_os_discard(start, length);
    fake.discarded = length;
    return 0;
}

void
__wrap_je_malloc_mutex_postfork_child(void *thread, void *mutex)
{
    if (fake.counts)
        fake.remade[fake.remade_count++] = mutex;
    __real_je_malloc_mutex_postfork_child(thread, mutex);
}

int
__wrap_lz_os_heap_advise(void *start, size_t length, int advice)
{
    if (!fake.on)
        return __real_lz_os_heap_advise(start, length, advice);
    fake.length = length;
    fake.advice = advice;
    return -1;
}

void *
__wrap_lz_os_heap_break(intptr_t increment)
{
    return fake.on ? fake.result : __real_lz_os_heap_break(increment);
}

static void *
at(uintptr_t address)
{
    return (void *)address;
}

static void *
grow_by_mmap(uintptr_t start, size_t length)
{
    fake.on = true;
    fake.result = at(start);
    return lz_backend_mmap(NULL, length, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* Owned from `first` to `end`, and neither before nor after. */
static void
expect_owned(uintptr_t first, uintptr_t end)
{
    cr_expect_not(lz_backend_owns(at(first - 1)));
    for (uintptr_t p = first; p < end; p += GRANULE / 2)
        cr_expect(lz_backend_owns(at(p)));
    cr_expect(lz_backend_owns(at(end - 1)));
    cr_expect_not(lz_backend_owns(at(end)));
}

Test(backend, owns_nothing_that_nobody_mapped)
{
    int local;

    cr_expect_not(lz_backend_owns(NULL));
    cr_expect_not(lz_backend_owns(&local));
    cr_expect_not(lz_backend_owns(at(START)));
}

Test(backend, owns_all_that_jemalloc_hands_out)
{
    for (size_t n = 1; n <= 64 * LZ_MIB; n = n * 3 / 2 + 1) {
        char *p = je_malloc(n);

        cr_assert_not_null(p);
        cr_expect(lz_backend_owns(p), "%zu bytes", n);
        cr_expect(lz_backend_owns(p + n - 1));
        je_free(p);
    }
}

Test(backend, mapped_memory_is_owned)
{
    errno = ERRNO_MARK;
    cr_expect_eq(grow_by_mmap(START, 3 * GRANULE), at(START));
    EXPECT_ERRNO_KEPT();
    expect_owned(START, START + 3 * GRANULE);
}

/* Its code may allocate, and jemalloc is at work. */
Test(backend, within_jemalloc_no_other_library_unmaps)
{
    size_t before = fake.releases;

    grow_by_mmap(START, GRANULE);
    cr_expect_eq(fake.releases, before + 1);
    fake.is_foreign = true;
    grow_by_mmap(START + GRANULE, GRANULE);
    cr_expect_eq(fake.releases, before + 1);
}

Test(backend, ownership_is_exact_to_a_granule)
{
    grow_by_mmap(START + GRANULE - 4096, 8192);
    expect_owned(START, START + 2 * GRANULE);
    grow_by_mmap(START + 8 * GRANULE + 4096, 4096);
    expect_owned(START + 8 * GRANULE, START + 9 * GRANULE);
}

Test(backend, refused_memory_is_not_owned)
{
    fake.on = true;
    fake.result = MAP_FAILED;
    cr_expect_eq(lz_backend_mmap(NULL, GRANULE, 0, 0, -1, 0), MAP_FAILED);
    cr_expect_eq(lz_backend_sbrk(4096), (void *)-1);
    cr_expect_not(lz_backend_owns(MAP_FAILED));
    cr_expect_not(lz_backend_owns(at(START)));
}

Test(backend, unmapping_gives_up_whole_granules_before_the_call)
{
    grow_by_mmap(START, 4 * GRANULE);
    fake.watched = at(START + GRANULE);
    cr_expect_eq(lz_backend_munmap(at(START + 4096), 3 * GRANULE), 0);
    cr_expect_eq(fake.length, 3 * GRANULE);
    cr_expect_not(fake.was_owned);
    cr_expect(lz_backend_owns(at(START)));
    cr_expect_not(lz_backend_owns(at(START + GRANULE)));
    cr_expect_not(lz_backend_owns(at(START + 2 * GRANULE)));
    cr_expect(lz_backend_owns(at(START + 3 * GRANULE)));
    cr_expect_eq(fake.discarded, 0);
}

/* A pointer behind it is 0 where addresses have 32 bits: no loop may wait. */
Test(backend, the_last_granule_of_the_address_space)
{
    unsigned bits = sizeof(uintptr_t) > 4 ? 48 : 32;
    uintptr_t last = ((uintptr_t)1 << (bits - 1)) * 2 - GRANULE;

    grow_by_mmap(last - GRANULE, 2 * GRANULE - 4096);
    cr_expect(lz_backend_owns(at(last - GRANULE)));
    cr_expect(lz_backend_owns(at(last)));
    lz_backend_munmap(at(last - GRANULE), 2 * GRANULE - 4096);
    cr_expect_not(lz_backend_owns(at(last - GRANULE)));
    cr_expect(lz_backend_owns(at(last)));
    lz_backend_munmap(at(last + 4096), GRANULE - 8192);
    cr_expect(lz_backend_owns(at(last)));
}

/* jemalloc would print a line, and has forgotten the memory in any case. */
Test(backend, what_cannot_be_unmapped_loses_its_pages)
{
    grow_by_mmap(START, 4 * GRANULE);
    fake.refuse_unmap = true;
    cr_expect_eq(lz_backend_munmap(at(START), 3 * GRANULE), 0);
    cr_expect_eq(fake.discarded, 3 * GRANULE);
}

Test(backend, unmapping_less_than_a_granule_gives_up_none)
{
    grow_by_mmap(START, 2 * GRANULE);
    lz_backend_munmap(at(START + 4096), GRANULE);
    lz_backend_munmap(at(START), 4096);
    expect_owned(START, START + 2 * GRANULE);
}

Test(backend, break_memory_is_owned)
{
    fake.on = true;
    fake.result = at(START + 100);
    cr_expect_eq(lz_backend_sbrk((intptr_t)GRANULE), at(START + 100));
    expect_owned(START, START + 2 * GRANULE);
}

Test(backend, asking_for_the_break_owns_nothing)
{
    fake.on = true;
    fake.result = at(START + 100);
    cr_expect_eq(lz_backend_sbrk(0), at(START + 100));
    cr_expect_eq(lz_backend_sbrk(-4096), at(START + 100));
    cr_expect_not(lz_backend_owns(at(START + 100)));
}

Test(backend, advice_is_passed_on)
{
    fake.on = true;
    cr_expect_eq(lz_backend_madvise(at(START), 4096, MADV_DONTNEED), -1);
    cr_expect_eq(fake.length, 4096);
    cr_expect_eq(fake.advice, MADV_DONTNEED);
}

/* Then no pointer may be called foreign any more. */
Test(backend, a_granule_that_cannot_be_noted_makes_everything_owned)
{
    fake.index_error = ENOMEM;
    cr_expect_eq(grow_by_mmap(START, GRANULE), at(START));
    cr_expect(lz_backend_owns(at(START)));
    cr_expect(lz_backend_owns(at(START + 100 * GRANULE)));
    cr_expect(lz_backend_owns(&fake));
}

static bool
everything_is_owned(void)
{
    return lz_backend_owns(at(START));
}

Test(backend, reading_the_extent_hooks_changes_nothing)
{
    void *hooks;
    size_t size = sizeof(hooks);

    cr_expect_eq(
        lz_backend_mallctl("arena.0.extent_hooks", &hooks, &size, NULL, 0), 0);
    cr_expect_not(everything_is_owned());
}

Test(backend, writing_extent_hooks_makes_everything_owned)
{
    void *hooks;
    size_t size = sizeof(hooks);

    lz_backend_mallctl("arena.0.extent_hooks", &hooks, &size, NULL, 0);
    cr_expect_eq(lz_backend_mallctl("arena.0.extent_hooks", NULL, NULL, &hooks,
                                    sizeof(hooks)),
                 0);
    cr_expect(everything_is_owned());
}

Test(backend, an_arena_with_hooks_makes_everything_owned)
{
    void *hooks;
    size_t size = sizeof(hooks);
    unsigned arena;
    size_t arena_size = sizeof(arena);

    lz_backend_mallctl("arena.0.extent_hooks", &hooks, &size, NULL, 0);
    cr_expect_eq(lz_backend_mallctl("arenas.create", &arena, &arena_size,
                                    &hooks, sizeof(hooks)),
                 0);
    cr_expect(everything_is_owned());
}

Test(backend, an_arena_without_hooks_changes_nothing)
{
    unsigned arena;
    size_t size = sizeof(arena);

    cr_expect_eq(lz_backend_mallctl("arenas.create", &arena, &size, NULL, 0),
                 0);
    cr_expect_not(everything_is_owned());
}

Test(backend, other_writes_by_mallctl_change_nothing)
{
    uint64_t epoch = 1;
    size_t mib[8], length = 8;

    cr_expect_eq(lz_backend_mallctl("epoch", NULL, NULL, &epoch, sizeof(epoch)),
                 0);
    cr_expect_eq(lz_backend_mallctlnametomib("epoch", mib, &length), 0);
    cr_expect_not(everything_is_owned());
}

Test(backend, the_mib_of_extent_hooks_makes_everything_owned)
{
    size_t mib[8], length = 8;

    cr_expect_eq(
        lz_backend_mallctlnametomib("arena.0.extent_hooks", mib, &length), 0);
    cr_expect(everything_is_owned());
}

Test(backend, the_mib_of_arenas_create_makes_everything_owned)
{
    size_t mib[8], length = 8;

    cr_expect_eq(lz_backend_mallctlnametomib("arenas.create", mib, &length), 0);
    cr_expect(everything_is_owned());
}

Test(backend, flags_and_alignment)
{
    cr_expect_eq(lz_backend_align(0), 1);
    cr_expect_eq(lz_backend_align(LZ_MALLOCX_ZERO), 1);
    cr_expect_eq(lz_backend_flags(1, false), 0);
    cr_expect_eq(lz_backend_flags(1, true), LZ_MALLOCX_ZERO);
    for (unsigned bit = 0; bit < 8 * sizeof(size_t); bit++) {
        size_t align = (size_t)1 << bit;

        cr_expect_eq(lz_backend_align(lz_backend_flags(align, false)), align);
        cr_expect_eq(lz_backend_align(lz_backend_flags(align, true)), align);
        cr_expect_eq(lz_backend_flags(align, true) & LZ_MALLOCX_ZERO,
                     LZ_MALLOCX_ZERO);
    }
}

/* LZ_MALLOCX_* must mean what this jemalloc takes them for. */
Test(backend, flags_mean_the_same_to_jemalloc)
{
    for (size_t align = 8; align <= 64 * LZ_KIB; align *= 2) {
        char *p = je_mallocx(100, lz_backend_flags(align, false));

        cr_expect_eq((uintptr_t)p % align, 0);
        memset(p, 0xA5, 100);
        je_free(p);
        p = je_mallocx(100, lz_backend_flags(align, true));
        cr_expect_eq((uintptr_t)p % align, 0);
        cr_expect(all_bytes_are(p, 100, 0));
        je_free(p);
    }
}

Test(backend, the_arena_in_the_flags_is_the_one_that_serves)
{
    unsigned arena, found;
    size_t size = sizeof(arena);
    void *p;

    cr_assert_eq(je_mallctl("arenas.create", &arena, &size, NULL, 0), 0);
    p = je_mallocx(100, (int)(arena + 1) << LZ_MALLOCX_ARENA_SHIFT);
    cr_expect_eq(je_mallctl("arenas.lookup", &found, &size, &p, sizeof(p)), 0);
    cr_expect_eq(found, arena);
}

static char called[8];

static void
prepare(void)
{
    strcat(called, "p");
}

static void
parent(void)
{
    strcat(called, "a");
}

static void
child(void)
{
    strcat(called, "c");
}

Test(backend, fork_handlers_are_the_ones_that_were_set)
{
    lz_backend_set_fork_handlers(prepare, parent, child);
    lz_backend_fork_prepare();
    lz_backend_fork_parent();
    lz_backend_fork_prepare();
    lz_backend_fork_child();
    cr_expect_str_eq(called, "papc");
}

/* The heap is as large as `bytes`, and what jemalloc had before. */
static void
heap_of(size_t bytes)
{
    fake.on = true;
    fake.result = at(START);
    cr_assert_eq(lz_backend_mmap(NULL, bytes, 0, 0, -1, 0), at(START));
    fake.on = false;
}

Test(backend, large_blocks_do_not_disturb_a_small_heap)
{
    fake.memory = 160 * LZ_MIB;
    for (int i = 0; i < 100; i++)
        lz_backend_make_room(100 * LZ_MIB);
    cr_expect_eq(fake.purges, 0);
    cr_expect_eq(fake.sizings, 0, "nothing is read for nothing");
}

Test(backend, a_heap_gives_back_once_in_a_sixteenth_of_the_memory)
{
    fake.memory = 160 * LZ_MIB;
    heap_of(64 * LZ_MIB);
    errno = ERRNO_MARK;
    for (int i = 0; i < 5; i++)
        lz_backend_make_room(2 * LZ_MIB);
    cr_expect_eq(fake.purges, 0);
    lz_backend_make_room(2 * LZ_MIB);
    cr_expect_eq(fake.purges, 1);
    for (int i = 0; i < 12; i++)
        lz_backend_make_room(2 * LZ_MIB);
    cr_expect_eq(fake.purges, 3);
    cr_expect_eq(fake.sizings, 1);
    EXPECT_ERRNO_KEPT();
}

Test(backend, memory_that_is_unmapped_counts_no_more)
{
    fake.memory = 160 * LZ_MIB;
    heap_of(64 * LZ_MIB);
    fake.on = true;
    lz_backend_munmap(at(START), 64 * LZ_MIB);
    fake.on = false;
    lz_backend_make_room(1024 * LZ_MIB);
    cr_expect_eq(fake.purges, 0);
}

/* Is it among those that the fork child made anew? How often? */
static size_t
count_remade(const void *mutex)
{
    size_t count = 0;

    for (size_t i = 0; i < fake.remade_count; i++)
        count += fake.remade[i] == mutex;
    return count;
}

static void
fork_child(void)
{
    fake.remade_count = 0;
    fake.counts = true;
    lz_backend_set_fork_handlers(prepare, parent, child);
    lz_backend_fork_child();
    fake.counts = false;
}

/* Room enough for a lock of jemalloc's. */
typedef union {
    char bytes[512];
    max_align_t aligned;
} mutex_room;

Test(backend, the_locks_that_jemalloc_forgets_are_made_anew_in_a_child)
{
    static mutex_room tree, stats, bin;

    fork_child();
    cr_expect_geq(fake.remade_count, 1, "jemalloc's own tree");
    cr_expect_not(__wrap_je_malloc_mutex_init(&tree, "rtree", 0, 0));
    cr_expect_not(__wrap_je_malloc_mutex_init(&stats, "arena_stats", 0, 0));
    cr_expect_not(__wrap_je_malloc_mutex_init(&bin, "bin", 0, 0));
    fork_child();
    cr_expect_eq(count_remade(&tree), 1);
    cr_expect_eq(count_remade(&stats), 1);
    cr_expect_eq(count_remade(&bin), 0);
    lz_backend_mutex_unmap(&stats, 1);
    fork_child();
    cr_expect_eq(count_remade(&tree), 1);
    cr_expect_eq(count_remade(&stats), 0);
}

/* More than are remembered: no harm, and room again once some are gone. */
Test(backend, more_locks_than_there_is_room_for)
{
    static mutex_room many[100], late;

    for (size_t i = 0; i < 100; i++)
        __wrap_je_malloc_mutex_init(&many[i], "arena_stats", 0, 0);
    fork_child();
    cr_expect_eq(fake.remade_count, 64);
    lz_backend_mutex_unmap(many, sizeof(many));
    __wrap_je_malloc_mutex_init(&late, "arena_stats", 0, 0);
    fork_child();
    cr_expect_eq(count_remade(&late), 1);
    for (size_t i = 0; i < 100; i++)
        cr_expect_eq(count_remade(&many[i]), 0);
}
