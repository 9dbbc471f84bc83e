/* SPDX-License-Identifier: MIT */
/*
 * What Linux alone has or tells, for every other system. Here these functions
 * do nothing, and answer that they do not know. They call nothing of the
 * system's.
 */
#include "os/kind.h"
#include "os/os.h"

char *
lz_os_move_anywhere(char *from, size_t length, size_t longer, size_t align)
{
    (void)from;
    (void)length;
    (void)longer;
    (void)align;
    return NULL;
}

int
lz_os_move_out(void *from, size_t length, void *to)
{
    (void)from;
    (void)length;
    (void)to;
    return ENOSYS;
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

/* No sbrk: jemalloc maps its memory. */
void *
lz_os_heap_break(intptr_t increment)
{
    (void)increment;
    return (void *)-1;
}

bool
lz_os_is_single_threaded(void)
{
    return false;
}

bool
lz_os_is_alone(void)
{
    return lz_os_is_single_threaded();
}

/* Stacks are apart; Fibonacci hashing of where this one is. */
unsigned
lz_os_cpu(void)
{
    char here;

    return (uint32_t)((uintptr_t)&here >> 16) * 2654435769u >> 28;
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

/* What a thread has by default. */
size_t
lz_os_stack_size(size_t n)
{
    (void)n;
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
