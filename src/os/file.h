/* SPDX-License-Identifier: MIT */
/*
 * Files and descriptors. The rules of os.h hold.
 */
#ifndef LZ_OS_FILE_H
#define LZ_OS_FILE_H

#include "base/util.h"

/* Writes to standard error in one go; what cannot be written is lost. */
void lz_os_write_error(const char *text, size_t length);

/* Writes all of it. 0, or an errno value. */
int lz_os_write(int fd, const char *text, size_t length);

/* A file that we write to, in a program that may close any descriptor. */
struct lz_os_file {
    int fd;
    uint64_t device, inode;
    bool was_empty; /* when it was opened */
};

/*
 * Opens it, or creates it for all to read and write that the umask allows, for
 * writing at its end (or, truncated, at its start). 0, or an errno value.
 */
int lz_os_file_open(struct lz_os_file *file, const char *path, bool truncate);

/*
 * Writes all of it. 0, or an errno value: ESTALE, and nothing is written, where
 * the program closed the descriptor or put another file under its number.
 */
int lz_os_file_write(const struct lz_os_file *file, const char *text,
                     size_t length);

void lz_os_file_close(struct lz_os_file *file);

/*
 * Reads a regular file of at most `size` bytes, and gives its length. 0, or an
 * errno value: EFBIG where it is longer, EINVAL where it is no regular file.
 */
int lz_os_file_read(const char *path, char *text, size_t size, size_t *length);

/* rename(2): 0 or an errno value. And unlink(2), whatever comes of it. */
int lz_os_file_rename(const char *from, const char *to);
void lz_os_file_remove(const char *path);

/*
 * Descriptors that stay open get numbers from here on: out of the way of
 * programs that count on low ones, but within the 64 of Linux's first table. A
 * larger table takes long to make in a program with threads (doc/design.md),
 * and each fork copies it up to the highest number.
 */
#define LZ_OS_FD_LEAST 56

/*
 * open(2), close(2), read(2) and write(2), whose wrappers in libc may be
 * cancellation points. These change errno.
 */
int lz_os_open(const char *path, int flags, unsigned mode);
void lz_os_close(int fd);
long lz_os_read_some(int fd, char *text, size_t length);
long lz_os_write_some(int fd, const char *text, size_t length);

/*
 * Moves a descriptor that is to stay open out of the way; the new one, never 0
 * to 2, or -1 and it is closed. Changes errno.
 */
int lz_os_fd_raise(int low);

/*
 * Maps a regular file of at least a byte for reading and writing, shared with
 * whoever maps it too; no descriptor stays open. 0 and the mapping with the
 * file's size, or an errno value. Of use before threads only: it is a
 * cancellation point.
 */
int lz_os_share_file(const char *path, void **start, size_t *size);

#endif
