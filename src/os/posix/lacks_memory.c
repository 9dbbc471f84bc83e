/* SPDX-License-Identifier: MIT */
/*
 * What only Linux can do with memory. Here these functions do nothing, and
 * answer that they do not know.
 */
#include "os/os.h"

#include <time.h>
#include <unistd.h>

#include "os/kind.h"
#include "os/next.h"

int
lz_os_move(void *from, size_t length, void *to, size_t to_length)
{
    int saved = errno;

    (void)from;
    (void)length;
    lz_os_next_munmap(to, to_length);
    errno = saved;
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
lz_os_populate(void *start, size_t length)
{
    (void)start;
    (void)length;
    return ENOSYS;
}

void *
lz_os_map_hugetlb(size_t length, size_t page)
{
    (void)length;
    (void)page;
    return NULL;
}

bool
lz_os_hugetlb_is_sure(size_t page)
{
    (void)page;
    return false;
}

size_t
lz_os_hugetlb_free(size_t page)
{
    (void)page;
    return 0;
}

size_t
lz_os_node_count(void)
{
    return 0;
}

unsigned
lz_os_node(void)
{
    return 0;
}

int
lz_os_node_of(char *start, size_t length, unsigned *node)
{
    (void)start;
    (void)length;
    (void)node;
    return ENOSYS;
}

bool
lz_os_has_node_policy(void)
{
    return false;
}

int
lz_os_set_place(void *start, size_t length, enum lz_os_place place,
                size_t nodes)
{
    (void)start;
    (void)length;
    (void)place;
    (void)nodes;
    return ENOSYS;
}

size_t
lz_os_count_processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    return count < 1 ? 1 : (size_t)count;
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
lz_os_is_surely_plain(char *start, size_t length)
{
    (void)start;
    (void)length;
    return false;
}

bool
lz_os_take_advice_back(char *start, size_t length)
{
    (void)start;
    (void)length;
    return true;
}

void
lz_os_get_ready(void)
{
}

bool
lz_os_can_write(const struct lz_os_range *range)
{
    (void)range;
    return true;
}

bool
lz_os_is_present(const struct lz_os_range *range)
{
    (void)range;
    return true;
}

size_t
lz_os_memory_size(void)
{
    long pages = sysconf(_SC_PHYS_PAGES);

    return pages <= 0 ? 0 : (size_t)pages * lz_os_page_size();
}

size_t
lz_os_memory_free(void)
{
    return SIZE_MAX;
}

/* No sbrk: jemalloc maps its memory. */
void *
lz_os_heap_break(intptr_t increment)
{
    (void)increment;
    return (void *)-1;
}

int
lz_os_heap_clock(clockid_t clock, struct timespec *now, bool early)
{
    int saved = errno, result = clock_gettime(clock, now);

    (void)early;
    errno = saved;
    return result;
}
