/* SPDX-License-Identifier: MIT */
/*
 * What os/windows/ shares.
 *
 * An allocation is what one call of VirtualAlloc reserved: only as a whole can
 * its address space be given back. A mapping of ours (os.h) is as a rule an
 * allocation, but may be a part of one, or several, one behind the other.
 */
#ifndef LZ_OS_WINDOWS_H
#define LZ_OS_WINDOWS_H

#include "os/os.h"

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

/* A part of the address space whose pages are all treated alike. */
struct lz_os_part {
    char *start, *end;
    char *allocation; /* where the allocation begins; NULL: free space */
    DWORD state;      /* MEM_COMMIT, MEM_RESERVE, MEM_FREE */
    DWORD type, protection;
};

/* The part that begins at `at` and ends by `end`. False: no such address. */
bool lz_os_find_part(char *at, char *end, struct lz_os_part *part);

/* An errno value for what the last call said. */
int lz_os_last_error(void);

#endif
