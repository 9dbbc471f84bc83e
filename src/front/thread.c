/* SPDX-License-Identifier: MIT */
#include "front/thread.h"

#include "os/os.h"

#define STACK (128 * LZ_KIB)

/*
 * The stack is small, because a large one may be filled with huge pages. If the
 * program has more thread-local storage than fits, or nobody knows how much it
 * has, the size is the program's own.
 */
int
lz_thread_create(pthread_t *thread, void *(*body)(void *))
{
    size_t size = lz_os_stack_size(STACK);
    pthread_attr_t attr;
    int error = EINVAL;

    if (size != 0 && pthread_attr_init(&attr) == 0) {
        if (pthread_attr_setstacksize(&attr, size) == 0)
            error = pthread_create(thread, &attr, body, NULL);
        pthread_attr_destroy(&attr);
    }
    return error == EINVAL ? pthread_create(thread, NULL, body, NULL) : error;
}
