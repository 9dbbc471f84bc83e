/* SPDX-License-Identifier: MIT */
/*
 * What Linux tells about our own memory through /proc: which pages of a range
 * are populated (PAGEMAP_SCAN, or reads of /proc/self/pagemap), and what kind
 * of mapping it is (PROCMAP_QUERY).
 *
 * Both need a descriptor that lives long, in a program that may close it, put
 * another file under its number (another process's pagemap, at worst), or fork:
 * in a fork child the descriptor still describes the parent, and its answers
 * would leave dirty bytes. So a descriptor is used only by the process that
 * opened it, and only when fstat shows the file that was opened. Whose it is
 * stands on a page that the kernel wipes at fork (MADV_WIPEONFORK, Linux 4.14);
 * the process id is compared as well, because QEMU's user mode ignores that
 * advice and answers success.
 */
#include "os.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif
#ifndef MADV_KEEPONFORK
#define MADV_KEEPONFORK 19
#endif

#ifndef MADV_GUARD_REMOVE
#define MADV_GUARD_REMOVE 103
#endif

/* Linux, include/uapi/linux/fs.h; spelled out for older headers. */
struct pm_scan_arg {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define PAGEMAP_SCAN_CALL _IOWR('f', 16, struct pm_scan_arg)
#define PAGE_PRESENT ((uint64_t)1 << 3)
#define PAGE_SWAPPED ((uint64_t)1 << 4)
#define PAGE_ZERO_PFN ((uint64_t)1 << 5)

/* Entries of 64 bits a page: proc(5), "/proc/pid/pagemap". */
#define PAGEMAP_PRESENT ((uint64_t)1 << 63)
#define PAGEMAP_SWAPPED ((uint64_t)1 << 62)

struct procmap_query_arg {
    uint64_t size, query_flags, query_addr, vma_start, vma_end, vma_flags;
    uint64_t vma_page_size, vma_offset, inode;
    uint32_t dev_major, dev_minor, vma_name_size, build_id_size;
    uint64_t vma_name_addr, build_id_addr;
};
#define PROCMAP_QUERY_CALL _IOWR('f', 17, struct procmap_query_arg)
#define VMA_READ_WRITE 3u
#define VMA_ACCESS_MASK 0xfu /* read, write, execute, shared */

/* The kernel's struct page_region. */
_Static_assert(sizeof(struct lz_os_range) == 24, "three 64-bit words");

enum { PAGEMAP, MAPS, FILE_COUNT };

static const char *const paths[FILE_COUNT] = {"/proc/self/pagemap",
                                              "/proc/self/maps"};

/* What was opened; a fork child finds its parent's here. */
struct proc_file {
    int fd;
    dev_t device;
    ino_t inode;
};

static struct proc_file files[FILE_COUNT];

/* Who may use it: on the wiped page, so that it is UNKNOWN in a fork child. */
struct claim {
    int state; /* atomic */
    pid_t pid;
};

enum { UNKNOWN, OPENING, OPEN, MISSING };

static struct claim *claims;
static struct claim unwiped_claims[FILE_COUNT]; /* without memory for a page */

/* Two pages: the second is never touched, see describes_us. */
static struct claim *
get_claims(void)
{
    struct claim *known = __atomic_load_n(&claims, __ATOMIC_ACQUIRE);
    size_t page = lz_os_page_size();
    void *fresh;

    if (LZ_LIKELY(known != NULL))
        return known;
    fresh = lz_os_map(2 * page, page);
    if (fresh == NULL)
        return unwiped_claims;
    lz_os_heap_advise(fresh, 2 * page, MADV_WIPEONFORK);
    if (__atomic_compare_exchange_n(&claims, &known, fresh, false,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return fresh;
    lz_os_unmap(fresh, 2 * page);
    return known;
}

static pid_t
process_id(void)
{
    /* The system call: libc may answer from memory after a raw clone. */
    return (pid_t)syscall(SYS_getpid);
}

/*
 * Out of the way of programs that count on low numbers, but not near the hard
 * limit: the kernel copies the table up to the highest number at each fork.
 */
static int
open_high(const char *path)
{
    int low = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    int high;

    if (low < 0)
        return low;
    high = (int)syscall(SYS_fcntl, low, F_DUPFD_CLOEXEC, 100);
    if (high < 0)
        return low;
    syscall(SYS_close, low);
    return high;
}

static bool
same_file(const struct proc_file *file)
{
    struct stat status;

    return file->inode != 0 && fstat(file->fd, &status) == 0 &&
           status.st_dev == file->device && status.st_ino == file->inode;
}

static bool
open_file(struct proc_file *file, const char *path)
{
    struct stat status;

    /* A fork child holds its parent's: of no use to it. */
    if (same_file(file))
        syscall(SYS_close, file->fd);
    file->inode = 0;
    file->fd = open_high(path);
    if (file->fd < 0 || fstat(file->fd, &status) != 0)
        return false;
    file->device = status.st_dev;
    file->inode = status.st_ino;
    return true;
}

static bool
is_populated(uint64_t entry)
{
    return (entry & (PAGEMAP_PRESENT | PAGEMAP_SWAPPED)) != 0;
}

/* The entries of so many pages from `start` on, all of them. */
static bool
read_entries(int fd, const void *start, uint64_t *entries, size_t pages)
{
    struct iovec into = {entries, pages * 8};
    uint64_t offset = (uintptr_t)start / lz_os_page_size() * 8;

    /* In two halves, as preadv(2) has the offset on 32 bits. */
    return syscall(SYS_preadv, fd, &into, 1, (unsigned long)offset,
                   (unsigned long)(sizeof(long) == 8 ? 0 : offset >> 32)) ==
           (ssize_t)(pages * 8);
}

/*
 * Does the pagemap speak of the addresses that we see? QEMU's user mode passes
 * the host's on, where our memory may lie elsewhere. The page of the claims was
 * just written and the next one never touched: so it must say.
 */
static bool
describes_us(int fd)
{
    const struct claim *probe = __atomic_load_n(&claims, __ATOMIC_ACQUIRE);
    uint64_t entries[2];

    return probe != NULL && read_entries(fd, probe, entries, 2) &&
           is_populated(entries[0]) && !is_populated(entries[1]);
}

static bool
open_and_prove(int which)
{
    struct proc_file *file = &files[which];

    if (!open_file(file, paths[which]))
        return false;
    if (which != PAGEMAP || describes_us(file->fd))
        return true;
    syscall(SYS_close, file->fd);
    file->inode = 0;
    return false;
}

/*
 * One thread opens; the others do without meanwhile. No lock, no wait. Whoever
 * returns here from a signal handler as a fork child holds a descriptor of the
 * parent's: its claim was wiped, and the second exchange tells.
 */
static int
claim_file(struct claim *claim, int which, int state)
{
    pid_t pid = process_id();
    int opening = OPENING;
    bool open;

    if (!__atomic_compare_exchange_n(&claim->state, &state, OPENING, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return -1;
    open = open_and_prove(which);
    claim->pid = pid;
    if (!__atomic_compare_exchange_n(&claim->state, &opening,
                                     open ? OPEN : MISSING, false,
                                     __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return -1;
    return open ? files[which].fd : -1;
}

/* A descriptor that is surely ours now, or -1. Changes errno. */
static int
get_fd(int which)
{
    struct claim *claim = &get_claims()[which];
    int state = __atomic_load_n(&claim->state, __ATOMIC_ACQUIRE);

    if (state == OPENING)
        return -1;
    if (state != UNKNOWN && claim->pid == process_id()) {
        if (state == MISSING)
            return -1;
        if (same_file(&files[which]))
            return files[which].fd;
    } else if (state == OPEN && same_file(&files[which])) {
        /*
         * A vfork child, whose memory, and so this claim, is its parent's: a
         * descriptor opened here would be lost to the parent. Or a fork child
         * where the claim was not wiped, which does without as well.
         */
        return -1;
    }
    /* New here, a fork child, or the program closed it. */
    return claim_file(claim, which, state);
}

/*
 * After an answer: did this process ask? A signal handler may have forked
 * between the look at the descriptor and its use, and this be the child.
 */
static bool
is_still_ours(int which)
{
    const struct claim *claim = &get_claims()[which];

    return __atomic_load_n(&claim->state, __ATOMIC_ACQUIRE) == OPEN &&
           claim->pid == process_id();
}

/*
 * Guard markers (MADV_GUARD_INSTALL, Linux 6.13) look like swapped pages, and a
 * write there would be a fault. Other pages are left alone by this.
 */
static void
remove_guards(const struct lz_os_range *ranges, int count)
{
    for (int i = 0; i < count; i++) {
        const struct lz_os_range *range = &ranges[i];

        if ((range->categories & PAGE_SWAPPED) != 0)
            madvise((void *)(uintptr_t)range->start,
                    (size_t)(range->end - range->start), MADV_GUARD_REMOVE);
    }
}

static int
scan(char *start, char *end, struct lz_os_range *ranges, int capacity,
     char **resume)
{
    struct pm_scan_arg arg = {
        .size = sizeof(arg),
        .start = (uintptr_t)start,
        .end = (uintptr_t)end,
        .vec = (uintptr_t)ranges,
        .vec_len = (uint64_t)capacity,
        .category_inverted = PAGE_ZERO_PFN,
        .category_mask = PAGE_ZERO_PFN,
        /* A page that was swapped out is not zero. */
        .category_anyof_mask = PAGE_PRESENT | PAGE_SWAPPED,
        .return_mask = PAGE_PRESENT | PAGE_SWAPPED,
    };
    int fd = get_fd(PAGEMAP), count;

    if (fd < 0)
        return -1;
    count = (int)ioctl(fd, PAGEMAP_SCAN_CALL, &arg);
    if (!is_still_ours(PAGEMAP))
        return -1;
    *resume = (char *)(uintptr_t)arg.walk_end;
    remove_guards(ranges, count);
    return count;
}

#define PAGEMAP_CHUNK 64

static int
read_pagemap(char *start, char *end, struct lz_os_range *ranges, int capacity,
             char **resume)
{
    uint64_t entries[PAGEMAP_CHUNK];
    size_t page = lz_os_page_size();
    size_t pages = (size_t)(end - start) / page;
    int fd = get_fd(PAGEMAP), count = 0;

    if (pages > PAGEMAP_CHUNK)
        pages = PAGEMAP_CHUNK;
    if (pages > (size_t)capacity)
        pages = (size_t)capacity;
    if (fd < 0)
        return -1;
    if (!read_entries(fd, start, entries, pages) || !is_still_ours(PAGEMAP))
        return -1;
    for (size_t i = 0; i < pages; i++) {
        uintptr_t at = (uintptr_t)start + i * page;

        if (!is_populated(entries[i]))
            continue;
        if (count > 0 && ranges[count - 1].end == at)
            ranges[count - 1].end += page;
        else
            ranges[count++] = (struct lz_os_range){at, at + page, 0};
    }
    *resume = start + pages * page;
    return count;
}

int
lz_os_find_populated(enum lz_os_oracle oracle, char *start, char *end,
                     struct lz_os_range *ranges, int capacity, char **resume)
{
    int saved = errno, count = -1;

    if (oracle == LZ_OS_ORACLE_SCAN)
        count = scan(start, end, ranges, capacity, resume);
    else if (oracle == LZ_OS_ORACLE_PAGEMAP)
        count = read_pagemap(start, end, ranges, capacity, resume);
    errno = saved;
    return count;
}

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
    int fd = get_fd(MAPS), count = 0;

    if (fd < 0)
        return MAPPINGS_UNKNOWN;
    while (at < end && count < MAPPINGS_MOST) {
        arg = (struct procmap_query_arg){.size = sizeof(arg), .query_addr = at};
        if (ioctl(fd, PROCMAP_QUERY_CALL, &arg) != 0)
            return errno == ENOENT ? MAPPINGS_ODD : MAPPINGS_UNKNOWN;
        if (!is_still_ours(MAPS))
            return MAPPINGS_UNKNOWN;
        if (arg.inode != 0 ||
            (arg.vma_flags & VMA_ACCESS_MASK) != VMA_READ_WRITE)
            return MAPPINGS_ODD;
        at = arg.vma_end;
        count++;
    }
    return at < end ? MAPPINGS_ODD : count;
}

bool
lz_os_is_plain(char *start, size_t length)
{
    int saved = errno, count = count_mappings(start, length);

    errno = saved;
    return count == 1 || count == MAPPINGS_UNKNOWN;
}

/* EINVAL: the advice is younger than the kernel, and so was never given. */
static bool
take_back(char *start, size_t length, int advice)
{
    return madvise(start, length, advice) == 0 || errno == EINVAL;
}

static bool
take_all_back(char *start, size_t length)
{
    return take_back(start, length, MADV_NORMAL) &&
           take_back(start, length, MADV_DOFORK) &&
           take_back(start, length, MADV_KEEPONFORK) &&
           munlock(start, length) == 0;
}

/*
 * One mapping is as we made it: what a program does to its block (mlock,
 * MADV_DONTFORK, mbind, userfaultfd, ...) stops at the slack, and a mapping
 * whose parts differ is split. Where numpy's MADV_HUGEPAGE was all, the same
 * advice for the rest makes it one again; where it stays split, it is odd.
 */
bool
lz_os_make_plain(char *start, size_t length)
{
    int saved = errno, count = count_mappings(start, length);
    bool plain = count == 1;

    if (count == MAPPINGS_UNKNOWN)
        plain = take_all_back(start, length) &&
                mprotect(start, length, PROT_READ | PROT_WRITE) == 0;
    else if (count > 1)
        plain = take_all_back(start, length) &&
                take_back(start, length, MADV_HUGEPAGE) &&
                count_mappings(start, length) == 1;
    errno = saved;
    return plain;
}

/*
 * mremap(2) of what is not one mapping fails, and whether it took the target
 * away before it failed cannot be told: asked first, the target is still ours.
 */
int
lz_os_move(void *from, size_t length, void *to, size_t to_length)
{
    int saved = errno, error = 0, count = count_mappings(from, length);
    bool possible = count == 1 || count == MAPPINGS_UNKNOWN;

    /* 2 MiB-aligned moves take whole page tables, not pages. */
    if (!possible)
        error = EFAULT;
    else if (mremap(from, length, to_length, MREMAP_MAYMOVE | MREMAP_FIXED,
                    to) == MAP_FAILED)
        error = errno;
    errno = saved;
    if (!possible || error == ENOSYS || error == EPERM)
        lz_os_unmap(to, to_length);
    return error;
}
