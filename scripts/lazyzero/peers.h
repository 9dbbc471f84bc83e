/* SPDX-License-Identifier: MIT */
/* The allocators that `compare` looks for. */
#ifndef PEERS_H
#define PEERS_H

struct peer {
    const char *name;
    char *library; /* a whole path */
};

/* Those that are installed; the last has no name. The caller's memory. */
struct peer *peers_find(void);

/* "jemalloc, mimalloc, " of those. The caller's memory. */
char *peers_describe(void);

#endif
