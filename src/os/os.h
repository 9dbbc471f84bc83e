/* SPDX-License-Identifier: MIT */
/*
 * The contract with the operating system.
 *
 * Each function has one definition in a build: a system's own, or one of those
 * in posix/; cmake/system.cmake chooses the files. Where a system has no such
 * call, the function in lacks.c or posix/lacks_*.c does nothing, or tells that
 * nothing is known. Nothing outside os/ and interpose/ may ask which system
 * this is.
 *
 * All functions are thread safe, keep errno, allocate nothing, take no lock and
 * are no cancellation points. Lengths are in bytes; addresses and lengths are
 * multiples of the page size and lengths are not 0, unless said otherwise.
 * A function that can fail returns 0 or an errno value, or a pointer or NULL.
 */
#ifndef LZ_OS_H
#define LZ_OS_H

#include "os/file.h"
#include "os/heap.h"
#include "os/memory.h"
#include "os/pages.h"
#include "os/process.h"

#endif
