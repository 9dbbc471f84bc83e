/* SPDX-License-Identifier: MIT */
/* How much memory there is: of this machine, whatever its limits are. */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include "os/os.h"
#include "support.h"

WRAPPED(long, syscall, long number, ...);

/*
 * Files in place of /proc/self/cgroup and those below /sys/fs/cgroup: a path,
 * and the contents or NULL for a file that is not there.
 */
struct file {
    const char *path, *contents;
};

static const struct file *files; /* ends with a NULL path; NULL: the system's */
static size_t closed, opened;

static int
open_fake(const char *path)
{
    char name[] = "/tmp/unit_memory_XXXXXX";
    const struct file *file = files;
    int fd;

    while (file->path != NULL && strcmp(file->path, path) != 0)
        file++;
    if (file->path == NULL) {
        errno = ENOENT;
        return -1;
    }
    fd = mkstemp(name);
    cr_assert_geq(fd, 0);
    unlink(name);
    cr_assert_eq(pwrite(fd, file->contents, strlen(file->contents), 0),
                 (ssize_t)strlen(file->contents));
    opened++;
    return fd;
}

long
__wrap_syscall(long number, ...)
{
    long a, b, c, d;
    va_list list;

    va_start(list, number);
    a = va_arg(list, long);
    b = va_arg(list, long);
    c = va_arg(list, long);
    d = va_arg(list, long);
    va_end(list);
    if (number == SYS_openat && files != NULL)
        return open_fake((const char *)b);
    closed += number == SYS_close;
    return __real_syscall(number, a, b, c, d);
}

static size_t
physical_memory(void)
{
    return (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
}

/* The answer where these are all the files. */
static size_t
size_with(const struct file *given)
{
    size_t size;

    files = given;
    opened = closed = 0;
    errno = ERRNO_MARK;
    size = lz_os_memory_size();
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(opened, closed, "a descriptor leaked");
    files = NULL;
    return size;
}

Test(os_linux_memory, some_and_at_most_what_the_machine_has)
{
    size_t size;

    errno = ERRNO_MARK;
    size = lz_os_memory_size();
    EXPECT_ERRNO_KEPT();
    cr_expect_gt(size, 0);
    cr_expect_leq(size, physical_memory());
    cr_expect_eq(lz_os_memory_size(), size);
}

Test(os_linux_memory, without_proc_and_sys_all_of_it)
{
    static const struct file none[] = {{NULL, NULL}};

    cr_expect_eq(size_with(none), physical_memory());
}

Test(os_linux_memory, the_limit_of_the_group)
{
    static const struct file v2[] = {
        {"/proc/self/cgroup", "0::/user/job\n"},
        {"/sys/fs/cgroup/user/job/memory.max", "67108864\n"},
        {NULL, NULL}};
    static const struct file v1[] = {
        {"/proc/self/cgroup", "5:cpu:/x\n4:memory:/docker/1\n0::/y\n"},
        {"/sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes", "33554432\n"},
        {"/sys/fs/cgroup/y/memory.max", "4096\n"},
        {NULL, NULL}};

    cr_expect_eq(size_with(v2), 64 * LZ_MIB);
    cr_expect_eq(size_with(v1), 32 * LZ_MIB);
}

Test(os_linux_memory, the_smallest_limit_on_the_way_up)
{
    static const struct file parent[] = {
        {"/proc/self/cgroup", "0::/a/b/c\n"},
        {"/sys/fs/cgroup/a/b/c/memory.max", "max\n"},
        {"/sys/fs/cgroup/a/b/memory.max", "1048576\n"},
        {"/sys/fs/cgroup/a/memory.max", "2097152\n"},
        {NULL, NULL}};
    static const struct file root[] = {
        {"/proc/self/cgroup", "0::/\n"},
        {"/sys/fs/cgroup/memory.max", "4194304\n"},
        {NULL, NULL}};

    cr_expect_eq(size_with(parent), LZ_MIB);
    cr_expect_eq(size_with(root), 4 * LZ_MIB);
}

Test(os_linux_memory, limits_that_are_none)
{
    static const char *const none[] = {"max\n",
                                       "",
                                       "\n",
                                       "0\n",
                                       "9223372036854771712\n",
                                       "18446744073709551615\n",
                                       "99999999999999999999999999\n"};
    struct file given[] = {{"/proc/self/cgroup", "0::/a\n"},
                           {"/sys/fs/cgroup/a/memory.max", ""},
                           {NULL, NULL}};

    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        given[1].contents = none[i];
        cr_expect_eq(size_with(given), physical_memory(), "%s", none[i]);
    }
}

/* --- what is free --------------------------------------------------------- */

static size_t
free_with(const struct file *given)
{
    size_t bytes;

    files = given;
    opened = closed = 0;
    errno = ERRNO_MARK;
    bytes = lz_os_memory_free();
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(opened, closed, "a descriptor leaked");
    files = NULL;
    return bytes;
}

Test(os_linux_memory, free_of_this_machine)
{
    size_t bytes = lz_os_memory_free();

    cr_expect_gt(bytes, 0);
    if (IS_WIDE)
        cr_expect_leq(bytes, physical_memory());
}

Test(os_linux_memory, what_is_free_cannot_be_told_without_files)
{
    static const struct file none[] = {{NULL, NULL}};

    cr_expect_eq(free_with(none), SIZE_MAX);
}

Test(os_linux_memory, free_is_what_the_machine_can_give)
{
    static const struct file machine[] = {
        {"/proc/meminfo", "MemTotal:  4096 kB\nMemFree:  512 kB\n"
                          "MemAvailable:    2048 kB\nBuffers: 1 kB\n"},
        {NULL, NULL}};
    static const struct file old[] = {
        {"/proc/meminfo", "MemTotal:  4096 kB\nMemFree:  512 kB\n"},
        {NULL, NULL}};

    cr_expect_eq(free_with(machine), 2 * LZ_MIB);
    cr_expect_eq(free_with(old), SIZE_MAX);
}

Test(os_linux_memory, free_below_the_lowest_limit_on_the_way_up)
{
    static const struct file v2[] = {
        {"/proc/meminfo", "MemAvailable: 1048576 kB\n"},
        {"/proc/self/cgroup", "0::/a/b\n"},
        {"/sys/fs/cgroup/a/b/memory.max", "1000000\n"},
        {"/sys/fs/cgroup/a/b/memory.high", "max\n"},
        {"/sys/fs/cgroup/a/b/memory.current", "400000\n"},
        {"/sys/fs/cgroup/a/memory.max", "max\n"},
        {"/sys/fs/cgroup/a/memory.high", "900000\n"},
        {"/sys/fs/cgroup/a/memory.current", "800000\n"},
        {NULL, NULL}};
    static const struct file v1[] = {
        {"/proc/self/cgroup", "4:memory:/docker/1\n"},
        {"/sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes", "1000000\n"},
        {"/sys/fs/cgroup/memory/docker/1/memory.usage_in_bytes", "300000\n"},
        {NULL, NULL}};

    cr_expect_eq(free_with(v2), 100000);
    cr_expect_eq(free_with(v1), 700000);
}

/* Pages of files are dropped before anybody is killed. */
Test(os_linux_memory, caches_of_files_are_free)
{
    static const struct file v2[] = {
        {"/proc/self/cgroup", "0::/a\n"},
        {"/sys/fs/cgroup/a/memory.max", "1000000\n"},
        {"/sys/fs/cgroup/a/memory.current", "990000\n"},
        {"/sys/fs/cgroup/a/memory.stat", "anon 1\nfile 500\ninactive_anon 7\n"
                                         "inactive_file 300000\nactive_file "
                                         "100000\nunevictable 0\n"},
        {NULL, NULL}};
    static const struct file v1[] = {
        {"/proc/self/cgroup", "4:memory:/a\n"},
        {"/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "1000000\n"},
        {"/sys/fs/cgroup/memory/a/memory.usage_in_bytes", "1000000\n"},
        {"/sys/fs/cgroup/memory/a/memory.stat",
         "inactive_file 5\nactive_file 5\ntotal_inactive_file 200000\n"
         "total_active_file 50000\n"},
        {NULL, NULL}};

    cr_expect_eq(free_with(v2), 410000);
    cr_expect_eq(free_with(v1), 250000);
}

Test(os_linux_memory, a_group_beyond_its_limit_has_nothing_free)
{
    static const struct file full[] = {
        {"/proc/self/cgroup", "0::/a\n"},
        {"/sys/fs/cgroup/a/memory.max", "1000\n"},
        {"/sys/fs/cgroup/a/memory.high", "500\n"},
        {"/sys/fs/cgroup/a/memory.current", "990\n"},
        {NULL, NULL}};
    static const struct file unknown[] = {
        {"/proc/self/cgroup", "0::/a\n"},
        {"/sys/fs/cgroup/a/memory.max", "1000\n"},
        {NULL, NULL}};

    cr_expect_eq(free_with(full), 0);
    cr_expect_eq(free_with(unknown), 0);
}

/* Longer than any buffer: no limit is found, and nothing is overrun. */
Test(os_linux_memory, a_path_that_does_not_fit)
{
    static char text[4000];
    struct file given[] = {{"/proc/self/cgroup", text}, {NULL, NULL}};

    memcpy(text, "0::/", 4);
    memset(text + 4, 'x', sizeof(text) - 5);
    cr_expect_eq(size_with(given), physical_memory());
    text[600] = '\0';
    cr_expect_eq(size_with(given), physical_memory());
}
