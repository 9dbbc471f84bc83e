/* SPDX-License-Identifier: MIT */
#include "interpose/elf/new.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "control/log.h"
#include "front/route.h"
#include "heap/backend.h"
#include "interpose/elf/start.h"

/* The malloc and free that new and delete call in the C++ runtimes. */
static void *(*const volatile bound_malloc)(size_t) = malloc;
static void (*const volatile bound_free)(void *) = free;

static bool has_other_malloc; /* set before any C++ code runs */

/* An address in another file may be a stub that leads to our function. */
static bool
is_other(void)
{
    void *p;
    bool other;

    if (bound_malloc == lz_interpose_libc_malloc ||
        bound_free == lz_interpose_libc_free)
        return false;
    p = malloc(1);
    other = p != NULL && !lz_backend_owns(p);
    free(p);
    return other;
}

void
lz_interpose_new_start(void)
{
    if (lz_interpose_starts_late() || !is_other())
        return;
    has_other_malloc = true;
    lz_route_all();
}

/* jemalloc's own operator new obeys it too. */
void
lz_interpose_new_refused(size_t n)
{
    bool infallible = false;
    size_t size = sizeof(infallible);

    if (je_mallctl("opt.experimental_infallible_new", &infallible, &size, NULL,
                   0) == 0 &&
        infallible)
        lz_log_fatal("operator new(%zu): out of memory, and "
                     "experimental_infallible_new is set; stopping",
                     n);
}

void *
lz_interpose_new_any(size_t n, size_t align)
{
    if (LZ_LIKELY(!has_other_malloc))
        return lz_route_allocate(n, align, false);
    /* new of size 0 returns an address of its own, too. */
    n = n == 0 ? 1 : n;
    return align > 1 ? aligned_alloc(align, lz_round_up(n, align)) : malloc(n);
}

void
lz_interpose_delete_any(void *p)
{
    if (LZ_LIKELY(!has_other_malloc))
        lz_route_free(p, "operator delete");
    else
        free(p);
}

void
lz_interpose_delete_sized_any(void *p, size_t n)
{
    if (LZ_LIKELY(!has_other_malloc))
        lz_route_free_sized(p, n, 0, "operator delete");
    else
        free(p);
}

static void *
find_in(const char *library, const char *name)
{
    void *handle = dlopen(library, RTLD_LAZY | RTLD_NOLOAD), *found = NULL;

    if (handle != NULL) {
        found = dlsym(handle, name);
        dlclose(handle);
    }
    return found;
}

/*
 * Finds the C++ runtime's own form: in one of the usual runtimes if it is
 * loaded, else in the runtime of the plugin that calls, which may have its own,
 * else in whatever comes after this library. Never returns NULL.
 */
void *
lz_interpose_new_runtime(const char *name, const void *caller)
{
    static const char *const runtimes[] = {"libstdc++.so.6", "libc++abi.so.1",
                                           "libc++.so.1"};
    void *found = NULL;
    Dl_info where;

    for (size_t i = 0; found == NULL && i < 3; i++)
        found = find_in(runtimes[i], name);
    if (found == NULL && dladdr(caller, &where) != 0)
        found = find_in(where.dli_fname, name);
    if (found == NULL)
        found = dlsym(RTLD_NEXT, name);
    if (found == NULL)
        lz_log_fatal("operator new: out of memory, and no C++ runtime to throw "
                     "bad_alloc; stopping");
    return found;
}
