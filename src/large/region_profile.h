/* SPDX-License-Identifier: MIT */
/*
 * What is known of a program's size classes before it allocates anything
 * (LAZYZERO_PROFILE), and what the next run is to know (LAZYZERO_LEARN).
 */
#ifndef LZ_REGION_PROFILE_H
#define LZ_REGION_PROFILE_H

/*
 * Reads LAZYZERO_PROFILE. A file that does not fit gives one line on standard
 * error and changes nothing. To be called once, after the options were read.
 */
void lz_region_profile_start(void);

/*
 * Writes LAZYZERO_LEARN: the blocks that were freed so far, and those that are
 * live. Other threads may go on meanwhile.
 */
void lz_region_profile_write(void);

#endif
