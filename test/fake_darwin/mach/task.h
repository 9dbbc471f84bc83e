/* SPDX-License-Identifier: MIT */
#ifndef FAKE_MACH_TASK_H
#define FAKE_MACH_TASK_H

#include <mach/mach.h>

kern_return_t semaphore_create(task_t task, semaphore_t *semaphore, int policy,
                               int value);

#endif
