/* SPDX-License-Identifier: MIT */
/* A file that is read through a mapping, and never beyond its end. */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct image {
    const char *base;
    size_t size;
};

/* False if the file cannot be read or is empty. */
bool image_open(struct image *image, const char *path);
void image_close(struct image *image);

/* `count` records of `size` at `offset`; NULL if the file is too short. */
const void *image_at(const struct image *image, uint64_t offset, uint64_t count,
                     uint64_t size);

/* The string there; "" if it has no end. */
const char *image_string(const struct image *image, uint64_t offset);

#endif
