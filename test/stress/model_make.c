/* SPDX-License-Identifier: MIT */
#include "active.h"
#include "model_calls.h"

/* The C++ names in their C form; both take the size in a size_t. */
#if SIZE_MAX > 0xffffffffu
#define MANGLED(before, after) __asm__(before "m" after)
#else
#define MANGLED(before, after) __asm__(before "j" after)
#endif
extern void *new_plain(size_t n) MANGLED("_Znw", "") WEAK;
extern void *new_nothrow(size_t n, const char *tag)
    MANGLED("_Zna", "RKSt9nothrow_t") WEAK;
extern void *new_aligned(size_t n, size_t align, const char *tag)
    MANGLED("_Znw", "St11align_val_tRKSt9nothrow_t") WEAK;
struct how {
    const char *name;
    void *(*make)(size_t n, size_t align);
    enum { NO_ALIGN, ANY_ALIGN, POINTER_ALIGN, PAGE_ALIGN } aligns;
    enum family family;
    bool zero, no_zero_size, sure_only;
    enum on_failure on_failure;
};

static void *
via_malloc(size_t n, size_t align)
{
    (void)align;
    return malloc(n);
}

/* In two factors, where there are any. */
static void *
via_calloc(size_t n, size_t align)
{
    size_t size = n % 8 == 0 ? 8 : n % 3 == 0 ? 3 : 1;

    (void)align;
    return calloc(n / size, size);
}

static void *
via_realloc(size_t n, size_t align)
{
    (void)align;
    return realloc(NULL, n);
}

static void *
via_reallocarray(size_t n, size_t align)
{
    (void)align;
    return n % 4 == 0 ? reallocarray(NULL, n / 4, 4) : reallocarray(NULL, n, 1);
}

static void *
via_posix_memalign(size_t n, size_t align)
{
    void *p = NULL;
    int error = posix_memalign(&p, align, n);

    if (error != (p == NULL ? ENOMEM : 0))
        model_fail("posix_memalign answers %d", error);
    return p;
}

static void *
via_aligned_alloc(size_t n, size_t align)
{
    return aligned_alloc(align, n);
}

static void *
via_memalign(size_t n, size_t align)
{
    return memalign(align, n);
}

static void *
via_valloc(size_t n, size_t align)
{
    (void)align;
    return valloc(n);
}

static void *
via_pvalloc(size_t n, size_t align)
{
    (void)align;
    return pvalloc(n);
}

static void *
via_mallocx(size_t n, size_t align)
{
    return mallocx(n, align > 1 ? MALLOCX_ALIGN(align) : 0);
}

static void *
via_mallocx_zero(size_t n, size_t align)
{
    return mallocx(n, (align > 1 ? MALLOCX_ALIGN(align) : 0) | MALLOCX_ZERO);
}

static void *
via_new(size_t n, size_t align)
{
    (void)align;
    return new_plain(n);
}

static void *
via_new_nothrow(size_t n, size_t align)
{
    (void)align;
    return new_nothrow(n, "");
}

static void *
via_new_aligned(size_t n, size_t align)
{
    return new_aligned(n, align, "");
}

/* calloc often: it promises most. */
static const struct how hows[] = {
    {"malloc", via_malloc, NO_ALIGN, LIBC, 0, 0, 0, SETS_ENOMEM},
    {"malloc", via_malloc, NO_ALIGN, LIBC, 0, 0, 0, SETS_ENOMEM},
    {"malloc", via_malloc, NO_ALIGN, LIBC, 0, 0, 0, SETS_ENOMEM},
    {"calloc", via_calloc, NO_ALIGN, LIBC, 1, 0, 0, SETS_ENOMEM},
    {"calloc", via_calloc, NO_ALIGN, LIBC, 1, 0, 0, SETS_ENOMEM},
    {"calloc", via_calloc, NO_ALIGN, LIBC, 1, 0, 0, SETS_ENOMEM},
    {"calloc", via_calloc, NO_ALIGN, LIBC, 1, 0, 0, SETS_ENOMEM},
    {"realloc(NULL)", via_realloc, NO_ALIGN, LIBC, 0, 0, 0, SETS_ENOMEM},
    {"reallocarray", via_reallocarray, NO_ALIGN, LIBC, 0, 0, 0, SETS_ENOMEM},
    {"posix_memalign", via_posix_memalign, POINTER_ALIGN, LIBC_ALIGNED, 0, 0, 0,
     SETS_ENOMEM},
    {"aligned_alloc", via_aligned_alloc, ANY_ALIGN, LIBC_ALIGNED, 0, 0, 0,
     SETS_ENOMEM},
    {"memalign", via_memalign, ANY_ALIGN, LIBC_ALIGNED, 0, 0, 0, SETS_ENOMEM},
    {"valloc", via_valloc, PAGE_ALIGN, LIBC_ALIGNED, 0, 0, 0, SETS_ENOMEM},
    {"pvalloc", via_pvalloc, PAGE_ALIGN, LIBC_ALIGNED, 0, 0, 0, SETS_ENOMEM},
    {"mallocx", via_mallocx, ANY_ALIGN, JEMALLOC, 0, 1, 0, EITHER},
    {"mallocx zero", via_mallocx_zero, ANY_ALIGN, JEMALLOC, 1, 1, 0, EITHER},
    {"new", via_new, NO_ALIGN, CXX, 0, 0, 1, EITHER},
    {"new nothrow", via_new_nothrow, NO_ALIGN, CXX, 0, 0, 1, EITHER},
    {"new aligned", via_new_aligned, ANY_ALIGN, CXX, 0, 0, 1, EITHER},
};

static size_t
pick_align(const struct how *how)
{
    size_t align = random_align();

    if (how->aligns == NO_ALIGN)
        return 1;
    if (how->aligns == PAGE_ALIGN)
        return (size_t)sysconf(_SC_PAGESIZE);
    if (how->aligns == POINTER_ALIGN && align < sizeof(void *))
        return sizeof(void *);
    return align;
}

static void
require_aligned(const struct block *block)
{
    size_t align = block->n < 16 ? 8 : 16;

    /* An alignment that was asked for may be less than the natural one. */
    if (block->family != LIBC || block->align > 1)
        align = block->align;
    if (((uintptr_t)block->p & (align - 1)) != 0)
        model_fail("%p is no multiple of %zu", (void *)block->p, align);
}

/* That large blocks are regions is what makes the rest of this a test. */
static void
require_owner(const struct block *block)
{
    bool large = block->n >= run.threshold;

    if (block->n <= run.sure_most && lazyzero_owns(block->p) != large)
        model_fail("a block of %zu bytes is %sa region", block->n,
                   large ? "not " : "");
    if (lazyzero_owns(block->p + 1))
        model_fail("an inner pointer is taken for a region");
}

void
calls_require_sound(struct block *block)
{
    require_aligned(block);
    begin("malloc_usable_size", block->n, block->align);
    block->usable = malloc_usable_size(block->p);
    if (block->usable < block->n || sallocx(block->p, 0) != block->usable)
        model_fail("%zu bytes are usable, sallocx says %zu", block->usable,
                   sallocx(block->p, 0));
    require_errno_kept();
}

/* The real size is known before (jemalloc(3), nallocx). */
static void
require_announced(const struct block *block)
{
    size_t announced;

    if (block->family != JEMALLOC || block->n > run.sure_most)
        return;
    announced = nallocx(block->n, align_flags(block));
    if (announced != block->usable)
        model_fail("nallocx says %zu, and %zu bytes are usable", announced,
                   block->usable);
}

void
calls_make(struct block *block)
{
    const struct how *how = &hows[random_below(COUNT(hows))];
    size_t n = how->sure_only ? random_modest_size() : random_size();

    /* new without a C++ runtime to throw stops the program. */
    if (how->sure_only && run.sure_most == 0)
        how = &hows[0];
    if (n == 0 && how->no_zero_size)
        n = 1;
    block->n = n;
    block->align = pick_align(how);
    block->family = how->family;
    begin(how->name, n, block->align);
    block->p = how->make(n, block->align);
    if (block->p == NULL) {
        require_failure(how->on_failure, n);
        return;
    }
    if (n > PTRDIFF_MAX)
        model_fail("a block larger than half of the address space");
    require_errno_kept();
    /* It promises whole pages. */
    if (how->make == via_pvalloc)
        block->n = (n + block->align - 1) & ~(block->align - 1);
    calls_require_sound(block);
    begin(how->name, n, block->align);
    require_owner(block);
    require_announced(block);
    contents_start(block, how->zero);
    contents_check(block);
    me->made++;
    if (how->zero)
        me->zeroed++;
}

/* --- refusals ------------------------------------------------------------- */

static void
require_refused(const void *p, int error)
{
    if (p != NULL || errno != error)
        model_fail("not refused with errno %d, but %d", error, errno);
}

static void
refuse_overflow(struct block *block)
{
    begin("calloc that overflows", SIZE_MAX / 2, 3);
    require_refused(calloc(SIZE_MAX / 2, 3), ENOMEM);
    begin("reallocarray that overflows", SIZE_MAX / 2, 3);
    require_refused(reallocarray(block->p, SIZE_MAX / 2, 3), ENOMEM);
    begin("realloc too large", (size_t)PTRDIFF_MAX + 1, 1);
    require_refused(realloc(block->p, (size_t)PTRDIFF_MAX + 1), ENOMEM);
}

static void
refuse_alignment(void)
{
    size_t n = random_modest_size(), bad = 3 * random_align();
    void *p = NULL;

    /* As glibc's: the next power of two. */
    begin("aligned_alloc of a bad alignment", n, bad);
    p = aligned_alloc(bad, n);
    if (p == NULL)
        require_failure(SETS_ENOMEM, n);
    else if ((uintptr_t)p % (bad / 3 * 4) != 0)
        model_fail("not aligned");
    free(p);
    p = NULL;
    begin("posix_memalign of a bad alignment", n, bad);
    if (posix_memalign(&p, bad, n) != EINVAL || p != NULL)
        model_fail("not refused");
    require_errno_kept();
}

void
calls_refused(struct block *block)
{
    if (block->p != NULL && block->family != CXX)
        refuse_overflow(block);
    refuse_alignment();
    if (block->p != NULL)
        contents_check(block);
}
