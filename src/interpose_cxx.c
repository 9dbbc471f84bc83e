/* SPDX-License-Identifier: MIT */
/*
 * operator new and delete by their mangled names, without a C++ runtime.
 *
 * Only forms that gain from it are here; the nothrow and the aligned ones stay
 * the runtime's, which end in our base forms and in our aligned_alloc and free.
 *
 * A program may replace just the base forms, and every other form must then
 * end in the program's. So each derived form asks whether the base forms that
 * the dynamic linker bound are the ones of this file: `operator delete` below
 * goes through the GOT and may be anybody's, `own_delete` is a local name for
 * ours. Where they differ (also where a program that is not position
 * independent owns the address) the derived form calls the base.
 *
 * This file is compiled with unwind tables, since bad_alloc passes through it.
 */
#include <dlfcn.h>

#include "backend.h"
#include "log.h"
#include "route.h"

/* size_t is mangled by its type: m where it is unsigned long, j otherwise. */
#if __SIZEOF_SIZE_T__ == __SIZEOF_LONG__ && UINTPTR_MAX > 0xffffffffu
#define SIZED(prefix) prefix##m
#else
#define SIZED(prefix) prefix##j
#endif

#define operator_new SIZED(_Znw)
#define operator_new_array SIZED(_Zna)
#define operator_delete _ZdlPv
#define operator_delete_array _ZdaPv
#define operator_delete_sized SIZED(_ZdlPv)
#define operator_delete_array_sized SIZED(_ZdaPv)

#define QUOTE_(name) #name
#define QUOTE(name) QUOTE_(name)
#define OWN(name) LZ_HIDDEN __attribute__((alias(QUOTE(name))))

LZ_EXPORT void *operator_new(size_t n);
LZ_EXPORT void *operator_new_array(size_t n);
LZ_EXPORT void operator_delete(void *p);
LZ_EXPORT void operator_delete_array(void *p);
LZ_EXPORT void operator_delete_sized(void *p, size_t n);
LZ_EXPORT void operator_delete_array_sized(void *p, size_t n);

OWN(operator_new) void *own_new(size_t n);
OWN(operator_delete) void own_delete(void *p);
OWN(operator_delete_array) void own_delete_array(void *p);

typedef void *(*new_function)(size_t);

/*
 * The C++ runtime's own operator new: behind us in the search order, or in the
 * private scope of a plugin that brought its runtime along.
 */
static new_function
find_runtime_new(void)
{
    static const char *const runtimes[] = {"libstdc++.so.6", "libc++.so.1",
                                           "libc++abi.so.1"};
    const char *name = QUOTE(operator_new);
    void *found = dlsym(RTLD_NEXT, name);

    for (size_t i = 0; found == NULL && i < 3; i++) {
        void *runtime = dlopen(runtimes[i], RTLD_LAZY | RTLD_NOLOAD);

        if (runtime != NULL)
            found = dlsym(runtime, name);
    }
    return (new_function)(uintptr_t)found;
}

/*
 * Memory is short: the runtime calls the new_handler, tries malloc (ours) again
 * and throws bad_alloc. Nothing is looked up before that.
 */
static LZ_COLD void *
new_failed(size_t n)
{
    new_function runtime_new = find_runtime_new();

    if (runtime_new == NULL || runtime_new == own_new)
        lz_log_fatal("operator new(%zu): out of memory, and no C++ runtime to "
                     "throw bad_alloc; stopping",
                     n);
    return runtime_new(n);
}

static inline void *
allocate(size_t n)
{
    void *p =
        lz_route_is_small(n) ? je_malloc(n) : lz_route_allocate(n, 1, false);

    return LZ_LIKELY(p != NULL) ? p : new_failed(n);
}

static inline void
deallocate(void *p)
{
    if (lz_route_is_heap(p))
        je_free(p);
    else
        lz_route_free(p, "operator delete");
}

static inline void
deallocate_sized(void *p, size_t n)
{
    if (lz_route_is_heap(p))
        je_sdallocx(p, n, 0);
    else
        lz_route_free(p, "operator delete");
}

void *
operator_new(size_t n)
{
    return allocate(n);
}

void *
operator_new_array(size_t n)
{
    return LZ_LIKELY(operator_new == own_new) ? allocate(n) : operator_new(n);
}

void
operator_delete(void *p)
{
    deallocate(p);
}

void
operator_delete_array(void *p)
{
    if (LZ_LIKELY(operator_delete == own_delete))
        deallocate(p);
    else
        operator_delete(p);
}

void
operator_delete_sized(void *p, size_t n)
{
    if (LZ_LIKELY(operator_delete == own_delete))
        deallocate_sized(p, n);
    else
        operator_delete(p);
}

void
operator_delete_array_sized(void *p, size_t n)
{
    if (LZ_LIKELY(operator_delete_array == own_delete_array &&
                  operator_delete == own_delete))
        deallocate_sized(p, n);
    else
        operator_delete_array(p);
}
