/* SPDX-License-Identifier: MIT */
/* A file as memory that several processes share. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/os.h"

static int
map(int fd, void **start, size_t *size)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return errno;
    if (!S_ISREG(status.st_mode) || status.st_size <= 0)
        return EINVAL;
    /* Who can truncate it can end this process. */
    if (status.st_uid != geteuid())
        return EACCES;
    *size = (size_t)status.st_size;
    *start = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return *start == MAP_FAILED ? errno : 0;
}

int
lz_os_share_file(const char *path, void **start, size_t *size)
{
    int saved = errno, error;
    int fd = lz_os_open(path, O_RDWR | O_CLOEXEC | O_NOCTTY, 0);

    if (fd < 0) {
        error = errno;
    } else {
        error = map(fd, start, size);
        lz_os_close(fd);
    }
    errno = saved;
    return error;
}
