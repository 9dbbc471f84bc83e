/* SPDX-License-Identifier: MIT */
/* Blocks from their allocation to their end, in the order of time. */
#ifndef SITES_BLOCK_H
#define SITES_BLOCK_H

#include "sites.h"
#include "sites_image.h"
#include "trace_line.h"

/* The block that the line's call ends; resized: another one continues it. */
void block_end(const struct sites_image *image, const struct trace_line *line,
               bool resized);

/* The block that it begins. */
void block_begin(const struct sites_image *image, const struct trace_line *line,
                 struct sites_site *site);

/* Afterwards: what these calls did is added to the sites. */
void blocks_settle(void);

#endif
