/* SPDX-License-Identifier: MIT */
/*
 * What kind of mapping a range is (PROCMAP_QUERY, or a question to mremap), and
 * how it is made plain again.
 */
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/linux/proc.h"
#include "os/next.h"
#include "os/os.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MADV_KEEPONFORK
#define MADV_KEEPONFORK 19
#endif

/* Linux, include/uapi/linux/fs.h; spelled out for older headers. */
struct procmap_query_arg {
    uint64_t size, query_flags, query_addr, vma_start, vma_end, vma_flags;
    uint64_t vma_page_size, vma_offset, inode;
    uint32_t dev_major, dev_minor, vma_name_size, build_id_size;
    uint64_t vma_name_addr, build_id_addr;
};
#define PROCMAP_QUERY_CALL _IOWR('f', 17, struct procmap_query_arg)
#define VMA_READ_WRITE 3u
#define VMA_ACCESS_MASK 0xfu /* read, write, execute, shared */

enum { MAPPINGS_UNKNOWN = -1, MAPPINGS_ODD = 0, MAPPINGS_MOST = 16 };

/*
 * How many mappings make up the range, all of them private, anonymous, readable
 * and writable; or ODD, or UNKNOWN. Changes errno.
 */
static int
count_mappings(char *start, size_t length)
{
    struct procmap_query_arg arg;
    uint64_t at = (uintptr_t)start, end = at + length;
    int fd = lz_os_proc_fd(LZ_OS_PROC_MAPS), count = 0;

    if (fd < 0)
        return MAPPINGS_UNKNOWN;
    while (at < end && count < MAPPINGS_MOST) {
        arg = (struct procmap_query_arg){.size = sizeof(arg), .query_addr = at};
        if (ioctl(fd, PROCMAP_QUERY_CALL, &arg) != 0)
            return errno == ENOENT ? MAPPINGS_ODD : MAPPINGS_UNKNOWN;
        if (!lz_os_proc_is_ours(LZ_OS_PROC_MAPS))
            return MAPPINGS_UNKNOWN;
        if (arg.inode != 0 ||
            (arg.vma_flags & VMA_ACCESS_MASK) != VMA_READ_WRITE)
            return MAPPINGS_ODD;
        at = arg.vma_end;
        count++;
    }
    return at < end ? MAPPINGS_ODD : count;
}

/*
 * Without PROCMAP_QUERY: is it more than one mapping, or none? mremap(2) sees
 * to that first (EFAULT). Then it refuses to grow the mapping in place beyond
 * the program's stack (ENOMEM), so that nothing changes. Changes errno.
 */
static bool
is_split(char *start, size_t length)
{
    uintptr_t stack = getauxval(AT_RANDOM), end = (uintptr_t)start + length;
    size_t beyond = stack - (uintptr_t)start + lz_os_page_size();

    return stack > end && syscall(SYS_mremap, start, length, beyond, 0) == -1 &&
           errno == EFAULT;
}

/* Changes errno. */
static bool
is_one(char *start, size_t length)
{
    int count = count_mappings(start, length);

    return count == 1 ||
           (count == MAPPINGS_UNKNOWN && !is_split(start, length));
}

bool
lz_os_is_surely_plain(char *start, size_t length)
{
    int saved = errno, count = count_mappings(start, length);

    errno = saved;
    return count >= 1;
}

bool
lz_os_is_plain(char *start, size_t length)
{
    int saved = errno;
    bool one = is_one(start, length);

    errno = saved;
    return one;
}

/* EINVAL: the advice is younger than the kernel, and so was never given. */
static bool
take_back(char *start, size_t length, int advice)
{
    return lz_os_next_madvise(start, length, advice) == 0 || errno == EINVAL;
}

bool
lz_os_take_advice_back(char *start, size_t length)
{
    int saved = errno;
    bool taken = take_back(start, length, MADV_NORMAL) &&
                 take_back(start, length, MADV_DODUMP) &&
                 take_back(start, length, MADV_UNMERGEABLE);

    errno = saved;
    return taken;
}

static bool
take_all_back(char *start, size_t length)
{
    return lz_os_take_advice_back(start, length) &&
           take_back(start, length, MADV_DOFORK) &&
           take_back(start, length, MADV_KEEPONFORK) &&
           munlock(start, length) == 0;
}

/*
 * Advice for huge pages that a part got cannot be taken back. If it is the only
 * difference, the same advice for the rest makes it one mapping again.
 */
static bool
make_one(char *start, size_t length)
{
    return take_all_back(start, length) &&
           (is_one(start, length) ||
            (take_back(start, length, MADV_HUGEPAGE) && is_one(start, length)));
}

/*
 * If it is one mapping, it is as we made it. What a program does to its block
 * (mlock, MADV_DONTFORK, mbind, userfaultfd, ...) ends before the slack, and
 * the kernel splits a mapping whose parts differ. If it stays split, it is odd.
 */
bool
lz_os_make_plain(char *start, size_t length)
{
    int saved = errno, count = count_mappings(start, length);
    bool plain = count == 1;

    if (lz_os_proc_is_silent())
        return false;
    if (count == MAPPINGS_UNKNOWN)
        plain = mprotect(start, length, PROT_READ | PROT_WRITE) == 0 &&
                make_one(start, length);
    else if (count > 1)
        plain = make_one(start, length);
    errno = saved;
    return plain;
}

/*
 * Does the system allow so many bytes more? To try is the only way to learn of
 * all limits.
 */
static bool
has_room(size_t more)
{
    void *p = lz_os_map(more, lz_os_page_size());

    return p != NULL && lz_os_unmap(p, more) == 0;
}

/*
 * Does the system allow six mappings more? mremap(2) wants that many, and
 * refuses before it touches the target if there are fewer. To find out, six are
 * made in the target. This takes four system calls, so it is done only after a
 * move was refused with ENOMEM. The target of that first move stays mapped.
 */
static bool was_refused; /* atomic */

static bool
has_mappings(char *to, size_t length)
{
    size_t page = lz_os_page_size();
    bool room = true;

    if (!__atomic_load_n(&was_refused, __ATOMIC_RELAXED) || length < 7 * page)
        return true;
    for (size_t i = 1; i <= 5 && room; i += 2)
        room = mprotect(to + i * page, page, PROT_NONE) == 0;
    return mprotect(to, 7 * page, PROT_READ | PROT_WRITE) == 0 && room;
}

static int
move_error(void)
{
    if (errno == ENOMEM)
        __atomic_store_n(&was_refused, true, __ATOMIC_RELAXED);
    return errno;
}

/*
 * mremap(2) fails for a range that is not one mapping, or that would exceed a
 * limit. Afterwards it is unknown whether the target was unmapped (beyond
 * RLIMIT_AS, it is not from Linux 6.17 on). So this is checked first, while the
 * target is still ours.
 */
int
lz_os_move(void *from, size_t length, void *to, size_t to_length)
{
    int saved = errno, error = 0, count = count_mappings(from, length);
    bool possible = (count == 1 || count == MAPPINGS_UNKNOWN) &&
                    (to_length <= length || has_room(to_length - length)) &&
                    has_mappings(to, to_length);

    /* 2 MiB-aligned moves take whole page tables, not pages. */
    if (!possible)
        error = EFAULT;
    else if (lz_os_next_mremap(from, length, to_length,
                               MREMAP_MAYMOVE | MREMAP_FIXED, to) == MAP_FAILED)
        error = move_error();
    errno = saved;
    if (!possible || error == ENOSYS || error == EPERM)
        lz_os_unmap(to, to_length);
    return error;
}

/* EINVAL: the kernel does not know the flag. */
int
lz_os_move_out(void *from, size_t length, void *to)
{
    int saved = errno, error = 0, count = count_mappings(from, length);
    bool possible =
        (count == 1 || count == MAPPINGS_UNKNOWN) && has_mappings(to, length);

    if (!possible)
        error = EFAULT;
    else if (lz_os_next_mremap(from, length, length,
                               MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
                               to) == MAP_FAILED)
        error = errno == EINVAL ? ENOSYS : move_error();
    errno = saved;
    if (!possible || error == ENOSYS || error == EPERM)
        lz_os_unmap(to, length);
    return error;
}
