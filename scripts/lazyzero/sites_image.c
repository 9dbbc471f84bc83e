/* SPDX-License-Identifier: MIT */
#include "sites_image.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

struct code {
    uint64_t start, size, offset;
    const char *path;
};

struct known {
    uint64_t address;
    const struct sites_frame *frame;
};

struct sites_image {
    long pid;
    size_t number;
    bool is_over; /* another program took its place */
    struct code *codes;
    size_t count;
    void *known; /* a tree of struct known */
};

static void *frames; /* a tree of struct sites_frame, of all processes */

static struct sites_image **images;
static size_t image_count, image_at; /* image_at: so many were met again */

void
images_restart(void)
{
    image_at = 0;
    for (size_t i = 0; i < image_count; i++)
        images[i]->is_over = false;
}

static struct sites_image *
next_image(long pid)
{
    struct sites_image *image;

    if (image_at < image_count)
        return images[image_at++];
    image = say_got(calloc(1, sizeof(*image)));
    image->pid = pid;
    image->number = image_count;
    images = say_got(realloc(images, (image_count + 1) * sizeof(*images)));
    images[image_count++] = image;
    image_at = image_count;
    return image;
}

struct sites_image *
image_of(const struct trace_line *line)
{
    for (size_t i = image_at; i-- > 0;) {
        if (images[i]->pid != line->pid || images[i]->is_over)
            continue;
        if (line->call != TRACE_START)
            return images[i];
        images[i]->is_over = true;
        break;
    }
    return next_image(line->pid);
}

size_t
sites_image_number(const struct sites_image *image)
{
    return image->number;
}

/* Room doubles at each power of two. */
void
sites_image_add(struct sites_image *image, uint64_t start, uint64_t size,
                uint64_t offset, const char *path)
{
    if ((image->count & (image->count - 1)) == 0)
        image->codes = say_got(realloc(image->codes, sizeof(*image->codes) * 2 *
                                                         (image->count + 1)));
    image->codes[image->count++] =
        (struct code){start, size, offset, say_got(strdup(path))};
}

static int
by_place(const void *a, const void *b)
{
    const struct sites_frame *x = a, *y = b;
    int order = strcmp(x->module, y->module);

    if (order != 0)
        return order;
    if (x->pid != y->pid)
        return x->pid < y->pid ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int
by_address(const void *a, const void *b)
{
    const struct known *x = a, *y = b;

    return x->address < y->address ? -1 : x->address > y->address;
}

/* The line that came last: what is there now. */
static const struct code *
find_code(const struct sites_image *image, uint64_t address)
{
    for (size_t i = image->count; i-- > 0;) {
        if (address - image->codes[i].start < image->codes[i].size)
            return &image->codes[i];
    }
    return NULL;
}

static const struct sites_frame *
make_frame(const struct sites_image *image, uint64_t address)
{
    struct sites_frame *frame = say_got(calloc(1, sizeof(*frame))), **found;
    const struct code *code = find_code(image, address - 1);

    if (code != NULL && code->path[0] == '/')
        *frame = (struct sites_frame){code->path,
                                      address - code->start + code->offset, 0};
    else
        *frame = (struct sites_frame){code == NULL ? "" : code->path, address,
                                      image->pid};
    found = say_got(tsearch(frame, &frames, by_place));
    if (*found != frame)
        free(frame);
    return *found;
}

const struct sites_frame *
sites_image_frame(struct sites_image *image, uint64_t address)
{
    struct known *known = say_got(malloc(sizeof(*known))), **found;

    *known = (struct known){address, NULL};
    found = say_got(tsearch(known, &image->known, by_address));
    if (*found == known)
        known->frame = make_frame(image, address);
    else
        free(known);
    return (*found)->frame;
}
