/* SPDX-License-Identifier: MIT */
/* Files and names by system calls. */
#include "os/os.h"

#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* glibc 2.32+: texts that need neither memory nor a locale. */
extern const char *strerrordesc_np(int error) __attribute__((weak));

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
lz_os_read_some(int fd, char *text, size_t length)
{
    return syscall(SYS_read, fd, text, length);
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
