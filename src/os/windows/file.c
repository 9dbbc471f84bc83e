/* SPDX-License-Identifier: MIT */
/*
 * Files on Windows, by handles: the descriptor of a struct lz_os_file is the
 * number of one, which is always small there. What os.h says of descriptors
 * alone is not there.
 */
#include "os/windows/windows.h"

static HANDLE
handle_of(int fd)
{
    return (HANDLE)(intptr_t)fd;
}

static int
write_all(HANDLE file, const char *text, size_t length)
{
    DWORD written;

    while (length > 0) {
        DWORD most = length < LZ_MIB ? (DWORD)length : (DWORD)LZ_MIB;

        if (!WriteFile(file, text, most, &written, NULL))
            return lz_os_last_error();
        text += written;
        length -= written;
    }
    return 0;
}

void
lz_os_write_error(const char *text, size_t length)
{
    write_all(GetStdHandle(STD_ERROR_HANDLE), text, length);
}

/* Others may read and rename it meanwhile, as they may on other systems. */
static HANDLE
open_file(const char *path, bool truncate)
{
    DWORD shared = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

    return CreateFileA(path, truncate ? GENERIC_WRITE : FILE_APPEND_DATA,
                       shared, NULL, truncate ? CREATE_ALWAYS : OPEN_ALWAYS,
                       FILE_ATTRIBUTE_NORMAL, NULL);
}

int
lz_os_file_open(struct lz_os_file *file, const char *path, bool truncate)
{
    HANDLE opened = open_file(path, truncate);
    LARGE_INTEGER size;

    *file = (struct lz_os_file){.fd = -1};
    if (opened == INVALID_HANDLE_VALUE)
        return lz_os_last_error();
    file->fd = (int)(intptr_t)opened;
    file->was_empty = GetFileSizeEx(opened, &size) && size.QuadPart == 0;
    return 0;
}

/* Nobody but us has the number of a handle of ours. */
int
lz_os_file_write(const struct lz_os_file *file, const char *text, size_t length)
{
    return file->fd < 0 ? ESTALE : write_all(handle_of(file->fd), text, length);
}

void
lz_os_file_close(struct lz_os_file *file)
{
    if (file->fd >= 0)
        CloseHandle(handle_of(file->fd));
    file->fd = -1;
}

static int
read_all(HANDLE file, char *text, size_t size, size_t *length)
{
    LARGE_INTEGER all;
    DWORD got;

    if (!GetFileSizeEx(file, &all))
        return lz_os_last_error();
    if ((uint64_t)all.QuadPart > size)
        return EFBIG;
    if (!ReadFile(file, text, (DWORD)all.QuadPart, &got, NULL))
        return lz_os_last_error();
    *length = got;
    return 0;
}

int
lz_os_file_read(const char *path, char *text, size_t size, size_t *length)
{
    HANDLE file =
        CreateFileA(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE,
                    NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    int error;

    *length = 0;
    if (file == INVALID_HANDLE_VALUE)
        return lz_os_last_error();
    error = read_all(file, text, size, length);
    CloseHandle(file);
    return error;
}

int
lz_os_file_rename(const char *from, const char *to)
{
    return MoveFileExA(from, to, MOVEFILE_REPLACE_EXISTING)
               ? 0
               : lz_os_last_error();
}

void
lz_os_file_remove(const char *path)
{
    DeleteFileA(path);
}

size_t
lz_os_working_folder(char *path, size_t size)
{
    DWORD length = GetCurrentDirectoryA((DWORD)size, path);

    return length < size ? length : 0;
}

const char *
lz_os_error_text(int error)
{
    switch (error) {
    case ENOENT:
        return "No such file or directory";
    case EACCES:
        return "Permission denied";
    case ENOSPC:
        return "No space left on device";
    default:
        return NULL;
    }
}

/* 2 stands for standard error; any other is a handle (lz_os_file_open). */
int
lz_os_write(int fd, const char *text, size_t length)
{
    return write_all(fd == 2 ? GetStdHandle(STD_ERROR_HANDLE) : handle_of(fd),
                     text, length);
}
