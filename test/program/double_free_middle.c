/* SPDX-License-Identifier: MIT */
#include <sched.h>

#include "misuse.h"

/* So that both frees meet one cache. */
static void
stay_on_this_cpu(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)sched_getcpu(), &set);
    sched_setaffinity(0, sizeof(set), &set);
}

int
main(int argc, char **argv)
{
    size_t size = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
    void *p;

    require_active();
    stay_on_this_cpu();
    /* The caches come with use. */
    for (int i = 0; i < 100; i++)
        free(malloc(size));
    p = malloc(size);
    say_hex(p);
    free(p);
    free(p);
    return 0;
}
