/* SPDX-License-Identifier: MIT */
/*
 * Run-time options, read once from LAZYZERO_* in the environment.
 *
 * Before lz_options_read the defaults hold, so that every layer works from the
 * very first call. A bad value or an unknown LAZYZERO_ name gives one line on
 * standard error and changes nothing. A privileged (set-user-ID) program reads
 * no options at all.
 */
#ifndef LZ_OPTIONS_H
#define LZ_OPTIONS_H

#include "base/util.h"
#include "control/numa.h"

/* LAZYZERO_ORACLE: how to find out what is zero already. See zero.h. */
enum lz_oracle {
    LZ_ORACLE_AUTO,    /* the best that works, going down this list */
    LZ_ORACLE_SCAN,    /* PAGEMAP_SCAN, Linux 6.7+ */
    LZ_ORACLE_PAGEMAP, /* mincore, /proc/self/pagemap */
    LZ_ORACLE_DISCARD, /* madvise(MADV_DONTNEED), where it is proven to zero */
    LZ_ORACLE_MEMSET,  /* write everything */
};
#define LZ_ORACLE_WORDS "auto", "scan", "pagemap", "discard", "memset"

/* LAZYZERO_HUGEPAGES: what fresh regions ask for. See hugepage.h. */
enum lz_hugepages {
    LZ_HUGEPAGES_AUTO,   /* as learned */
    LZ_HUGEPAGES_ALWAYS, /* every region asks for them */
    LZ_HUGEPAGES_NEVER,  /* none does, whatever the system's policy */
    LZ_HUGEPAGES_SYSTEM, /* the system's policy, nothing is asked */
    /* Reserved ones (region_hugetlb.c), else as auto. The first means 2M. */
    LZ_HUGEPAGES_HUGETLB,
    LZ_HUGEPAGES_HUGETLB_2M,
    LZ_HUGEPAGES_HUGETLB_1G,
};
#define LZ_HUGEPAGES_WORDS \
    "auto", "always", "never", "system", "hugetlb", "hugetlb:2M", "hugetlb:1G"

/* LAZYZERO_PREFAULT: the least size of a block that is populated. */
#define LZ_PREFAULT_ALL 1
#define LZ_PREFAULT_OFF SIZE_MAX

/* LAZYZERO_RETAIN=auto: what retain.h finds. Above every size. */
#define LZ_RETAIN_AUTO SIZE_MAX

/* LAZYZERO_BACKGROUND: the library's own thread. See background.h. */
enum lz_background {
    LZ_BACKGROUND_OFF,
    LZ_BACKGROUND_ON,
    LZ_BACKGROUND_AUTO, /* where the program has threads already */
};
#define LZ_BACKGROUND_WORDS "0", "1", "auto"

/*
 * LAZYZERO_STATS, LAZYZERO_TRACE: "" is off, "1" standard error, and anything
 * else the absolute name of a file, in which output.h replaces %p.
 */
#define LZ_OUTPUT_NAME_SIZE 1024

typedef char lz_option_output_t[LZ_OUTPUT_NAME_SIZE];
typedef char lz_option_file_t[LZ_OUTPUT_NAME_SIZE]; /* absolute; "": none */
typedef size_t lz_option_size_t;
typedef size_t lz_option_retain_t; /* bytes, or LZ_RETAIN_AUTO */
typedef size_t lz_option_number_t;
typedef size_t lz_option_prefault_t;
typedef size_t lz_option_numa_t; /* see numa.h */
typedef bool lz_option_flag_t;
typedef size_t lz_option_oracle_t;     /* enum lz_oracle */
typedef size_t lz_option_hugepages_t;  /* enum lz_hugepages */
typedef size_t lz_option_background_t; /* enum lz_background */

struct lz_options {
#define LZ_OPTION(kind, name, fallback, min, max, help) \
    lz_option_##kind##_t name;
#include "control/options.def"
#undef LZ_OPTION
};

/* Written by lz_options_read only; read freely. */
extern struct lz_options lz_options;

/* Takes the values that `environment` (NULL-terminated, or NULL) gives. */
void lz_options_read(char **environment);

/*
 * What the option takes ("0 or 1"), where it does not take this value; else
 * NULL. Of a value out of range "at least" or "at most", and *limit is then the
 * nearest value in range; else *limit is of no use. For the command `lazyzero`,
 * which refuses such a value at once.
 */
const char *lz_options_expects(const char *name, const char *text,
                               size_t *limit);

/* "name=value name=value ..." of all options into `text`; cut to fit. */
void lz_options_describe(char *text, size_t size);

#endif
