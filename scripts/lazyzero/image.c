/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool
image_open(struct image *image, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    void *base = MAP_FAILED;

    if (fd < 0)
        return false;
    if (fstat(fd, &status) == 0 && status.st_size > 0)
        base =
            mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (base == MAP_FAILED)
        return false;
    *image = (struct image){base, (size_t)status.st_size};
    return true;
}

void
image_close(struct image *image)
{
    munmap((void *)(uintptr_t)image->base, image->size);
}

const void *
image_at(const struct image *image, uint64_t offset, uint64_t count,
         uint64_t size)
{
    uint64_t length;

    if (__builtin_mul_overflow(count, size, &length) || offset > image->size ||
        length > image->size - offset)
        return NULL;
    return image->base + offset;
}

const char *
image_string(const struct image *image, uint64_t offset)
{
    const char *text = image_at(image, offset, 1, 1);

    if (text == NULL || memchr(text, '\0', image->size - offset) == NULL)
        return "";
    return text;
}
