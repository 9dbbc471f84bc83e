/* SPDX-License-Identifier: MIT */
/* What target_*linux.c share: another process's memory and its page table. */
#ifndef TARGET_LINUX_H
#define TARGET_LINUX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Reads its memory: 0, or an errno value. */
int target_memory(pid_t pid, uintptr_t from, void *to, size_t size);

/* A descriptor of its pagemap, proc(5), or -1. */
int target_pagemap(pid_t pid);

#endif
