/* SPDX-License-Identifier: MIT */
/*
 * The background thread's sleep, by futex(2): a wake takes no lock, so that a
 * free in a signal handler may wake the thread.
 */
#include "os/os.h"

#include <sys/syscall.h>
#include <unistd.h>

/* Linux, include/uapi/linux/futex.h, which a libc may come without. */
#define FUTEX_WAIT_PRIVATE 128
#define FUTEX_WAKE_PRIVATE 129

static int is_woken; /* atomic: 0 or 1 */

/* SYS_futex counts in longs, whatever libc's struct timespec is. */
static void
wait_while(int *word, int value, uint64_t ns)
{
    const long span[2] = {(long)(ns / 1000000000), (long)(ns % 1000000000)};
    int saved = errno;

    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, ns == 0 ? NULL : span);
    errno = saved;
}

int
lz_os_sleep_start(void)
{
    __atomic_store_n(&is_woken, 0, __ATOMIC_RELAXED);
    return 0;
}

void
lz_os_sleep(size_t ms)
{
    wait_while(&is_woken, 0, (uint64_t)ms * 1000000);
    __atomic_store_n(&is_woken, 0, __ATOMIC_RELEASE);
}

void
lz_os_wake(void)
{
    int saved = errno;

    if (__atomic_exchange_n(&is_woken, 1, __ATOMIC_ACQ_REL) == 0)
        syscall(SYS_futex, &is_woken, FUTEX_WAKE_PRIVATE, 1);
    errno = saved;
}

void
lz_os_pause(size_t us)
{
    int never = 0;

    wait_while(&never, 0, (uint64_t)us * 1000);
}
