/* SPDX-License-Identifier: MIT */
/*
 * The OS contract for any POSIX system: enough for a correct library.
 * The weak functions are the ones that a system's own file does better.
 * Nothing is asked but what POSIX has, mmap and munmap above all. So memory is
 * made zero by writing or by mapping it anew, never by advice: what madvise
 * leaves behind differs between systems.
 */
#include "os.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif
#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif

#define LZ_WEAK __attribute__((weak))

#ifdef __APPLE__
#include <crt_externs.h>
/* A dynamic library has no environ there. */
#define environ (*_NSGetEnviron())
#else
extern char **environ;
#endif

static size_t page_size;
static bool asks_nothing; /* atomic */

size_t
lz_os_page_size(void)
{
    size_t size = __atomic_load_n(&page_size, __ATOMIC_RELAXED);

    if (LZ_UNLIKELY(size == 0)) {
        size = (size_t)sysconf(_SC_PAGESIZE);
        __atomic_store_n(&page_size, size, __ATOMIC_RELAXED);
    }
    return size;
}

static void *
map_anywhere(size_t length)
{
    void *p = lz_os_heap_map(NULL, length, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE);

    return p == MAP_FAILED ? NULL : p;
}

/* Maps too much and cuts off both ends: one call more than a lucky mapping. */
static void *
map_and_trim(size_t length, size_t align)
{
    size_t excess = align - lz_os_page_size();
    char *p, *aligned;

    if (length > LZ_SIZE_LIMIT - excess)
        return NULL;
    p = map_anywhere(length + excess);
    if (p == NULL)
        return NULL;
    aligned = (char *)lz_round_up((uintptr_t)p, align);
    /* If trimming fails, address space stays unused, which costs nothing. */
    if (aligned != p)
        lz_os_unmap(p, (size_t)(aligned - p));
    if (aligned != p + excess)
        lz_os_unmap(aligned + length, (size_t)(p + excess - aligned));
    return aligned;
}

LZ_WEAK void *
lz_os_map(size_t length, size_t align)
{
    void *p = map_anywhere(length);

    /* Linux 6.7+ aligns multiples of 2 MiB by itself: then this is all. */
    if (p == NULL || ((uintptr_t)p & (align - 1)) == 0)
        return p;
    lz_os_unmap(p, length);
    return map_and_trim(length, align);
}

int
lz_os_unmap(void *start, size_t length)
{
    int saved = errno, error;

    error = munmap(start, length) == 0 ? 0 : errno;
    errno = saved;
    return error;
}

int
lz_os_protect(void *start, size_t length)
{
    int saved = errno, error;

    error = mprotect(start, length, PROT_NONE) == 0 ? 0 : errno;
    errno = saved;
    return error;
}

LZ_WEAK int
lz_os_move(void *from, size_t length, void *to, size_t to_length)
{
    (void)from;
    (void)length;
    lz_os_unmap(to, to_length);
    return ENOSYS;
}

LZ_WEAK int
lz_os_extend(void *start, size_t length, size_t longer)
{
    (void)start;
    (void)length;
    (void)longer;
    return ENOSYS;
}

/* POSIX has advice, but none that surely zeroes pages or gives them back. */
LZ_WEAK int
lz_os_discard(void *start, size_t length)
{
    (void)start;
    (void)length;
    return ENOSYS;
}

LZ_WEAK int
lz_os_zero(void *start, size_t length)
{
    (void)start;
    (void)length;
    return ENOSYS;
}

static bool
try_discard(void)
{
    size_t page = lz_os_page_size();
    unsigned char *p = lz_os_map(page, page);
    bool zeroes;

    if (p == NULL)
        return false;
    *(volatile unsigned char *)p = 0xA5;
    zeroes = lz_os_discard(p, page) == 0 && *(volatile unsigned char *)p == 0;
    lz_os_unmap(p, page);
    return zeroes;
}

bool
lz_os_discard_zeroes(void)
{
    static int known; /* 0: not yet, 1: it does, -1: it does not */
    int answer = __atomic_load_n(&known, __ATOMIC_RELAXED);

    if (answer == 0) {
        answer = try_discard() ? 1 : -1;
        __atomic_store_n(&known, answer, __ATOMIC_RELAXED);
    }
    return answer > 0;
}

LZ_WEAK bool
lz_os_is_plain(char *start, size_t length)
{
    (void)start;
    (void)length;
    return true;
}

LZ_WEAK bool
lz_os_is_surely_plain(char *start, size_t length)
{
    (void)start;
    (void)length;
    return false;
}

LZ_WEAK int
lz_os_populate(void *start, size_t length)
{
    (void)start;
    (void)length;
    return ENOSYS;
}

LZ_WEAK bool
lz_os_take_advice_back(char *start, size_t length)
{
    (void)start;
    (void)length;
    return true;
}

LZ_WEAK bool
lz_os_make_plain(char *start, size_t length)
{
    int saved = errno, result;

    if (__atomic_load_n(&asks_nothing, __ATOMIC_RELAXED))
        return false;
    result = mprotect(start, length, PROT_READ | PROT_WRITE);
    errno = saved;
    return result == 0;
}

LZ_WEAK bool
lz_os_is_on_signal_stack(void)
{
    int saved = errno;
    stack_t stack = {.ss_flags = 0};

    if (!__atomic_load_n(&asks_nothing, __ATOMIC_RELAXED))
        sigaltstack(NULL, &stack);
    errno = saved;
    return (stack.ss_flags & SS_ONSTACK) != 0;
}

LZ_WEAK bool
lz_os_is_mapped(char *start, size_t length)
{
    int saved = errno, result, cancel;

    /*
     * Nothing to be written back, and ENOMEM where there is a hole. It is a
     * cancellation point, unlike this function.
     */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    result = msync(start, length, MS_ASYNC);
    pthread_setcancelstate(cancel, NULL);
    errno = saved;
    return result == 0;
}

LZ_WEAK size_t
lz_os_memory_size(void)
{
    long pages = sysconf(_SC_PHYS_PAGES);

    return pages <= 0 ? 0 : (size_t)pages * lz_os_page_size();
}

static uint64_t
ms_of(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * 1000 + (uint64_t)time->tv_usec / 1000;
}

void
lz_os_work(struct lz_os_work *work)
{
    struct rusage used = {0};
    int saved = errno;

    getrusage(RUSAGE_SELF, &used);
    errno = saved;
    work->cpu = ms_of(&used.ru_utime) + ms_of(&used.ru_stime);
    work->sleeps = (uint64_t)used.ru_nvcsw;
}

uint64_t
lz_os_now(void)
{
    struct timespec now;
    int saved = errno;

#ifdef CLOCK_MONOTONIC_COARSE
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
#else
    clock_gettime(CLOCK_MONOTONIC, &now);
#endif
    errno = saved;
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t
lz_os_now_exact(void)
{
    struct timespec now;
    int saved = errno;

    clock_gettime(CLOCK_MONOTONIC, &now);
    errno = saved;
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

LZ_WEAK void
lz_os_ask_nothing(void)
{
    __atomic_store_n(&asks_nothing, true, __ATOMIC_RELAXED);
}

LZ_WEAK bool
lz_os_is_privileged(void)
{
    return getuid() != geteuid() || getgid() != getegid();
}

LZ_WEAK void
lz_os_set_started(void)
{
}

char **
lz_os_environment(void)
{
    return environ;
}

LZ_WEAK bool
lz_os_is_single_threaded(void)
{
    return false;
}

LZ_WEAK bool
lz_os_is_alone(void)
{
    return lz_os_is_single_threaded();
}

LZ_WEAK int
lz_os_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    return pthread_atfork(prepare, parent, child);
}

void *
lz_os_heap_map(void *hint, size_t length, int prot, int flags)
{
    int saved = errno;
    void *p = mmap(hint, length, prot, flags, -1, 0);

    errno = saved;
    return p;
}

int
lz_os_heap_unmap(void *start, size_t length)
{
    return lz_os_unmap(start, length) == 0 ? 0 : -1;
}

/*
 * jemalloc continues without it, and relies on no page that it could not
 * discard.
 */
LZ_WEAK int
lz_os_heap_advise(void *start, size_t length, int advice)
{
    (void)start;
    (void)length;
    (void)advice;
    return -1;
}

LZ_WEAK int
lz_os_heap_clock(clockid_t clock, struct timespec *now, bool early)
{
    int saved = errno, result = clock_gettime(clock, now);

    (void)early;
    errno = saved;
    return result;
}

/* No sbrk: jemalloc maps its memory. */
LZ_WEAK void *
lz_os_heap_break(intptr_t increment)
{
    (void)increment;
    return (void *)-1;
}
