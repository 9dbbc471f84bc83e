/* SPDX-License-Identifier: MIT */
/*
 * Between the library and the system, in a build of the library for this test
 * only (lazyzero_faults, by ld --wrap): the n-th call of a kind fails.
 *
 *   FAULT=KIND:N:ERRNO        the N-th call of KIND fails, counted from 1
 *   FAULT=KIND:N:ERRNO:burst  all from the N-th on
 *   FAULT_ALSO=KIND           every call of KIND fails with ENOTTY besides
 *
 * KIND is mmap, munmap, mremap, madvise, mprotect, munlock, prctl, ioctl,
 * fstat, fcntl, or open, read (through syscall). At exit one line on standard
 * output says how many calls of the kind there were.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "os/next.h"

void __wrap_lz_os_set_next(const struct lz_os_next *found);

#define WRAPPED(result, name, ...)     \
    result __real_##name(__VA_ARGS__); \
    result __wrap_##name(__VA_ARGS__)

WRAPPED(void *, mmap, void *, size_t, int, int, int, off_t);
WRAPPED(int, munmap, void *, size_t);
WRAPPED(void *, mremap, void *, size_t, size_t, int, ...);
WRAPPED(int, madvise, void *, size_t, int);
WRAPPED(int, mprotect, void *, size_t, int);
WRAPPED(int, munlock, const void *, size_t);
WRAPPED(int, prctl, int, ...);
WRAPPED(int, ioctl, int, unsigned long, ...);
WRAPPED(int, fcntl, int, int, ...);
WRAPPED(int, fstat, int, struct stat *);
WRAPPED(long, syscall, long, ...);

/* What the library would call from its start on; here it calls us for good. */
static struct lz_os_next next;

void
__wrap_lz_os_set_next(const struct lz_os_next *found)
{
    next = *found;
}

#define MAP_FAILED ((void *)-1)

extern char **environ;

static struct {
    bool known, burst;
    char kind[16];
    long at, count;
    int error;
} fault;

static void
read_fault(void)
{
    char burst[8] = "";

    if (environ == NULL)
        return;
    fault.known = true;
    for (char **e = environ; *e != NULL; e++) {
        if (strncmp(*e, "FAULT=", 6) == 0)
            sscanf(*e + 6, "%15[a-z]:%ld:%d:%7s", fault.kind, &fault.at,
                   &fault.error, burst);
    }
    fault.burst = burst[0] != '\0';
}

/* FAULT_ALSO=KIND: as on a system that has no such call. */
static bool
is_missing(const char *kind)
{
    for (char **e = environ; e != NULL && *e != NULL; e++) {
        if (strncmp(*e, "FAULT_ALSO=", 11) == 0)
            return strcmp(*e + 11, kind) == 0;
    }
    return false;
}

/* True: this call fails, and errno says why. */
static bool
fails(const char *kind)
{
    long count;

    if (!fault.known)
        read_fault();
    if (is_missing(kind)) {
        errno = ENOTTY;
        return true;
    }
    if (strcmp(kind, fault.kind) != 0)
        return false;
    count = __atomic_add_fetch(&fault.count, 1, __ATOMIC_RELAXED);
    if (count < fault.at || (count > fault.at && !fault.burst))
        return false;
    errno = fault.error;
    return true;
}

__attribute__((destructor)) static void
tell(void)
{
    printf("faults: %ld calls of %s\n", fault.count, fault.kind);
}

void *
__wrap_mmap(void *p, size_t n, int prot, int flags, int fd, off_t at)
{
    return fails("mmap") ? MAP_FAILED : __real_mmap(p, n, prot, flags, fd, at);
}

int
__wrap_munmap(void *p, size_t n)
{
    if (fails("munmap"))
        return -1;
    return next.munmap != NULL ? next.munmap(p, n) : __real_munmap(p, n);
}

void *
__wrap_mremap(void *p, size_t n, size_t longer, int flags, ...)
{
    void *to;
    va_list args;

    va_start(args, flags);
    to = va_arg(args, void *);
    va_end(args);
    if (fails("mremap"))
        return MAP_FAILED;
    return next.mremap != NULL ? next.mremap(p, n, longer, flags, to)
                               : __real_mremap(p, n, longer, flags, to);
}

int
__wrap_madvise(void *p, size_t n, int advice)
{
    if (fails("madvise"))
        return -1;
    return next.madvise != NULL ? next.madvise(p, n, advice)
                                : __real_madvise(p, n, advice);
}

int
__wrap_mprotect(void *p, size_t n, int prot)
{
    return fails("mprotect") ? -1 : __real_mprotect(p, n, prot);
}

int
__wrap_munlock(const void *p, size_t n)
{
    return fails("munlock") ? -1 : __real_munlock(p, n);
}

int
__wrap_prctl(int option, ...)
{
    unsigned long arg[4];
    va_list args;

    va_start(args, option);
    for (int i = 0; i < 4; i++)
        arg[i] = va_arg(args, unsigned long);
    va_end(args);
    return fails("prctl")
               ? -1
               : __real_prctl(option, arg[0], arg[1], arg[2], arg[3]);
}

int
__wrap_ioctl(int fd, unsigned long request, ...)
{
    void *arg;
    va_list args;

    va_start(args, request);
    arg = va_arg(args, void *);
    va_end(args);
    return fails("ioctl") ? -1 : __real_ioctl(fd, request, arg);
}

int
__wrap_fcntl(int fd, int command, ...)
{
    long arg;
    va_list args;

    va_start(args, command);
    arg = va_arg(args, long);
    va_end(args);
    return fails("fcntl") ? -1 : __real_fcntl(fd, command, arg);
}

int
__wrap_fstat(int fd, struct stat *status)
{
    return fails("fstat") ? -1 : __real_fstat(fd, status);
}

static const char *
kind_of(long number)
{
    switch (number) {
    case SYS_openat:
        return "open";
    case SYS_read:
    case SYS_preadv:
        return "read";
    default:
        return "";
    }
}

long
__wrap_syscall(long number, ...)
{
    const char *kind = kind_of(number);
    long arg[6];
    va_list args;

    va_start(args, number);
    for (int i = 0; i < 6; i++)
        arg[i] = va_arg(args, long);
    va_end(args);
    if (kind[0] != '\0' && fails(kind))
        return -1;
    return __real_syscall(number, arg[0], arg[1], arg[2], arg[3], arg[4],
                          arg[5]);
}
