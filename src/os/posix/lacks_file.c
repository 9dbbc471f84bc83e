/* SPDX-License-Identifier: MIT */
/* Files and names by POSIX, where libc's calls have to do. */
#include "os/os.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

int
lz_os_open(const char *path, int flags, unsigned mode)
{
    return open(path, flags, (mode_t)mode);
}

void
lz_os_close(int fd)
{
    close(fd);
}

long
lz_os_read_some(int fd, char *text, size_t length)
{
    long got;
    int cancel;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    got = (long)read(fd, text, length);
    pthread_setcancelstate(cancel, NULL);
    return got;
}

long
lz_os_write_some(int fd, const char *text, size_t length)
{
    long written;
    int cancel;

    /* Our message must not cancel the thread that it is about. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    written = (long)write(fd, text, length);
    pthread_setcancelstate(cancel, NULL);
    return written;
}

int
lz_os_process_id(void)
{
    return (int)getpid();
}

int
lz_os_thread_id(void)
{
    return lz_os_process_id();
}

const char *
lz_os_program_name(void)
{
    return "";
}

const char *
lz_os_error_text(int error)
{
    (void)error;
    return NULL;
}
