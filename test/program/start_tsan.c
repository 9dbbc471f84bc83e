/* SPDX-License-Identifier: MIT */
/*
 * Built with -fsanitize=thread. clang's malloc comes before a preloaded one,
 * and so does gcc's where its library is named first. The program must start,
 * with the library loaded although it serves nothing.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SIZE ((size_t)4 << 20)

extern const char *lazyzero_version(void) __attribute__((weak));

static void *
use(void *arg)
{
    char *p = calloc(1, SIZE);

    memset(p, 0, SIZE);
    p[5] = 1;
    p = realloc(p, 2 * SIZE);
    free(p);
    return arg;
}

int
main(void)
{
    pthread_t threads[4];

    if (lazyzero_version == NULL)
        return 99;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, use, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
