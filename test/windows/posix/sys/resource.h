/* SPDX-License-Identifier: MIT */
/* No test that forks runs on Windows. */
#ifndef TEST_SYS_RESOURCE_H
#define TEST_SYS_RESOURCE_H
#endif
