/* SPDX-License-Identifier: MIT */
#include <pthread.h>

#include "misuse.h"

static void *
free_it(void *p)
{
    free(p);
    return NULL;
}

int
main(void)
{
    pthread_t thread;
    void *p;

    require_active();
    p = malloc(LARGE);
    say_hex(p);
    if (pthread_create(&thread, NULL, free_it, p) != 0)
        return 1;
    pthread_join(thread, NULL);
    free(p);
    return 0;
}
