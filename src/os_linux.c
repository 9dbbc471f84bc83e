/* SPDX-License-Identifier: MIT */
/* What Linux does better than POSIX. Works down to kernel 3.x, any libc. */
#include "os.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os_linux_proc.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

/*
 * glibc 2.32+: 0 from the first pthread_create on (and after that for good).
 * glibc's exported but undeclared stream-list lock, recursive. Weak, because
 * musl and old glibcs have neither.
 */
extern char __libc_single_threaded __attribute__((weak));
extern void _IO_list_lock(void) __attribute__((weak));
extern void _IO_list_unlock(void) __attribute__((weak));

/* glibc 2.32+: texts that need neither memory nor a locale. */
extern const char *strerrordesc_np(int error) __attribute__((weak));

/* MADV_DONTNEED zeroes private memory; lz_os_discard_zeroes tries it. */
int
lz_os_discard(void *start, size_t length)
{
    int saved = errno, error;

    error = madvise(start, length, MADV_DONTNEED) == 0 ? 0 : errno;
    errno = saved;
    return error;
}

/* Asks the kernel, as libc's answer may come from another library. */
bool
lz_os_is_on_signal_stack(void)
{
    int saved = errno;
    stack_t stack = {.ss_flags = 0};

    if (!lz_os_proc_is_silent())
        syscall(SYS_sigaltstack, NULL, &stack);
    errno = saved;
    return (stack.ss_flags & SS_ONSTACK) != 0;
}

bool
lz_os_is_mapped(char *start, size_t length)
{
    /* Changes nothing, and fails with ENOMEM where there is a hole. */
    return lz_os_heap_advise(start, length, MADV_NORMAL) == 0;
}

/* The system call, as libc's function is interposed to observe the program. */
int
lz_os_inherit(void *start, size_t length, bool inherited)
{
    int saved = errno, error = 0;

    if (syscall(SYS_madvise, start, length,
                inherited ? MADV_DOFORK : MADV_DONTFORK) != 0)
        error = errno;
    errno = saved;
    return error;
}

int
lz_os_heap_advise(void *start, size_t length, int advice)
{
    int saved = errno, result = madvise(start, length, advice);

    errno = saved;
    return result;
}

void *
lz_os_heap_break(intptr_t increment)
{
    int saved = errno;
    void *p = sbrk(increment);

    errno = saved;
    return p;
}

/* The system call is usable only if libc's timespec is the kernel's. */
#if defined(__LP64__)
int
lz_os_heap_clock(clockid_t clock, struct timespec *now, bool early)
{
    int saved = errno, result;

    result = early ? (int)syscall(SYS_clock_gettime, clock, now)
                   : clock_gettime(clock, now);
    errno = saved;
    return result;
}
#endif

int
lz_os_extend(void *start, size_t length, size_t longer)
{
    int saved = errno, error = 0;

    if (mremap(start, length, longer, 0) == MAP_FAILED)
        error = errno;
    errno = saved;
    return error;
}

/* Not through libc's wrappers, which are cancellation points. */
int
lz_os_open(const char *path, int flags, unsigned mode)
{
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

void
lz_os_close(int fd)
{
    syscall(SYS_close, fd);
}

long
lz_os_write_some(int fd, const char *text, size_t length)
{
    return syscall(SYS_write, fd, text, length);
}

/* The system call, as libc may answer from its memory after a raw clone. */
int
lz_os_process_id(void)
{
    return (int)syscall(SYS_getpid);
}

int
lz_os_thread_id(void)
{
    return (int)syscall(SYS_gettid);
}

const char *
lz_os_program_name(void)
{
    static char name[16];

    if (program_invocation_short_name != NULL &&
        program_invocation_short_name[0] != '\0')
        return program_invocation_short_name;
    /* Before libc's own start: what the kernel calls it, cut at 15 bytes. */
    return prctl(PR_GET_NAME, name) == 0 ? name : "";
}

const char *
lz_os_error_text(int error)
{
    return strerrordesc_np == NULL ? NULL : strerrordesc_np(error);
}

void
lz_os_name(void *start, size_t length)
{
    static bool refused;
    int saved = errno;

    /*
     * Needs Linux 5.17, if it was configured so. A mapping without a name works
     * as well.
     */
    if (!__atomic_load_n(&refused, __ATOMIC_RELAXED) &&
        !lz_os_proc_is_silent() &&
        prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, (unsigned long)(uintptr_t)start,
              length, "lazyzero") != 0)
        __atomic_store_n(&refused, true, __ATOMIC_RELAXED);
    errno = saved;
}

void
lz_os_keep_out_of_dumps(void *start, size_t length)
{
    lz_os_heap_advise(start, length, MADV_DONTDUMP);
}

void
lz_os_want_hugepages(void *start, size_t length, bool wanted)
{
    lz_os_heap_advise(start, length, wanted ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}

/* Linux 5.14; before it, EINVAL. */
int
lz_os_populate(void *start, size_t length)
{
    int saved = errno, error = 0;

    while (madvise(start, length, MADV_POPULATE_WRITE) != 0 && error == 0) {
        if (errno == EINVAL)
            error = ENOSYS;
        else if (errno != EINTR && errno != EAGAIN)
            error = errno;
    }
    errno = saved;
    return error;
}

bool
lz_os_is_privileged(void)
{
    return getauxval(AT_SECURE) != 0;
}

bool
lz_os_is_single_threaded(void)
{
    return &__libc_single_threaded != NULL && __libc_single_threaded != 0;
}

/*
 * A folder has a link from its parent, one from itself, and one from each
 * subfolder.
 */
bool
lz_os_is_alone(void)
{
    int saved = errno;
    struct stat threads;
    bool is_alone =
        stat("/proc/self/task", &threads) == 0 && threads.st_nlink == 3;

    errno = saved;
    return is_alone;
}

void
lz_os_stdio_acquire(void)
{
    if (_IO_list_lock != NULL && _IO_list_unlock != NULL)
        _IO_list_lock();
}

void
lz_os_stdio_release(void)
{
    if (_IO_list_lock != NULL && _IO_list_unlock != NULL)
        _IO_list_unlock();
}
