/* SPDX-License-Identifier: MIT */
/* A thread of the library's own, with a stack no larger than it needs. */
#ifndef LZ_THREAD_H
#define LZ_THREAD_H

#include <pthread.h>

#include "base/util.h"

/* pthread_create(3) without an argument: 0 or an errno value. Thread safe. */
int lz_thread_create(pthread_t *thread, void *(*body)(void *));

#endif
