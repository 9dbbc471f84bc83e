/* SPDX-License-Identifier: MIT */
/*
 * operator new and delete by their mangled names, without a C++ runtime.
 *
 * All forms are here: in a program that is linked with another allocator, one
 * form left out would be that allocator's, and its blocks not ours.
 *
 * A program may replace just the base forms, and every other form must then end
 * in the program's. So each derived form asks whether the base form that the
 * dynamic linker bound is the one of this file: bound_* is filled by a
 * relocation and may be anybody's, own_* is a local name for ours. Where they
 * differ (also where a program that is not position independent owns the
 * address) the derived form calls the base. Base forms are new, delete, and
 * their aligned variants; the array forms are bases of the derived array forms.
 *
 * Out of memory, and for nothrow forms over a replaced base, whose exception
 * has to be caught, the C++ runtime's own form is called. Nothing is looked up
 * before that. Compiled with unwind tables, since bad_alloc passes through.
 */
#include "front/route.h"
#include "heap/backend.h"
#include "interpose/elf/new.h"

/* size_t is mangled by its type: m if it is unsigned long, otherwise j. */
#if UINTPTR_MAX > 0xffffffffu
#define MANGLED(prefix, suffix) prefix##m##suffix
#else
#define MANGLED(prefix, suffix) prefix##j##suffix
#endif
#define QUOTE_(name) #name
#define QUOTE(name) QUOTE_(name)

#define op_new MANGLED(_Znw, )
#define op_new_array MANGLED(_Zna, )
#define op_new_nothrow MANGLED(_Znw, RKSt9nothrow_t)
#define op_new_array_nothrow MANGLED(_Zna, RKSt9nothrow_t)
#define op_new_aligned MANGLED(_Znw, St11align_val_t)
#define op_new_array_aligned MANGLED(_Zna, St11align_val_t)
#define op_new_aligned_nothrow MANGLED(_Znw, St11align_val_tRKSt9nothrow_t)
#define op_new_array_aligned_nothrow \
    MANGLED(_Zna, St11align_val_tRKSt9nothrow_t)
#define op_delete _ZdlPv
#define op_delete_array _ZdaPv
#define op_delete_sized MANGLED(_ZdlPv, )
#define op_delete_array_sized MANGLED(_ZdaPv, )
#define op_delete_nothrow _ZdlPvRKSt9nothrow_t
#define op_delete_array_nothrow _ZdaPvRKSt9nothrow_t
#define op_delete_aligned _ZdlPvSt11align_val_t
#define op_delete_array_aligned _ZdaPvSt11align_val_t
#define op_delete_sized_aligned MANGLED(_ZdlPv, St11align_val_t)
#define op_delete_array_sized_aligned MANGLED(_ZdaPv, St11align_val_t)
#define op_delete_aligned_nothrow _ZdlPvSt11align_val_tRKSt9nothrow_t
#define op_delete_array_aligned_nothrow _ZdaPvSt11align_val_tRKSt9nothrow_t

typedef void *(*new_t)(size_t);
typedef void *(*new_nothrow_t)(size_t, const void *);
typedef void *(*new_aligned_t)(size_t, size_t);
typedef void *(*new_aligned_nothrow_t)(size_t, size_t, const void *);
typedef void (*delete_t)(void *);
typedef void (*delete_aligned_t)(void *, size_t);

LZ_EXPORT void *op_new(size_t n);
LZ_EXPORT void *op_new_array(size_t n);
LZ_EXPORT void *op_new_aligned(size_t n, size_t align);
LZ_EXPORT void *op_new_array_aligned(size_t n, size_t align);
LZ_EXPORT void op_delete(void *p);
LZ_EXPORT void op_delete_array(void *p);
LZ_EXPORT void op_delete_aligned(void *p, size_t align);
LZ_EXPORT void op_delete_array_aligned(void *p, size_t align);

#define OWN(name) LZ_HIDDEN __attribute__((alias(QUOTE(name))))

OWN(op_new) void *own_new(size_t n);
OWN(op_new_array) void *own_new_array(size_t n);
OWN(op_new_aligned) void *own_new_aligned(size_t n, size_t align);
OWN(op_new_array_aligned) void *own_new_array_aligned(size_t n, size_t align);
OWN(op_delete) void own_delete(void *p);
OWN(op_delete_array) void own_delete_array(void *p);
OWN(op_delete_aligned) void own_delete_aligned(void *p, size_t align);
OWN(op_delete_array_aligned) void own_delete_array_aligned(void *p, size_t a);

/*
 * What the dynamic linker bound. Volatile, because clang takes two names of one
 * function in this file for the same address.
 */
static const volatile new_t bound_new = op_new;
static const volatile new_t bound_new_array = op_new_array;
static const volatile new_aligned_t bound_new_aligned = op_new_aligned;
static const volatile new_aligned_t bound_new_array_aligned =
    op_new_array_aligned;
static const volatile delete_t bound_delete = op_delete;
static const volatile delete_t bound_delete_array = op_delete_array;
static const volatile delete_aligned_t bound_delete_aligned = op_delete_aligned;
static const volatile delete_aligned_t bound_delete_array_aligned =
    op_delete_array_aligned;

#define RUNTIME(type, name)                                 \
    ((type)(uintptr_t)lz_interpose_new_runtime(QUOTE(name), \
                                               __builtin_return_address(0)))

static inline void *
allocate(size_t n)
{
    void *p = lz_route_is_small(n) ? je_malloc(n) : lz_interpose_new_any(n, 1);

    if (LZ_UNLIKELY(p == NULL))
        lz_interpose_new_refused(n);
    return p;
}

static inline void *
allocate_aligned(size_t n, size_t align)
{
    void *p = lz_route_is_small(n) ? je_aligned_alloc(align, n)
                                   : lz_interpose_new_any(n, align);

    if (LZ_UNLIKELY(p == NULL))
        lz_interpose_new_refused(n);
    return p;
}

static inline void
deallocate(void *p)
{
    if (lz_route_is_heap(p))
        je_free(p);
    else
        lz_interpose_delete_any(p);
}

static inline void
deallocate_sized(void *p, size_t n)
{
    if (lz_route_is_heap(p))
        je_sdallocx(p, n, 0);
    else
        lz_interpose_delete_sized_any(p, n);
}

static inline bool
owns_new(void)
{
    return LZ_LIKELY(bound_new == own_new);
}

static inline bool
owns_new_array(void)
{
    return LZ_LIKELY(bound_new_array == own_new_array) && owns_new();
}

static inline bool
owns_new_aligned(void)
{
    return LZ_LIKELY(bound_new_aligned == own_new_aligned);
}

static inline bool
owns_new_array_aligned(void)
{
    return LZ_LIKELY(bound_new_array_aligned == own_new_array_aligned) &&
           owns_new_aligned();
}

/*
 * True if all plain and array forms are ours. Only then is the size in a sized
 * delete that of our block, since a replaced new may have asked for more. Set
 * before any C++ code runs; until then the long way is taken, which is right as
 * well.
 */
static bool owns_plain_forms;

__attribute__((constructor)) static void
look_at_forms(void)
{
    if (owns_new())
        lz_interpose_new_start();
    owns_plain_forms = owns_new_array() && bound_delete == own_delete &&
                       bound_delete_array == own_delete_array;
}

void *
op_new(size_t n)
{
    void *p = allocate(n);

    return LZ_LIKELY(p != NULL) ? p : RUNTIME(new_t, op_new)(n);
}

void *
op_new_array(size_t n)
{
    void *p;

    if (!owns_new())
        return bound_new(n);
    p = allocate(n);
    return LZ_LIKELY(p != NULL) ? p : RUNTIME(new_t, op_new)(n);
}

LZ_EXPORT void *
op_new_nothrow(size_t n, const void *nothrow)
{
    void *p = owns_new() ? allocate(n) : NULL;

    return LZ_LIKELY(p != NULL)
               ? p
               : RUNTIME(new_nothrow_t, op_new_nothrow)(n, nothrow);
}

LZ_EXPORT void *
op_new_array_nothrow(size_t n, const void *nothrow)
{
    void *p = owns_new_array() ? allocate(n) : NULL;

    return LZ_LIKELY(p != NULL)
               ? p
               : RUNTIME(new_nothrow_t, op_new_array_nothrow)(n, nothrow);
}

void *
op_new_aligned(size_t n, size_t align)
{
    void *p = allocate_aligned(n, align);

    return LZ_LIKELY(p != NULL)
               ? p
               : RUNTIME(new_aligned_t, op_new_aligned)(n, align);
}

void *
op_new_array_aligned(size_t n, size_t align)
{
    void *p;

    if (!owns_new_aligned())
        return bound_new_aligned(n, align);
    p = allocate_aligned(n, align);
    return LZ_LIKELY(p != NULL)
               ? p
               : RUNTIME(new_aligned_t, op_new_aligned)(n, align);
}

LZ_EXPORT void *
op_new_aligned_nothrow(size_t n, size_t align, const void *nothrow)
{
    void *p = owns_new_aligned() ? allocate_aligned(n, align) : NULL;

    return LZ_LIKELY(p != NULL)
               ? p
               : RUNTIME(new_aligned_nothrow_t,
                         op_new_aligned_nothrow)(n, align, nothrow);
}

LZ_EXPORT void *
op_new_array_aligned_nothrow(size_t n, size_t align, const void *nothrow)
{
    void *p = owns_new_array_aligned() ? allocate_aligned(n, align) : NULL;

    return LZ_LIKELY(p != NULL)
               ? p
               : RUNTIME(new_aligned_nothrow_t,
                         op_new_array_aligned_nothrow)(n, align, nothrow);
}

void
op_delete(void *p)
{
    deallocate(p);
}

void
op_delete_array(void *p)
{
    if (LZ_LIKELY(bound_delete == own_delete))
        deallocate(p);
    else
        bound_delete(p);
}

LZ_EXPORT void
op_delete_sized(void *p, size_t n)
{
    if (LZ_LIKELY(owns_plain_forms))
        deallocate_sized(p, n);
    else
        bound_delete(p);
}

LZ_EXPORT void
op_delete_array_sized(void *p, size_t n)
{
    if (LZ_LIKELY(owns_plain_forms))
        deallocate_sized(p, n);
    else
        bound_delete_array(p);
}

LZ_EXPORT void
op_delete_nothrow(void *p, const void *nothrow)
{
    (void)nothrow;
    bound_delete(p);
}

LZ_EXPORT void
op_delete_array_nothrow(void *p, const void *nothrow)
{
    (void)nothrow;
    bound_delete_array(p);
}

void
op_delete_aligned(void *p, size_t align)
{
    (void)align;
    deallocate(p);
}

void
op_delete_array_aligned(void *p, size_t align)
{
    bound_delete_aligned(p, align);
}

LZ_EXPORT void
op_delete_sized_aligned(void *p, size_t n, size_t align)
{
    (void)n;
    bound_delete_aligned(p, align);
}

LZ_EXPORT void
op_delete_array_sized_aligned(void *p, size_t n, size_t align)
{
    (void)n;
    bound_delete_array_aligned(p, align);
}

LZ_EXPORT void
op_delete_aligned_nothrow(void *p, size_t align, const void *nothrow)
{
    (void)nothrow;
    bound_delete_aligned(p, align);
}

LZ_EXPORT void
op_delete_array_aligned_nothrow(void *p, size_t align, const void *nothrow)
{
    (void)nothrow;
    bound_delete_array_aligned(p, align);
}
