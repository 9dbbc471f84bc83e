/* SPDX-License-Identifier: MIT */
/* Files that the reports and the trace are written to. */
#include "os/os.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

int
lz_os_write(int fd, const char *text, size_t length)
{
    int saved = errno, error = 0;

    while (length > 0 && error == 0) {
        long written = lz_os_write_some(fd, text, length);

        if (written >= 0) {
            text += written;
            length -= (size_t)written;
        } else if (errno != EINTR) {
            error = errno;
        }
    }
    errno = saved;
    return error;
}

void
lz_os_write_error(const char *text, size_t length)
{
    lz_os_write(STDERR_FILENO, text, length);
}

/*
 * If the process is allowed fewer descriptors than our usual numbers, take the
 * last ones. The program reaches those only when it has all others.
 */
#define LAST_FEW 4
#define LOWEST (STDERR_FILENO + 1)

int
lz_os_fd_raise(int low)
{
    int high = fcntl(low, F_DUPFD_CLOEXEC, LZ_OS_FD_LEAST);
    struct rlimit limit;

    if (high < 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
        limit.rlim_cur >= LOWEST + LAST_FEW && limit.rlim_cur <= LZ_OS_FD_LEAST)
        high = fcntl(low, F_DUPFD_CLOEXEC, (int)limit.rlim_cur - LAST_FEW);
    if (high < 0 && low >= LOWEST)
        return low;
    if (high < 0)
        high = fcntl(low, F_DUPFD_CLOEXEC, LOWEST);
    if (high < 0) {
        int error = errno;

        lz_os_close(low);
        errno = error;
        return -1;
    }
    lz_os_close(low);
    return high;
}

static int
open_file(struct lz_os_file *file, const char *path, bool truncate)
{
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY;
    struct stat status;
    int fd = lz_os_open(path, flags | (truncate ? O_TRUNC : O_APPEND), 0666);

    if (fd < 0)
        return errno;
    file->fd = lz_os_fd_raise(fd);
    if (file->fd < 0 || fstat(file->fd, &status) != 0)
        return errno;
    file->device = (uint64_t)status.st_dev;
    file->inode = (uint64_t)status.st_ino;
    file->was_empty = status.st_size == 0;
    return 0;
}

int
lz_os_file_open(struct lz_os_file *file, const char *path, bool truncate)
{
    int saved = errno, error;

    *file = (struct lz_os_file){.fd = -1};
    error = open_file(file, path, truncate);
    errno = saved;
    return error;
}

static bool
is_still_there(const struct lz_os_file *file)
{
    struct stat status;

    return file->fd >= 0 && fstat(file->fd, &status) == 0 &&
           (uint64_t)status.st_dev == file->device &&
           (uint64_t)status.st_ino == file->inode;
}

int
lz_os_file_write(const struct lz_os_file *file, const char *text, size_t length)
{
    int saved = errno;
    bool there = is_still_there(file);

    errno = saved;
    return there ? lz_os_write(file->fd, text, length) : ESTALE;
}

void
lz_os_file_close(struct lz_os_file *file)
{
    int saved = errno;

    if (is_still_there(file))
        lz_os_close(file->fd);
    file->fd = -1;
    errno = saved;
}

static int
read_all(int fd, char *text, size_t size, size_t *length)
{
    struct stat status;
    long got = 1;

    *length = 0;
    if (fstat(fd, &status) != 0)
        return errno;
    if (!S_ISREG(status.st_mode))
        return EINVAL;
    if (status.st_size < 0 || (uintmax_t)status.st_size > size)
        return EFBIG;
    while (got != 0 && *length < size) {
        got = lz_os_read_some(fd, text + *length, size - *length);
        if (got < 0 && errno != EINTR)
            return errno;
        *length += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

/* No name of a pipe keeps us waiting. */
int
lz_os_file_read(const char *path, char *text, size_t size, size_t *length)
{
    int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int saved = errno, fd = lz_os_open(path, flags, 0), error;

    if (fd < 0) {
        error = errno;
    } else {
        error = read_all(fd, text, size, length);
        lz_os_close(fd);
    }
    errno = saved;
    return error;
}

int
lz_os_file_rename(const char *from, const char *to)
{
    int saved = errno, error = rename(from, to) == 0 ? 0 : errno;

    errno = saved;
    return error;
}

void
lz_os_file_remove(const char *path)
{
    int saved = errno;

    unlink(path);
    errno = saved;
}

size_t
lz_os_working_folder(char *path, size_t size)
{
    int saved = errno;
    size_t length = 0;

    if (getcwd(path, size) != NULL) {
        while (path[length] != '\0')
            length++;
    }
    errno = saved;
    return length;
}
