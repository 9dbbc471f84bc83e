/* SPDX-License-Identifier: MIT */
#include "sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "say.h"
#include "text.h"

static void
stop(const char *name)
{
    say_stop(SAY_FAILED, "-o %s: %s", name, strerror(errno));
}

/* The descriptor of ours that is open to the same file; -1: none. */
static int
same_as(const struct stat *status)
{
    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
        struct stat own;

        if (fstat(fd, &own) == 0 && own.st_dev == status->st_dev &&
            own.st_ino == status->st_ino)
            return fd;
    }
    return -1;
}

/* A descriptor to copy to; -1: the name is that of a regular file of its own.
 */
static int
open_target(const char *name)
{
    struct stat status;
    int own, fd;

    if (strcmp(name, "-") == 0 || strcmp(name, "/dev/stdout") == 0)
        own = STDOUT_FILENO;
    else if (stat(name, &status) != 0)
        return -1;
    else
        own = same_as(&status);
    if (own < 0 && S_ISREG(status.st_mode))
        return -1;
    fd = own >= 0 ? fcntl(own, F_DUPFD_CLOEXEC, 3)
                  : open(name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        stop(name);
    return fd;
}

/* Emptied, as the library appends. */
static const char *
make_file(const char *name, const char *shown)
{
    int fd =
        open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);

    if (fd < 0)
        stop(shown);
    close(fd);
    return say_got(realpath(name, NULL));
}

struct sink
sink_open(const char *name)
{
    struct sink sink = {.name = name, .fd = open_target(name)};
    char *path = sink.fd < 0 ? text_format("%s", name)
                             : text_format("%s/output.csv", child_folder());

    sink.path = make_file(path, name);
    if (strcmp(name, "-") == 0)
        sink.name = "standard output";
    free(path);
    return sink;
}

static bool
put(int fd, const char *text, ssize_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, text, (size_t)length);

        if (written < 0 && (errno != EINTR || child_interrupted))
            return false;
        if (written > 0) {
            text += written;
            length -= written;
        }
    }
    return true;
}

static bool
copy(int from, int to)
{
    char buffer[65536];
    ssize_t got;

    while ((got = read(from, buffer, sizeof(buffer))) > 0) {
        if (!put(to, buffer, got))
            return false;
    }
    return got == 0;
}

bool
sink_finish(const struct sink *sink)
{
    int from;
    bool done;

    if (sink->fd < 0)
        return true;
    from = open(sink->path, O_RDONLY | O_CLOEXEC);
    done = from >= 0 && copy(from, sink->fd);
    if (!done && !child_interrupted)
        say_line("-o %s: %s", sink->name, strerror(errno));
    if (from >= 0)
        close(from);
    return done;
}
