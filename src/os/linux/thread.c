/* SPDX-License-Identifier: MIT */
/* The threads of this process, as Linux and glibc know them. */
#include "os/os.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * A folder has two links more than subfolders (fs/proc/base.c), one for each
 * thread.
 */
size_t
lz_os_count_threads(void)
{
    int saved = errno;
    struct stat status;
    size_t count = 0;

    if (stat("/proc/self/task", &status) == 0 && status.st_nlink > 2)
        count = (size_t)status.st_nlink - 2;
    errno = saved;
    return count;
}

unsigned
lz_os_cpu(void)
{
    int cpu = sched_getcpu();

    return cpu < 0 ? 0 : (unsigned)cpu;
}

/* The state follows the name, which may hold brackets: proc_pid_stat(5). */
static bool
main_has_ended(void)
{
    int fd = lz_os_open("/proc/self/stat", O_RDONLY | O_CLOEXEC, 0);
    char text[64], *name_end;
    ssize_t got;

    if (fd < 0)
        return false;
    got = syscall(SYS_read, fd, text, sizeof(text) - 1);
    lz_os_close(fd);
    text[got > 0 ? got : 0] = '\0';
    name_end = strrchr(text, ')');
    return name_end != NULL && strncmp(name_end, ") Z", 3) == 0;
}

bool
lz_os_is_last_thread(void)
{
    int saved = errno;
    size_t count = lz_os_count_threads();
    bool is_last = count == 1 || (count == 2 && main_has_ended());

    errno = saved;
    return is_last;
}

void
lz_os_name_thread(const char *name)
{
    int saved = errno;

    prctl(PR_SET_NAME, name, 0, 0, 0);
    errno = saved;
}

/*
 * glibc takes the static thread-local storage of all libraries off the stack,
 * and tells how much that is by this function alone (Rust asks it as well).
 */
size_t
lz_os_stack_size(size_t n)
{
    size_t (*least)(const pthread_attr_t *) =
        (size_t(*)(const pthread_attr_t *))(uintptr_t)dlsym(
            RTLD_DEFAULT, "__pthread_get_minstack");
    pthread_attr_t attr;

    if (least != NULL && pthread_attr_init(&attr) == 0) {
        n += least(&attr);
        pthread_attr_destroy(&attr);
    }
    n = lz_round_up(n, lz_os_page_size());
    return n < (size_t)PTHREAD_STACK_MIN ? (size_t)PTHREAD_STACK_MIN : n;
}
