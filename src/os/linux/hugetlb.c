/* SPDX-License-Identifier: MIT */
/* Reserved huge pages: Documentation/admin-guide/mm/hugetlbpage.rst. */
#include "os/kind.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/text.h"
#include "os/linux/proc.h"
#include "os/os.h"

#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif

/*
 * Without MAP_NORESERVE, so that what the pool lacks is refused here and not by
 * a SIGBUS at a touch.
 */
void *
lz_os_map_hugetlb(size_t length, size_t page)
{
    int saved = errno, shift = __builtin_ctzl((unsigned long)page);
    void *p = mmap(NULL, length, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB |
                       shift << MAP_HUGE_SHIFT,
                   -1, 0);

    errno = saved;
    return p == MAP_FAILED ? NULL : p;
}

/* The start of a file as a string; "" where there is none. Changes errno. */
static void
read_start(const char *path, char *text, size_t size)
{
    int fd = lz_os_open(path, O_RDONLY | O_CLOEXEC, 0);
    long got = fd < 0 ? 0 : syscall(SYS_read, fd, text, size - 1);

    if (fd >= 0)
        lz_os_close(fd);
    text[got > 0 ? got : 0] = '\0';
}

/* "2MB", "1GB", as the names of the control group's files have it. */
static void
put_size(struct lz_text *text, size_t page)
{
    bool is_large = page >= 1024 * LZ_MIB;

    lz_text_number(text, page / (is_large ? 1024 * LZ_MIB : LZ_MIB), 10);
    lz_text_string(text, is_large ? "GB" : "MB");
}

/* Is the group that lies `length` bytes into the path limited? */
static bool
is_limited(const char *group, size_t length, size_t page)
{
    char path[1024], limit[32];
    struct lz_text text = lz_text_in(path, sizeof(path));

    lz_text_string(&text, "/sys/fs/cgroup");
    for (size_t i = 0; i < length; i++)
        lz_text_char(&text, group[i]);
    lz_text_string(&text, "/hugetlb.");
    put_size(&text, page);
    lz_text_string(&text, ".max");
    read_start(path, limit, sizeof(limit));
    return limit[0] != '\0' && strncmp(limit, "max", 3) != 0;
}

/* Version 2 alone tells in one look: "0::/path". */
static bool
is_unlimited(size_t page)
{
    char text[2048], *group, *end;
    size_t length;

    read_start("/proc/self/cgroup", text, sizeof(text));
    if (strstr(text, "hugetlb") != NULL || text[0] == '\0')
        return false;
    group = strstr(text, "0::/");
    if (group == NULL)
        return true;
    group += strlen("0::");
    end = strchr(group, '\n');
    length = end == NULL ? strlen(group) : (size_t)(end - group);
    for (; length > 0; length--) {
        if ((group[length] == '/' || group[length] == '\n' ||
             group[length] == '\0') &&
            is_limited(group, length, page))
            return false;
    }
    return !is_limited(group, 0, page);
}

bool
lz_os_hugetlb_is_sure(size_t page)
{
    int saved = errno;
    bool is_sure = !lz_os_proc_is_silent() && is_unlimited(page);

    errno = saved;
    return is_sure;
}

static size_t
read_pool(size_t page, const char *file)
{
    char path[128], number[32];
    struct lz_text text = lz_text_in(path, sizeof(path));
    size_t value = 0;

    lz_text_string(&text, "/sys/kernel/mm/hugepages/hugepages-");
    lz_text_number(&text, page / LZ_KIB, 10);
    lz_text_string(&text, "kB/");
    lz_text_string(&text, file);
    read_start(path, number, sizeof(number));
    for (const char *c = number; *c >= '0' && *c <= '9'; c++)
        value = value * 10 + (size_t)(*c - '0');
    return value;
}

size_t
lz_os_hugetlb_free(size_t page)
{
    int saved = errno;
    size_t pages, promised;

    if (lz_os_proc_is_silent())
        return 0;
    pages = read_pool(page, "free_hugepages");
    promised = read_pool(page, "resv_hugepages");
    errno = saved;
    return pages < promised ? 0 : (pages - promised) * page;
}
