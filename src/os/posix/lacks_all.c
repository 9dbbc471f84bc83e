/* SPDX-License-Identifier: MIT */
/* What Linux and macOS do each in their way, by POSIX. */
#include "os/os.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "os/posix/posix.h"

/* POSIX has advice, but none that surely zeroes pages or gives them back. */
int
lz_os_discard(void *start, size_t length)
{
    (void)start;
    (void)length;
    return ENOSYS;
}

int
lz_os_extend(void *start, size_t length, size_t longer)
{
    (void)start;
    (void)length;
    (void)longer;
    return ENOSYS;
}

int
lz_os_find_populated(enum lz_os_oracle oracle, char *start, char *end,
                     struct lz_os_range *ranges, int capacity, char **resume)
{
    (void)oracle;
    (void)start;
    (void)end;
    (void)ranges;
    (void)capacity;
    (void)resume;
    return -1;
}

/*
 * jemalloc continues without it, and relies on no page that it could not
 * discard.
 */
int
lz_os_heap_advise(void *start, size_t length, int advice)
{
    (void)start;
    (void)length;
    (void)advice;
    return -1;
}

bool
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

bool
lz_os_is_plain(char *start, size_t length)
{
    (void)start;
    (void)length;
    return true;
}

bool
lz_os_make_plain(char *start, size_t length)
{
    int saved = errno, result;

    if (lz_os_asks_nothing())
        return false;
    result = mprotect(start, length, PROT_READ | PROT_WRITE);
    errno = saved;
    return result == 0;
}

bool
lz_os_is_privileged(void)
{
    return getuid() != geteuid() || getgid() != getegid();
}
