/* SPDX-License-Identifier: MIT */
/*
 * Fakes of Mach's calls, made of Linux's, on real memory. A test can control
 * them. What the Darwin layer reports about a page is therefore true of that
 * page.
 */
#ifndef FAKE_DARWIN_H
#define FAKE_DARWIN_H

#include <malloc/malloc.h>
#include <stdbool.h>
#include <stddef.h>

struct fake_mach {
    bool refuse_map;
    int zero_error;         /* of MADV_ZERO: not 0, the answer */
    bool zero_does_nothing; /* it succeeds, and the bytes stay */
    bool refuse_overlay;    /* of mmap over a mapping */
    bool refuse_query;
    bool query_is_short;      /* answers for a page less */
    bool is_paged_out;        /* populated pages are in the compressor */
    unsigned wired;           /* of every entry */
    vm_inherit_t inheritance; /* 0: VM_INHERIT_COPY */

    size_t zero_advices, overlays, queries, query_pages;
};
extern struct fake_mach fake_mach;

/* libmalloc: what was called, and with what. */
struct fake_malloc {
    malloc_zone_t *registered;
    malloc_zone_t *zone;     /* of the last call of a zone function */
    unsigned calls;          /* of functions that glibc does not have */
    unsigned typed;          /* of those, malloc_type_* */
    unsigned long long type; /* of the last one */
    unsigned batch;          /* blocks in the last batch_free */
};
extern struct fake_malloc fake_malloc;

#endif
