/* SPDX-License-Identifier: MIT */
/*
 * Preloaded beside the library: takes functions that talk to the system, looks
 * the next one up and allocates in each call, as tracers and sandboxes do.
 * `syscall` refuses what it does not know, as torsocks does.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

int start_hooks_calls; /* how often the program's own calls came by */

static void
allocate(void)
{
    /* libc says that malloc calls nothing in here (leaf). Here it does. */
    static __thread volatile int depth;
    char *p;

    start_hooks_calls++;
    if (depth > 0)
        return;
    depth++;
    p = malloc(3000);
    if (p != NULL)
        memset(p, 1, 3000);
    free(p);
    free(calloc(1, 70000));
    depth--;
}

static void *
find(void **next, const char *name)
{
    if (*next == NULL)
        *next = dlsym(RTLD_NEXT, name);
    allocate();
    return *next;
}

#define NEXT(name)     \
    static void *next; \
    __typeof__(name) *real = (__typeof__(name) *)(uintptr_t)find(&next, #name)

void *
mmap(void *p, size_t n, int prot, int flags, int fd, off_t offset)
{
    NEXT(mmap);
    return real(p, n, prot, flags, fd, offset);
}

int
munmap(void *p, size_t n)
{
    NEXT(munmap);
    return real(p, n);
}

int
madvise(void *p, size_t n, int advice)
{
    NEXT(madvise);
    return real(p, n, advice);
}

int
mprotect(void *p, size_t n, int prot)
{
    NEXT(mprotect);
    return real(p, n, prot);
}

ssize_t
readlink(const char *path, char *text, size_t n)
{
    NEXT(readlink);
    return real(path, text, n);
}

int
open(const char *path, int flags, ...)
{
    va_list list;
    int mode;
    NEXT(open);

    va_start(list, flags);
    mode = va_arg(list, int);
    va_end(list);
    return real(path, flags, mode);
}

int
close(int fd)
{
    NEXT(close);
    return real(fd);
}

int
fstat(int fd, struct stat *status)
{
    NEXT(fstat);
    return real(fd, status);
}

int
ioctl(int fd, unsigned long request, ...)
{
    va_list list;
    void *argument;
    NEXT(ioctl);

    va_start(list, request);
    argument = va_arg(list, void *);
    va_end(list);
    return real(fd, request, argument);
}

long
sysconf(int name)
{
    NEXT(sysconf);
    return real(name);
}

char *
secure_getenv(const char *name)
{
    NEXT(secure_getenv);
    return real(name);
}

long
syscall(long number, ...)
{
    (void)number;
    allocate();
    errno = ENOSYS;
    return -1;
}
