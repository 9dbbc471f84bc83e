/* SPDX-License-Identifier: MIT */
/*
 * warming dense|sparse|again ROUNDS MIB LIBRARY: what it costs to get a block
 * of MIB and to use it.
 *
 * dense   a byte of each page is written, in each of ROUNDS fresh blocks
 * sparse  the same in a hundredth of the pages
 * again   as dense, but a block may use the memory of the one before it
 *
 * Between two blocks of `dense` and `sparse` all freed memory is given back.
 *
 * Figures, of a block, the median of the rounds: nanoseconds of the allocation
 * and of the use; both together; page faults of the use (none counts as one, so
 * that ratios can be taken); the resident set while the block is used, reserved
 * pages too, in bytes of the block.
 */
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#include "clock.h"
#include "owner.h"

#define MIB ((size_t)1 << 20)

enum { PAGE = 4096, ROUNDS_MOST = 100 };

static uint64_t allocation[ROUNDS_MOST], use[ROUNDS_MOST], sum[ROUNDS_MOST],
    faults[ROUNDS_MOST];

static uint64_t
count_faults(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_minflt;
}

static size_t
status(const char *format)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    size_t kib = 0;

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, format, &kib) == 1)
            break;
    }
    if (file != NULL)
        fclose(file);
    return kib * 1024;
}

/* One byte of each page, or of each hundredth. */
static void
run(long round, size_t n, size_t step, char **block)
{
    uint64_t start = now(), middle, before;
    char *volatile p = malloc(n);

    if (p == NULL)
        exit(4);
    middle = now();
    before = count_faults();
    for (size_t at = 0; at < n; at += step)
        p[at] = 1;
    use[round] = now() - middle;
    faults[round] = count_faults() - before + 1;
    allocation[round] = middle - start + 1;
    sum[round] = use[round] + allocation[round];
    *block = p;
}

static int
compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static unsigned long long
median(uint64_t *values, long count)
{
    qsort(values, (size_t)count, sizeof(*values), compare);
    return values[count / 2];
}

int
main(int argc, char **argv)
{
    size_t n, step, held = 0;
    bool again;
    long rounds;
    char *p;

    if (argc != 5) {
        fprintf(stderr,
                "usage: warming dense|sparse|again ROUNDS MIB LIBRARY\n");
        return 2;
    }
    rounds = atol(argv[2]);
    n = (size_t)atol(argv[3]) * MIB;
    again = strcmp(argv[1], "again") == 0;
    step = strcmp(argv[1], "sparse") == 0 ? 100 * (size_t)PAGE : PAGE;
    if (rounds < 1 || rounds > ROUNDS_MOST)
        return 2;
    require_owner("malloc", argv[4]);
    for (long i = 0; i < rounds; i++) {
        run(i, n, step, &p);
        held = status("VmRSS: %zu") + status("HugetlbPages: %zu");
        free(p);
        if (!again)
            malloc_trim(0);
    }
    printf("{\"allocation\": %llu, \"use\": %llu, \"ns\": %llu, "
           "\"faults\": %llu, \"resident\": %.4f}\n",
           median(allocation, rounds), median(use, rounds), median(sum, rounds),
           median(faults, rounds), (double)held / (double)n);
    return 0;
}
