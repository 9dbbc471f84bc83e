/* SPDX-License-Identifier: MIT */
#include "doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "host.h"
#include "os/os.h" /* lz_os_memory_size: what the library takes for the memory */
#include "text.h"

/* Linux, include/uapi/linux/fs.h; spelled out for older headers. */
struct pm_scan_arg {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define PAGEMAP_SCAN_CALL _IOWR('f', 16, struct pm_scan_arg)
#define PAGE_PRESENT ((uint64_t)1 << 3)

struct procmap_query_arg {
    uint64_t size, query_flags, query_addr, vma_start, vma_end, vma_flags;
    uint64_t vma_page_size, vma_offset, inode;
    uint32_t dev_major, dev_minor, vma_name_size, build_id_size;
    uint64_t vma_name_addr, build_id_addr;
};
#define PROCMAP_QUERY_CALL _IOWR('f', 17, struct procmap_query_arg)

enum { PAGES = 8, TOUCHED = 5 };

/* The range that a scan finds touched is the one page that is. */
static bool
scan_works(char *pages, size_t page)
{
    uint64_t found[3 * PAGES] = {0};
    struct pm_scan_arg arg = {
        .size = sizeof(arg),
        .start = (uintptr_t)pages,
        .end = (uintptr_t)pages + PAGES * page,
        .vec = (uintptr_t)found,
        .vec_len = PAGES,
        .category_anyof_mask = PAGE_PRESENT,
        .return_mask = PAGE_PRESENT,
    };
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    int count = fd < 0 ? -1 : ioctl(fd, PAGEMAP_SCAN_CALL, &arg);

    if (fd >= 0)
        close(fd);
    return count == 1 && found[0] == (uintptr_t)pages + TOUCHED * page &&
           found[1] == found[0] + page;
}

static bool
pagemap_works(char *pages, size_t page)
{
    uint64_t entries[PAGES] = {0};
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    off_t at = (off_t)((uintptr_t)pages / page * sizeof(uint64_t));
    bool right = fd >= 0 && pread(fd, entries, sizeof(entries), at) ==
                                (ssize_t)sizeof(entries);

    if (fd >= 0)
        close(fd);
    for (int i = 0; i < PAGES; i++)
        right = right && (entries[i] >> 63) == (i == TOUCHED);
    return right;
}

static bool
discard_works(char *pages, size_t page)
{
    return madvise(pages, PAGES * page, MADV_DONTNEED) == 0 &&
           pages[TOUCHED * page] == 0;
}

static bool
query_works(const char *pages)
{
    struct procmap_query_arg arg = {.size = sizeof(arg),
                                    .query_addr = (uintptr_t)pages};
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    int result = fd < 0 ? -1 : ioctl(fd, PROCMAP_QUERY_CALL, &arg);

    if (fd >= 0)
        close(fd);
    return result == 0 && arg.vma_start <= (uintptr_t)pages &&
           arg.vma_end > (uintptr_t)pages;
}

static void
judge_oracle(char *pages, size_t page)
{
    if (scan_works(pages, page))
        doctor_say(DOCTOR_OK, "page table",
                   "PAGEMAP_SCAN works: of a reused block, only the pages that "
                   "were used are cleared");
    else if (pagemap_works(pages, page))
        doctor_say(
            DOCTOR_OK, "page table",
            "/proc/self/pagemap works: of a reused block, only the pages "
            "that were used are cleared (Linux 6.7 has PAGEMAP_SCAN, "
            "which is faster)");
    else if (discard_works(pages, page))
        doctor_say(DOCTOR_WARN, "page table",
                   "cannot be read (no /proc, or a sandbox): the pages of a "
                   "reused block are discarded, and each one faults again");
    else
        doctor_say(DOCTOR_WARN, "page table",
                   "cannot be read, and MADV_DONTNEED does not zero (QEMU?): "
                   "reused blocks are written in full");
}

static void
check_page_table(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pages == MAP_FAILED) {
        doctor_say(DOCTOR_FAIL, "page table", "mmap: %s", strerror(errno));
        return;
    }
    /* With a huge page, all of it would be touched. */
    madvise(pages, PAGES * page, MADV_NOHUGEPAGE);
    pages[TOUCHED * page] = 1;
    judge_oracle(pages, page);
    doctor_say(DOCTOR_OK, "mappings",
               query_works(pages)
                   ? "PROCMAP_QUERY works: what a program did to a block is "
                     "noticed when it is reused"
                   : "PROCMAP_QUERY is missing (Linux 6.11 has it): a block is "
                     "reset by system calls when it is reused");
    munmap(pages, PAGES * page);
}

/* The word in brackets, of "always [madvise] never". */
static char *
chosen(const char *path)
{
    char *text = text_read(path), *start, *end;

    if (text == NULL || (start = strchr(text, '[')) == NULL ||
        (end = strchr(start, ']')) == NULL)
        return NULL;
    *end = '\0';
    return start + 1;
}

static void
check_hugepages(void)
{
    const char *mode = chosen("/sys/kernel/mm/transparent_hugepage/enabled");

    if (mode == NULL || strcmp(mode, "never") == 0)
        doctor_say(DOCTOR_OK, "huge pages",
                   "transparent huge pages are off: blocks used in full take a "
                   "page fault for each page");
    else if (strcmp(mode, "always") == 0)
        doctor_say(DOCTOR_OK, "huge pages",
                   "transparent huge pages are always on: this saves page "
                   "faults, but a byte that is touched may cost a whole huge "
                   "page (LAZYZERO_HUGEPAGES=never avoids that)");
    else
        doctor_say(DOCTOR_OK, "huge pages",
                   "transparent huge pages are set to %s: they are used for "
                   "sizes of blocks that the program uses in full",
                   mode);
}

static long
number_in(const char *path, long missing)
{
    char *text = text_read(path);
    long number = text == NULL ? missing : atol(text);

    free(text);
    return number;
}

static void
check_overcommit(void)
{
    long mode = number_in("/proc/sys/vm/overcommit_memory", -1);

    if (mode == 2)
        doctor_say(DOCTOR_WARN, "overcommit",
                   "2, strict: a large block counts in full against the commit "
                   "limit, touched or not (sysctl vm.overcommit_memory=0)");
    else if (mode < 0)
        doctor_say(DOCTOR_OK, "overcommit", "unknown: no /proc/sys/vm");
    else
        doctor_say(DOCTOR_OK, "overcommit",
                   "%ld: memory that is not touched is not counted", mode);
}

static void
check_map_count(void)
{
    long most = number_in("/proc/sys/vm/max_map_count", 65530);

    if (most < 65530)
        doctor_say(DOCTOR_WARN, "max_map_count",
                   "%ld: each large block is a mapping, and beyond that number "
                   "jemalloc serves large requests (raise it by sysctl "
                   "vm.max_map_count=65530)",
                   most);
    else
        doctor_say(DOCTOR_OK, "max_map_count",
                   "%ld: a process can have that many large blocks and other "
                   "mappings",
                   most);
}

static void
check_memory(void)
{
    struct sysinfo info;
    double total, swap, usable = (double)lz_os_memory_size();

    sysinfo(&info);
    total = (double)info.totalram * info.mem_unit;
    swap = (double)info.totalswap * info.mem_unit;
    if (usable < total)
        doctor_say(DOCTOR_OK, "memory", "this cgroup may use %s of %s",
                   text_bytes(usable), text_bytes(total));
    else
        doctor_say(DOCTOR_OK, "memory", "%s, no cgroup limit",
                   text_bytes(total));
    doctor_say(DOCTOR_OK, "kept memory",
               "an idle process keeps no freed large block. A busy one keeps "
               "at most a quarter of the free memory, %s now, and raises its "
               "peak by a 32nd at most (LAZYZERO_RETAIN)",
               text_bytes((double)lz_os_memory_free() / 4));
    if (swap > 0)
        doctor_say(DOCTOR_OK, "swap",
                   "%s: kept blocks may be swapped out when memory is short. "
                   "The library still knows which of their pages were used",
                   text_bytes(swap));
    else
        doctor_say(DOCTOR_OK, "swap",
                   "none: kept blocks stay in memory until they are released");
}

static void
check_limits(void)
{
    struct rlimit limit;

    getrlimit(RLIMIT_AS, &limit);
    if (limit.rlim_cur == RLIM_INFINITY)
        doctor_say(DOCTOR_OK, "address space", "not limited (RLIMIT_AS)");
    else
        doctor_say(DOCTOR_WARN, "address space",
                   "limited to %s (ulimit -v): blocks count in full, touched "
                   "or not; limit memory by a cgroup instead",
                   text_bytes((double)limit.rlim_cur));
}

/* Of so many KiB: how many are reserved, or free. */
static long
count_reserved(int kib, const char *which)
{
    char *path =
        text_format("/sys/kernel/mm/hugepages/hugepages-%dkB/%s", kib, which);
    long count = number_in(path, 0);

    free(path);
    return count;
}

static void
check_reserved(void)
{
    long small = count_reserved(2048, "nr_hugepages");
    long large = count_reserved(1048576, "nr_hugepages");

    if (small == 0 && large == 0)
        doctor_say(
            DOCTOR_OK, "hugetlb",
            "no huge pages are reserved, so LAZYZERO_HUGEPAGES=hugetlb would "
            "find none (sysctl vm.nr_hugepages=N reserves N of 2 MiB; "
            "hugepagesz=1G hugepages=N on the kernel's command line reserves N "
            "of 1 GiB)");
    else
        doctor_say(
            DOCTOR_OK, "hugetlb",
            "%ld huge pages of 2 MiB are reserved (%ld are free) and %ld of "
            "1 GiB (%ld are free). LAZYZERO_HUGEPAGES=hugetlb:2M or hugetlb:1G "
            "takes them for large blocks, until they are freed. sysctl "
            "vm.nr_hugepages=N sets how many of 2 MiB there are",
            small, count_reserved(2048, "free_hugepages"), large,
            count_reserved(1048576, "free_hugepages"));
}

/* MADV_POPULATE_WRITE; the headers may be older. */
static void
check_populate(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool works = pages != MAP_FAILED && madvise(pages, PAGES * page, 23) == 0;

    doctor_say(DOCTOR_OK, "prefault",
               works ? "MADV_POPULATE_WRITE works: what LAZYZERO_PREFAULT asks "
                       "for is populated by several threads"
                     : "MADV_POPULATE_WRITE is missing (Linux 5.14 has it): "
                       "what LAZYZERO_PREFAULT asks for is written page by "
                       "page, by one thread");
    if (pages != MAP_FAILED)
        munmap(pages, PAGES * page);
}

/* 0 or an errno value, of the rule that a thread has in any case. */
static int
try_mbind(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *p = mmap(NULL, page, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int error = 0;

    if (p == MAP_FAILED || syscall(SYS_mbind, p, page, 0L, NULL, 0L, 0L) != 0)
        error = errno;
    if (p != MAP_FAILED)
        munmap(p, page);
    return error;
}

static void
check_nodes(void)
{
    char *online = text_read("/sys/devices/system/node/online");
    bool several = online != NULL && strpbrk(online, ",-") != NULL;
    int error = try_mbind();

    if (online != NULL)
        online[strcspn(online, "\n")] = '\0';
    if (!several)
        doctor_say(DOCTOR_OK, "numa",
                   "one node: LAZYZERO_NUMA has nothing to choose");
    else if (error != 0)
        doctor_say(DOCTOR_WARN, "numa",
                   "nodes %s, but mbind is refused (%s): LAZYZERO_NUMA has no "
                   "effect here. Containers allow it by --cap-add SYS_NICE",
                   online, strerror(error));
    else
        doctor_say(DOCTOR_OK, "numa",
                   "nodes %s: large blocks follow the program's own rule, or "
                   "LAZYZERO_NUMA",
                   online);
    free(online);
}

/* If an auditor is loaded, glibc has few thread-local bytes left. */
static void
check_audit(void)
{
    const char *tunables = getenv("GLIBC_TUNABLES");

    if (getenv("LD_AUDIT") == NULL)
        return;
    if (tunables != NULL &&
        strstr(tunables, "glibc.rtld.optional_static_tls") != NULL)
        doctor_say(
            DOCTOR_OK, "LD_AUDIT",
            "GLIBC_TUNABLES asks for room for the library's thread-local "
            "storage");
    else
        doctor_say(DOCTOR_WARN, "LD_AUDIT",
                   "no room for the library's thread-local storage: programs "
                   "stop at their start (set GLIBC_TUNABLES="
                   "glibc.rtld.optional_static_tls=4096)");
}

void
doctor_check_system(void)
{
    char *machine = host_describe();

    doctor_say(DOCTOR_OK, "kernel", "%s", machine);
    free(machine);
    check_page_table();
    check_hugepages();
    check_reserved();
    check_populate();
    check_nodes();
    check_overcommit();
    check_map_count();
    check_memory();
    check_limits();
    check_audit();
}
