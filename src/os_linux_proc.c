/* SPDX-License-Identifier: MIT */
#include "os_linux_proc.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "os.h"

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18
#endif

static const char *const paths[LZ_OS_PROC_COUNT] = {"/proc/self/pagemap",
                                                    "/proc/self/maps"};

/* What was opened; a fork child finds its parent's here. */
struct proc_file {
    int fd;
    dev_t device;
    ino_t inode;
};

static struct proc_file files[LZ_OS_PROC_COUNT];

static bool silent; /* atomic: lz_os_ask_nothing */

/* Who may use it: on the wiped page, so that it is UNKNOWN in a fork child. */
struct claim {
    int state; /* atomic */
    pid_t pid;
};

enum { UNKNOWN, OPENING, OPEN, MISSING };

static struct claim *claims;
static struct claim
    unwiped_claims[LZ_OS_PROC_COUNT]; /* without memory for a page */

/*
 * Is a fork child's claim surely wiped? Once the advice was accepted (1), and
 * the kernel has shown to be one that takes it seriously (2). Atomic.
 */
static int wipe_proof;

/* Two pages: the second is never touched, see describes_us. */
static struct claim *
get_claims(void)
{
    struct claim *known = __atomic_load_n(&claims, __ATOMIC_ACQUIRE);
    size_t page = lz_os_page_size();
    void *fresh;
    bool accepted;

    if (LZ_LIKELY(known != NULL))
        return known;
    fresh = lz_os_map(2 * page, page);
    if (fresh == NULL)
        return unwiped_claims;
    accepted = lz_os_heap_advise(fresh, 2 * page, MADV_WIPEONFORK) == 0;
    if (__atomic_compare_exchange_n(&claims, &known, fresh, false,
                                    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        if (accepted)
            __atomic_store_n(&wipe_proof, 1, __ATOMIC_RELEASE);
        return fresh;
    }
    lz_os_unmap(fresh, 2 * page);
    return known;
}

void
lz_os_proc_scanned(void)
{
    /* Once; a load costs the later ones nothing. */
    if (__atomic_load_n(&wipe_proof, __ATOMIC_RELAXED) == 1)
        __atomic_store_n(&wipe_proof, 2, __ATOMIC_RELEASE);
}

/*
 * A claim that is there was made by this process, or by one whose memory, and
 * so whose pagemap, this one shares (vfork).
 */
static bool
is_own_claim(const struct claim *claim)
{
    return __atomic_load_n(&wipe_proof, __ATOMIC_ACQUIRE) == 2 ||
           claim->pid == lz_os_process_id();
}

static int
open_high(const char *path)
{
    int low = lz_os_open(path, O_RDONLY | O_CLOEXEC, 0), high;

    if (low < 0)
        return low;
    high = (int)syscall(SYS_fcntl, low, F_DUPFD_CLOEXEC, LZ_OS_FD_LEAST);
    if (high < 0)
        return low;
    lz_os_close(low);
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
        lz_os_close(file->fd);
    file->inode = 0;
    file->fd = open_high(path);
    if (file->fd < 0 || fstat(file->fd, &status) != 0)
        return false;
    file->device = status.st_dev;
    file->inode = status.st_ino;
    return true;
}

bool
lz_os_proc_read(int fd, const void *start, uint64_t *entries, size_t pages)
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

    return probe != NULL && lz_os_proc_read(fd, probe, entries, 2) &&
           lz_os_proc_is_populated(entries[0]) &&
           !lz_os_proc_is_populated(entries[1]);
}

static bool
open_and_prove(int which)
{
    struct proc_file *file = &files[which];

    if (!open_file(file, paths[which]))
        return false;
    if (which != LZ_OS_PROC_PAGEMAP || describes_us(file->fd))
        return true;
    lz_os_close(file->fd);
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
    pid_t pid = lz_os_process_id();
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

void
lz_os_ask_nothing(void)
{
    __atomic_store_n(&silent, true, __ATOMIC_RELAXED);
}

bool
lz_os_proc_is_silent(void)
{
    return __atomic_load_n(&silent, __ATOMIC_RELAXED);
}

int
lz_os_proc_fd(int which)
{
    struct claim *claim;
    int state;

    if (LZ_UNLIKELY(lz_os_proc_is_silent()))
        return -1;
    claim = &get_claims()[which];
    state = __atomic_load_n(&claim->state, __ATOMIC_ACQUIRE);
    if (state == OPENING)
        return -1;
    if (state != UNKNOWN && is_own_claim(claim)) {
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

bool
lz_os_proc_is_ours(int which)
{
    const struct claim *claim = &get_claims()[which];

    return __atomic_load_n(&claim->state, __ATOMIC_ACQUIRE) == OPEN &&
           is_own_claim(claim);
}
