/* SPDX-License-Identifier: MIT */
/*
 * System calls without names that another preloaded library may have taken.
 *
 * Such a library (a tracer, a sandbox, torsocks) often allocates as soon as it
 * is called. While jemalloc starts or holds one of its locks, that allocation
 * would wait for itself. So the linker sends the references that our files and
 * jemalloc's make to these names here (ld --wrap, see
 * interpose/elf/library.cmake). The functions that programs call by our
 * exported names are not affected. Once jemalloc has started, munmap, mremap
 * and madvise go to the next library instead (os/next.h).
 */
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/os.h"

#define WRAPPED(result, name, ...)     \
    result __real_##name(__VA_ARGS__); \
    LZ_HIDDEN result __wrap_##name(__VA_ARGS__)

WRAPPED(long, syscall, long number, ...);
WRAPPED(void *, mmap, void *p, size_t n, int prot, int flags, int fd, off_t at);
WRAPPED(int, munmap, void *p, size_t n);
WRAPPED(void *, mremap, void *p, size_t n, size_t to_n, int flags, ...);
WRAPPED(int, madvise, void *p, size_t n, int advice);
WRAPPED(int, mprotect, void *p, size_t n, int prot);
WRAPPED(int, munlock, const void *p, size_t n);
WRAPPED(int, prctl, int option, ...);
WRAPPED(int, ioctl, int fd, unsigned long request, ...);
WRAPPED(int, open, const char *path, int flags, ...);
WRAPPED(int, close, int fd);
WRAPPED(ssize_t, readlink, const char *path, char *text, size_t n);
WRAPPED(int, fstat, int fd, struct stat *status);
WRAPPED(long, sysconf, int name);
WRAPPED(void *, memset, void *p, int c, size_t n);
WRAPPED(char *, secure_getenv, const char *name);

/* The kernel's answer: a result, or an errno value with a minus. */
#if defined(__x86_64__) && defined(__LP64__)
static long
call(long number, const long a[6])
{
    register long r10 __asm__("r10") = a[3];
    register long r8 __asm__("r8") = a[4];
    register long r9 __asm__("r9") = a[5];
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10),
                       "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__i386__)
/* ebx and ebp are the compiler's; eax points to the arguments meanwhile. */
static long
call(long number, const long a[6])
{
    const long all[7] = {a[0], a[1], a[2], a[3], a[4], a[5], number};
    long result;

    __asm__ volatile("push %%ebp\n\tpush %%ebx\n\t"
                     "mov (%%eax), %%ebx\n\tmov 4(%%eax), %%ecx\n\t"
                     "mov 8(%%eax), %%edx\n\tmov 12(%%eax), %%esi\n\t"
                     "mov 16(%%eax), %%edi\n\tmov 20(%%eax), %%ebp\n\t"
                     "mov 24(%%eax), %%eax\n\tint $0x80\n\t"
                     "pop %%ebx\n\tpop %%ebp"
                     : "=a"(result)
                     : "a"(all)
                     : "ecx", "edx", "esi", "edi", "memory");
    return result;
}
#elif defined(__aarch64__)
static long
call(long number, const long a[6])
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a[0];
    register long x1 __asm__("x1") = a[1];
    register long x2 __asm__("x2") = a[2];
    register long x3 __asm__("x3") = a[3];
    register long x4 __asm__("x4") = a[4];
    register long x5 __asm__("x5") = a[5];

    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}
#else
static long
call(long number, const long a[6])
{
    long result = __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);

    return result == -1 ? -(long)errno : result;
}
#endif

#define ERROR_MOST 4095 /* Linux, include/linux/err.h: MAX_ERRNO */

static long
answer(long number, const long a[6])
{
    long result = call(number, a);

    if ((unsigned long)result < (unsigned long)-ERROR_MOST)
        return result;
    errno = (int)-result;
    return -1;
}

#define WORD(x) ((long)(uintptr_t)(x))
#define CALL(number, ...) answer(number, (const long[6]){__VA_ARGS__})

/* As libc's: six words are read, whatever was passed. */
long
__wrap_syscall(long number, ...)
{
    va_list list;
    long a[6];

    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    return answer(number, a);
}

/* What the library and jemalloc map is anonymous: its offset is 0. */
void *
__wrap_mmap(void *p, size_t n, int prot, int flags, int fd, off_t at)
{
#ifdef SYS_mmap2
    const long number = SYS_mmap2;
#else
    const long number = SYS_mmap;
#endif

    return (void *)CALL(number, WORD(p), (long)n, prot, flags, fd, (long)at);
}

int
__wrap_munmap(void *p, size_t n)
{
    return (int)CALL(SYS_munmap, WORD(p), (long)n);
}

void *
__wrap_mremap(void *p, size_t n, size_t to_n, int flags, ...)
{
    void *to = NULL;
    va_list list;

    if ((flags & MREMAP_FIXED) != 0) {
        va_start(list, flags);
        to = va_arg(list, void *);
        va_end(list);
    }
    return (void *)CALL(SYS_mremap, WORD(p), (long)n, (long)to_n, flags,
                        WORD(to));
}

int
__wrap_madvise(void *p, size_t n, int advice)
{
    return (int)CALL(SYS_madvise, WORD(p), (long)n, advice);
}

int
__wrap_mprotect(void *p, size_t n, int prot)
{
    return (int)CALL(SYS_mprotect, WORD(p), (long)n, prot);
}

int
__wrap_munlock(const void *p, size_t n)
{
    return (int)CALL(SYS_munlock, WORD(p), (long)n);
}

int
__wrap_prctl(int option, ...)
{
    va_list list;
    long a[4];

    va_start(list, option);
    for (int i = 0; i < 4; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    return (int)CALL(SYS_prctl, option, a[0], a[1], a[2], a[3]);
}

int
__wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list list;
    void *argument;

    va_start(list, request);
    argument = va_arg(list, void *);
    va_end(list);
    return (int)CALL(SYS_ioctl, fd, (long)request, WORD(argument));
}

int
__wrap_open(const char *path, int flags, ...)
{
    int mode = 0;
    va_list list;

    if ((flags & O_CREAT) != 0) {
        va_start(list, flags);
        mode = va_arg(list, int);
        va_end(list);
    }
    return (int)CALL(SYS_openat, AT_FDCWD, WORD(path), flags, mode);
}

int
__wrap_close(int fd)
{
    return (int)CALL(SYS_close, fd);
}

ssize_t
__wrap_readlink(const char *path, char *text, size_t n)
{
    return CALL(SYS_readlinkat, AT_FDCWD, WORD(path), WORD(text), (long)n);
}

/* Usable only if libc's struct stat is the kernel's. */
int
__wrap_fstat(int fd, struct stat *status)
{
#if (defined(__x86_64__) || defined(__aarch64__)) && defined(__LP64__)
    return (int)CALL(SYS_fstat, fd, WORD(status));
#else
    return __real_fstat(fd, status);
#endif
}

long
__wrap_sysconf(int name)
{
    return name == _SC_PAGESIZE ? (long)getauxval(AT_PAGESZ)
                                : __real_sysconf(name);
}

/* jemalloc's MALLOC_CONF. */
char *
__wrap_secure_getenv(const char *name)
{
    size_t length = strlen(name);
    char **at = lz_os_environment();

    if (at == NULL || getauxval(AT_SECURE) != 0)
        return NULL;
    for (; *at != NULL; at++) {
        if (strncmp(*at, name, length) == 0 && (*at)[length] == '=')
            return *at + length + 1;
    }
    return NULL;
}

/*
 * What the compiler makes of a structure set to zero, mostly. Blocks are
 * written by libc's function (lz_zero_fill).
 */
void *
__wrap_memset(void *p, int c, size_t n)
{
    volatile unsigned char *byte = p;

    for (size_t i = 0; i < n; i++)
        byte[i] = (unsigned char)c;
    return p;
}
