/* SPDX-License-Identifier: MIT */
/*
 * The names that programs call: forwarders, no logic.
 *
 * The whole family is here, because one name left to libc would hand out libc's
 * blocks to our free. Sized frees and usable sizes go by address, like free.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "control/log.h"
#include "front/init.h"
#include "front/route.h"
#include "heap/backend.h"
#include "interpose/elf/bound.h"
#include "interpose/elf/start.h"
#include "lazyzero/lazyzero.h"
#include "os/os.h"

LZ_EXPORT void *
malloc(size_t n)
{
    return lz_route_is_small(n) ? je_malloc(n) : lz_route_malloc(n);
}

__attribute__((alias("malloc"))) void *lz_interpose_libc_malloc(size_t n);

LZ_EXPORT void *
calloc(size_t count, size_t size)
{
    size_t n;

    if (LZ_UNLIKELY(__builtin_mul_overflow(count, size, &n)))
        n = SIZE_MAX; /* refused as too large */
    return lz_route_is_small_calloc(n) ? je_calloc(1, n) : lz_route_calloc(n);
}

LZ_EXPORT void *
realloc(void *p, size_t n)
{
    return lz_route_realloc_any(p, n);
}

LZ_EXPORT void
free(void *p)
{
    if (lz_route_is_heap(p))
        je_free(p);
    else
        lz_route_free(p, "free");
}

__attribute__((alias("free"))) void lz_interpose_libc_free(void *p);

LZ_EXPORT void *
reallocarray(void *p, size_t count, size_t size)
{
    size_t n;

    if (__builtin_mul_overflow(count, size, &n)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(p, n);
}

/*
 * glibc's function also sets errno for ENOMEM, but not for EINVAL. POSIX allows
 * both.
 */
LZ_EXPORT int
posix_memalign(void **out, size_t align, size_t n)
{
    int error = lz_route_is_small(n) ? je_posix_memalign(out, align, n)
                                     : lz_route_allocate_at(out, align, n);

    if (LZ_UNLIKELY(error == ENOMEM))
        errno = error;
    return error;
}

LZ_EXPORT void *
aligned_alloc(size_t align, size_t n)
{
    return lz_route_memalign(align, n);
}

/* jemalloc 5.3's own memalign sets no errno, and ignores align where n is 0. */
LZ_EXPORT void *
memalign(size_t align, size_t n)
{
    return lz_route_memalign(align, n);
}

LZ_EXPORT void *
valloc(size_t n)
{
    return memalign(lz_os_page_size(), n);
}

LZ_EXPORT size_t
malloc_usable_size(void *p)
{
    return lz_route_is_heap(p) ? je_malloc_usable_size(p)
                               : lz_route_usable(p, "malloc_usable_size");
}

/*
 * C23: the size is only a help. A region's size is known, and so is jemalloc's
 * class.
 */
LZ_EXPORT void
free_sized(void *p, size_t n)
{
    if (lz_route_is_heap(p))
        je_sdallocx(p, n, 0);
    else
        lz_route_free_sized(p, n, 0, "free_sized");
}

LZ_EXPORT void
free_aligned_sized(void *p, size_t align, size_t n)
{
    if (lz_route_is_heap(p))
        je_free(p);
    else
        lz_route_free_sized(p, n, lz_backend_flags(align, false),
                            "free_aligned_sized");
}

LZ_EXPORT int
malloc_trim(size_t keep)
{
    (void)keep;
    return lz_route_trim();
}

/*
 * malloc may be another definition. The owner of the memory that it returns
 * tells.
 */
LZ_EXPORT int
lazyzero_is_active(void)
{
    int saved = errno, active;
    void *p = malloc(1);

    active = p != NULL && lz_backend_owns(p);
    free(p);
    errno = saved;
    return active;
}

extern char **environ;

/* Volatile: see bound.h. */
static const volatile struct lz_bound served = {
    (void (*)(void))malloc,
    (void (*)(void))lz_interpose_libc_malloc,
};

/*
 * A program with ThreadSanitizer as a shared library behind this one. While
 * that starts, the dynamic linker allocates, and jemalloc's start would call
 * functions that are not ready. Started by hand before, it would end the
 * program at its first fork, since jemalloc then holds more than 64 locks.
 */
static void
start_late(void)
{
    if (!lz_all_bound(&served, 1))
        return;
    lz_log("ThreadSanitizer's library has to come first: "
           "LD_PRELOAD=\"libtsan.so.2 liblazyzero.so\"; stopping");
    /* abort and exit are its own, too. The status is the dynamic linker's. */
    syscall(SYS_exit_group, 127);
}

/*
 * The first constructor of the process (linked with -z initfirst), so that our
 * fork handlers are registered before any other library's: theirs may allocate.
 * libc has not set environ yet, and will set it to the same value.
 */
__attribute__((constructor)) static void
start(int argc, char **argv, char **envp)
{
    (void)argc;
    (void)argv;
    if (environ == NULL)
        environ = envp;
    if (lz_interpose_starts_late())
        start_late();
    else
        lz_route_start();
}

__attribute__((destructor)) static void
finish(void)
{
    lz_init_finish();
}
