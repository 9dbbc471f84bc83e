/* SPDX-License-Identifier: MIT */
#ifndef FAKE_MACH_SEMAPHORE_H
#define FAKE_MACH_SEMAPHORE_H

#include <mach/mach.h>

kern_return_t semaphore_signal(semaphore_t semaphore);
kern_return_t semaphore_wait(semaphore_t semaphore);
kern_return_t semaphore_timedwait(semaphore_t semaphore, mach_timespec_t span);

#endif
