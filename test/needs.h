/* SPDX-License-Identifier: MIT */
/*
 * For one test in a file, as needs() in needs.cmake is for a whole file:
 * Test(suite, name, NEEDS_LINUX). If this build lacks what the test needs, the
 * test is shown as skipped.
 */
#ifndef TEST_NEEDS_H
#define TEST_NEEDS_H

/* KERNEL also where the test counts on mappings that lie side by side. */
#define NEEDS_LINUX .disabled = !TEST_HAS_LINUX
#define NEEDS_POSIX .disabled = !TEST_HAS_POSIX
#define NEEDS_KERNEL .disabled = !TEST_HAS_KERNEL
#define NEEDS_KERNEL_UNSANITIZED \
    .disabled = !TEST_HAS_KERNEL || !TEST_HAS_UNSANITIZED
#define NEEDS_GLIBC .disabled = !TEST_HAS_GLIBC
#define NEEDS_LINUX_GLIBC .disabled = !TEST_HAS_LINUX || !TEST_HAS_GLIBC
#define NEEDS_PAGEMAP .disabled = !TEST_HAS_PAGEMAP
#define NEEDS_UNREAD .disabled = !TEST_HAS_UNREAD
#define NEEDS_UNSANITIZED .disabled = !TEST_HAS_UNSANITIZED

#endif
