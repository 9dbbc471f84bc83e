/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <mach/semaphore.h>
#include <mach/task.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "fake_darwin.h"
#include "os/darwin/darwin.h"

#define MADV_ZERO 11

int __real_madvise(void *start, size_t length, int advice);
int __wrap_madvise(void *start, size_t length, int advice);
void *__real_mmap(void *at, size_t n, int prot, int flags, int fd, off_t off);
void *__wrap_mmap(void *at, size_t n, int prot, int flags, int fd, off_t off);

struct fake_mach fake_mach;

static void *
map_aligned(size_t size, size_t align)
{
    char *p = __real_mmap(NULL, size + align, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    char *q;

    if (p == MAP_FAILED)
        return p;
    q = (char *)(((uintptr_t)p + align - 1) & ~(align - 1));
    if (q > p)
        munmap(p, (size_t)(q - p));
    munmap(q + size, (size_t)(p + align - q));
    return q;
}

kern_return_t
mach_vm_map(vm_map_t task, mach_vm_address_t *address, mach_vm_size_t size,
            mach_vm_offset_t mask, int flags, mem_entry_name_port_t object,
            memory_object_offset_t offset, boolean_t copy, vm_prot_t protection,
            vm_prot_t max_protection, vm_inherit_t inheritance)
{
    int saved = errno;
    void *p;

    if (task != mach_task_self() || fake_mach.refuse_map || object != 0 ||
        offset != 0 || copy || protection != 3 || max_protection != 7 ||
        inheritance != VM_INHERIT_COPY || flags >> 24 != VM_MEMORY_MALLOC_LARGE)
        return KERN_NO_SPACE;
    if (flags & VM_FLAGS_ANYWHERE)
        p = map_aligned(size, mask + 1);
    else
        p = __real_mmap(
            (void *)(uintptr_t)*address, size, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    errno = saved;
    if (p == MAP_FAILED)
        return KERN_NO_SPACE;
    *address = (uintptr_t)p;
    return KERN_SUCCESS;
}

/* One line of /proc/self/maps at a time, as the kernel's entries are. */
kern_return_t
mach_vm_region_recurse(vm_map_t task, mach_vm_address_t *address,
                       mach_vm_size_t *size, natural_t *depth,
                       vm_region_recurse_info_t out,
                       mach_msg_type_number_t *count)
{
    struct vm_region_submap_info_64 *info = (void *)out;
    unsigned long start, end, inode;
    char prot[8], line[512];
    FILE *maps = fopen("/proc/self/maps", "re");
    bool found = false;

    if (task != mach_task_self() || *depth != 0 || maps == NULL ||
        *count != VM_REGION_SUBMAP_INFO_COUNT_64)
        abort();
    while (!found && fgets(line, sizeof(line), maps) != NULL) {
        if (sscanf(line, "%lx-%lx %7s %*s %*s %lu", &start, &end, prot,
                   &inode) == 4)
            found = end > *address;
    }
    fclose(maps);
    if (!found)
        return KERN_INVALID_ADDRESS;
    memset(info, 0, sizeof(*info));
    info->protection = (prot[0] == 'r' ? VM_PROT_READ : 0) |
                       (prot[1] == 'w' ? VM_PROT_WRITE : 0);
    info->share_mode = prot[3] == 's' ? SM_SHARED : SM_PRIVATE;
    info->external_pager = inode != 0 && prot[3] != 's';
    info->inheritance =
        fake_mach.inheritance != 0 ? fake_mach.inheritance : VM_INHERIT_COPY;
    info->user_wired_count = (unsigned short)fake_mach.wired;
    *address = start;
    *size = end - start;
    return KERN_SUCCESS;
}

static bool
is_populated(uintptr_t address)
{
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    uint64_t entry = 0;

    /* Opened each time: one that a fork left open describes the parent. */
    if (pread(fd, &entry, sizeof(entry),
              (off_t)(address / (size_t)getpagesize() * sizeof(entry))) !=
        sizeof(entry))
        abort();
    close(fd);
    return entry >> 62 != 0;
}

/* A page of the layer's size, which may be several of Linux's. */
static bool
is_any_populated(uintptr_t address, size_t length)
{
    for (size_t i = 0; i < length; i += (size_t)getpagesize()) {
        if (is_populated(address + i))
            return true;
    }
    return false;
}

kern_return_t
mach_vm_page_range_query(vm_map_t task, mach_vm_offset_t address,
                         mach_vm_size_t size, mach_vm_address_t dispositions,
                         mach_vm_size_t *count)
{
    int *out = (int *)(uintptr_t)dispositions;
    size_t page = lz_os_page_size();

    fake_mach.queries++;
    fake_mach.query_pages += *count;
    if (task != mach_task_self() || fake_mach.refuse_query)
        return KERN_INVALID_ADDRESS;
    if (address % page != 0 || size != *count * page)
        abort();
    for (size_t i = 0; i < *count; i++, address += page) {
        out[i] = is_any_populated(address, page)
                     ? (fake_mach.is_paged_out ? VM_PAGE_QUERY_PAGE_PAGED_OUT
                                               : VM_PAGE_QUERY_PAGE_PRESENT)
                     : 0;
    }
    *count -= fake_mach.query_is_short;
    return KERN_SUCCESS;
}

/* Zeros what is populated; the hint MADV_DONTNEED does nothing, as there. */
int
__wrap_madvise(void *start, size_t length, int advice)
{
    size_t page = (size_t)getpagesize();
    char *p = start;

    if (advice == MADV_DONTNEED)
        return 0;
    if (advice != MADV_ZERO)
        return __real_madvise(start, length, advice);
    fake_mach.zero_advices++;
    if (fake_mach.zero_error != 0) {
        errno = fake_mach.zero_error;
        return -1;
    }
    for (size_t i = 0; i < length && !fake_mach.zero_does_nothing; i += page) {
        if (is_populated((uintptr_t)p + i))
            memset(p + i, 0, page);
    }
    return 0;
}

void *
__wrap_mmap(void *at, size_t n, int prot, int flags, int fd, off_t off)
{
    if (flags & MAP_FIXED) {
        fake_mach.overlays++;
        if (fake_mach.refuse_overlay) {
            errno = ENOMEM;
            return MAP_FAILED;
        }
        fd = -1;
    }
    return __real_mmap(at, n, prot, flags, fd, off);
}

static sem_t semaphore;

kern_return_t
semaphore_create(task_t task, semaphore_t *out, int policy, int value)
{
    (void)policy;
    *out = 7;
    return task == mach_task_self() ? sem_init(&semaphore, 0, (unsigned)value)
                                    : 1;
}

kern_return_t
semaphore_signal(semaphore_t which)
{
    return which == 7 ? sem_post(&semaphore) : 1;
}

kern_return_t
semaphore_wait(semaphore_t which)
{
    return which == 7 ? sem_wait(&semaphore) : 1;
}

kern_return_t
semaphore_timedwait(semaphore_t which, mach_timespec_t span)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += span.tv_sec;
    until.tv_nsec += span.tv_nsec;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return which == 7 ? sem_timedwait(&semaphore, &until) : 1;
}

int
issetugid(void)
{
    return 0;
}
