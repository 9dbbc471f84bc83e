/* SPDX-License-Identifier: MIT */
/* The executable mappings of this process, from /proc/self/maps: proc(5). */
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/linux/proc.h"
#include "os/os.h"
#include "os/stack.h"

/* A longer line has a path that is cut. */
#define LINE_SIZE 1024

/* Reads the number at *text, in base 16, and what ends it. */
static uint64_t
read_number(const char **text)
{
    uint64_t n = 0;

    for (;; ++*text) {
        char c = **text;

        if (c >= '0' && c <= '9')
            n = n * 16 + (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            n = n * 16 + (uint64_t)(c - 'a' + 10);
        else
            break;
    }
    if (**text != '\0')
        ++*text;
    return n;
}

/* "START-END r-xp OFFSET DEVICE INODE   PATH"; false: it is not executable. */
static bool
parse(const char *line, struct lz_os_code *code)
{
    const char *mode;

    code->start = (uintptr_t)read_number(&line);
    code->end = (uintptr_t)read_number(&line);
    mode = line;
    if (strlen(mode) < 6 || mode[2] != 'x')
        return false;
    line += 5;
    code->offset = read_number(&line);
    code->path = strchr(line, '/');
    if (code->path == NULL)
        code->path = strchr(line, '[');
    if (code->path == NULL)
        code->path = "";
    return code->end > code->start;
}

/* Takes a line apart that is complete, or too long. */
static void
take_line(char *line, lz_os_code_found *found)
{
    struct lz_os_code code;

    if (parse(line, &code))
        found(&code);
}

static void
read_lines(int fd, lz_os_code_found *found)
{
    static char line[LINE_SIZE], block[LINE_SIZE];
    size_t used = 0;
    long got;

    while ((got = syscall(SYS_read, fd, block, sizeof(block))) > 0) {
        for (long i = 0; i < got; i++) {
            if (block[i] != '\n') {
                if (used < sizeof(line) - 1)
                    line[used++] = block[i];
                continue;
            }
            line[used] = '\0';
            used = 0;
            take_line(line, found);
        }
    }
}

bool
lz_os_find_code(lz_os_code_found *found)
{
    int saved = errno, fd;

    if (lz_os_proc_is_silent())
        return false;
    fd = lz_os_open("/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
    if (fd >= 0) {
        read_lines(fd, found);
        lz_os_close(fd);
    }
    errno = saved;
    return fd >= 0;
}
