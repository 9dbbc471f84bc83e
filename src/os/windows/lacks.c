/* SPDX-License-Identifier: MIT */
/*
 * What Windows has not, or does not tell. Here these functions do nothing, and
 * answer that they do not know. There are no fork and no signal handlers.
 */
#include "os/os.h"

int
lz_os_move(void *from, size_t length, void *to, size_t to_length)
{
    (void)from;
    (void)length;
    lz_os_unmap(to, to_length);
    return ENOSYS;
}

char *
lz_os_move_anywhere(char *from, size_t length, size_t longer, size_t align)
{
    (void)from;
    (void)length;
    (void)longer;
    (void)align;
    return NULL;
}

enum lz_os_space
lz_os_space_for(size_t more)
{
    (void)more;
    return LZ_OS_SPACE_FREE;
}

void
lz_os_name(void *start, size_t length)
{
    (void)start;
    (void)length;
}

void
lz_os_keep_out_of_dumps(void *start, size_t length)
{
    (void)start;
    (void)length;
}

void
lz_os_want_hugepages(void *start, size_t length, bool wanted)
{
    (void)start;
    (void)length;
    (void)wanted;
}

int
lz_os_zero(void *start, size_t length)
{
    (void)start;
    (void)length;
    return ENOSYS;
}

int
lz_os_populate(void *start, size_t length)
{
    (void)start;
    (void)length;
    return ENOSYS;
}

int
lz_os_inherit(void *start, size_t length, bool inherited)
{
    (void)start;
    (void)length;
    (void)inherited;
    return ENOSYS;
}

bool
lz_os_take_advice_back(char *start, size_t length)
{
    (void)start;
    (void)length;
    return true;
}

bool
lz_os_can_write(const struct lz_os_range *range)
{
    (void)range;
    return true;
}

int
lz_os_share_file(const char *path, void **start, size_t *size)
{
    (void)path;
    (void)start;
    (void)size;
    return ENOSYS;
}

void
lz_os_ask_nothing(void)
{
}

bool
lz_os_is_on_signal_stack(void)
{
    return false;
}

bool
lz_os_is_single_threaded(void)
{
    return false;
}

bool
lz_os_is_alone(void)
{
    return false;
}

size_t
lz_os_count_threads(void)
{
    return 0;
}

bool
lz_os_is_last_thread(void)
{
    return false;
}

void
lz_os_name_thread(const char *name)
{
    (void)name;
}

size_t
lz_os_stack_size(size_t n)
{
    (void)n;
    return 0;
}

int
lz_os_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    (void)prepare;
    (void)parent;
    (void)child;
    return 0;
}

void
lz_os_fork_child(void)
{
}

void
lz_os_rest(void)
{
}

void
lz_os_stdio_acquire(void)
{
}

void
lz_os_stdio_release(void)
{
}

void
lz_os_set_started(void)
{
}

/* What jemalloc would ask for, which is not there (cmake/system.cmake). */
void *
lz_os_heap_map(void *hint, size_t length, int prot, int flags)
{
    (void)hint;
    (void)length;
    (void)prot;
    (void)flags;
    return (void *)-1;
}

int
lz_os_heap_unmap(void *start, size_t length)
{
    (void)start;
    (void)length;
    return -1;
}

int
lz_os_heap_advise(void *start, size_t length, int advice)
{
    (void)start;
    (void)length;
    (void)advice;
    return -1;
}

void *
lz_os_heap_break(intptr_t increment)
{
    (void)increment;
    return (void *)-1;
}

int
lz_os_heap_clock(clockid_t clock, struct timespec *now, bool early)
{
    (void)early;
    return clock_gettime(clock, now);
}
