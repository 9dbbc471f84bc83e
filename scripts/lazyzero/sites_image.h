/* SPDX-License-Identifier: MIT */
/*
 * A program that a process ran, and what its addresses belong to. A process
 * that runs another program by exec is another image.
 */
#ifndef SITES_IMAGE_H
#define SITES_IMAGE_H

#include "sites.h"
#include "trace_line.h"

struct sites_image;

/* The trace is read from its start: images come in the same order again. */
void images_restart(void);

/* The image that the line is of: a new one where one begins. */
struct sites_image *image_of(const struct trace_line *line);

/* Its number, by order of appearance. */
size_t sites_image_number(const struct sites_image *image);

/* [start, start + size) belongs to that file from the offset on. */
void sites_image_add(struct sites_image *image, uint64_t start, uint64_t size,
                     uint64_t offset, const char *path);

/* What a return address belongs to: one frame for the same place. */
const struct sites_frame *sites_image_frame(struct sites_image *image,
                                            uint64_t address);

#endif
