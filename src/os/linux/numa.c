/* SPDX-License-Identifier: MIT */
/*
 * Where memory comes from on a NUMA machine: bare system calls, as libnuma
 * would be one more library in every program (mbind(2), get_mempolicy(2),
 * move_pages(2), getcpu(2)).
 */
#include "os/kind.h"

#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/linux/proc.h"
#include "os/os.h"

/* Linux, include/uapi/linux/mempolicy.h; spelled out for older headers. */
enum { MPOL_DEFAULT, MPOL_PREFERRED, MPOL_BIND, MPOL_INTERLEAVE, MPOL_LOCAL };
#define MPOL_F_MEMS_ALLOWED 4ul

/* What a kernel can be built for (MAX_NUMNODES is 1024 at most). */
#define WORD_BITS (8 * sizeof(unsigned long))
#define NODES_MOST 1024

struct nodes {
    unsigned long bits[NODES_MOST / WORD_BITS];
};

/* The kernel takes one bit less than it is told. */
#define NODES_LENGTH ((unsigned long)NODES_MOST + 1)

/* Those that this process may have memory of. Changes errno. */
static bool
get_allowed(struct nodes *nodes)
{
    memset(nodes, 0, sizeof(*nodes));
    return !lz_os_proc_is_silent() &&
           syscall(SYS_get_mempolicy, NULL, nodes->bits, NODES_LENGTH, NULL,
                   MPOL_F_MEMS_ALLOWED) == 0;
}

size_t
lz_os_node_count(void)
{
    int saved = errno;
    struct nodes nodes;
    size_t count = 0;

    if (get_allowed(&nodes)) {
        for (size_t i = 0; i < NODES_MOST / WORD_BITS; i++)
            count += (size_t)__builtin_popcountl(nodes.bits[i]);
    }
    errno = saved;
    return count;
}

unsigned
lz_os_node(void)
{
    int saved = errno;
    unsigned cpu, node;

    if (lz_os_proc_is_silent() || syscall(SYS_getcpu, &cpu, &node, NULL) != 0)
        node = 0;
    errno = saved;
    return node;
}

#define SAMPLES 64

/* The first and the last page, and those in between at equal distances. */
static size_t
choose_pages(char *start, size_t length, void *pages[SAMPLES])
{
    size_t page = lz_os_page_size(), count = length / page, chosen;

    chosen = count < SAMPLES ? count : SAMPLES;
    for (size_t i = 0; i < chosen; i++)
        pages[i] =
            start + (chosen == 1 ? 0 : i * (count - 1) / (chosen - 1)) * page;
    return chosen;
}

/* A page that is not there has an errno value below 0. */
static int
judge(const int *status, size_t count, unsigned *node)
{
    int seen = -1;

    for (size_t i = 0; i < count; i++) {
        if (status[i] < 0)
            continue;
        if (seen >= 0 && seen != status[i])
            return EXDEV;
        seen = status[i];
    }
    if (seen >= 0)
        *node = (unsigned)seen;
    return 0;
}

int
lz_os_node_of(char *start, size_t length, unsigned *node)
{
    int saved = errno, error = 0, status[SAMPLES];
    void *pages[SAMPLES];
    size_t count = choose_pages(start, length, pages);

    if (lz_os_proc_is_silent())
        return ENOSYS;
    if (syscall(SYS_move_pages, 0, count, pages, NULL, status, 0) != 0)
        error = errno;
    errno = saved;
    return error != 0 ? error : judge(status, count, node);
}

bool
lz_os_has_node_policy(void)
{
    int saved = errno, mode = MPOL_DEFAULT;
    bool has = !lz_os_proc_is_silent() &&
               syscall(SYS_get_mempolicy, &mode, NULL, 0ul, NULL, 0ul) == 0 &&
               mode != MPOL_DEFAULT;

    errno = saved;
    return has;
}

/* MPOL_LOCAL is of Linux 3.8; before it, no preferred node means the same. */
static long
set_local(void *start, size_t length)
{
    long result =
        syscall(SYS_mbind, start, length, (long)MPOL_LOCAL, NULL, 0ul, 0ul);

    if (result != 0 && errno == EINVAL)
        result = syscall(SYS_mbind, start, length, (long)MPOL_PREFERRED, NULL,
                         0ul, 0ul);
    return result;
}

static long
set_place(void *start, size_t length, enum lz_os_place place, size_t nodes)
{
    struct nodes set;

    if (place == LZ_OS_PLACE_LOCAL)
        return set_local(start, length);
    if (!get_allowed(&set))
        return -1;
    if (place == LZ_OS_PLACE_BIND) {
        memset(&set, 0, sizeof(set));
        set.bits[0] = nodes;
    }
    return syscall(SYS_mbind, start, length,
                   place == LZ_OS_PLACE_BIND ? (long)MPOL_BIND
                                             : (long)MPOL_INTERLEAVE,
                   set.bits, NODES_LENGTH, 0ul);
}

int
lz_os_set_place(void *start, size_t length, enum lz_os_place place,
                size_t nodes)
{
    int saved = errno, error = 0;

    if (lz_os_proc_is_silent())
        return ENOSYS;
    if (set_place(start, length, place, nodes) != 0)
        error = errno;
    errno = saved;
    return error;
}

size_t
lz_os_count_processors(void)
{
    int saved = errno;
    cpu_set_t set;
    size_t count = 1;

    if (!lz_os_proc_is_silent() && sched_getaffinity(0, sizeof(set), &set) == 0)
        count = (size_t)CPU_COUNT(&set);
    errno = saved;
    return count;
}
