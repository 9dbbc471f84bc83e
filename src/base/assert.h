/* SPDX-License-Identifier: MIT */
/*
 * What must hold, checked in a debug build (-DLAZYZERO_DEBUG=ON). In any other
 * build an LZ_ASSERT is no code, and its condition is not evaluated.
 */
#ifndef LZ_ASSERT_H
#define LZ_ASSERT_H

#ifdef LZ_DEBUG
#define LZ_IS_DEBUG 1
#else
#define LZ_IS_DEBUG 0
#endif

#define LZ_ASSERT(condition)     \
    (!LZ_IS_DEBUG || (condition) \
         ? (void)0               \
         : lz_assert_failed(__FILE__, __LINE__, #condition))

/* Says so on standard error, without stdio or malloc, and aborts. */
void lz_assert_failed(const char *file, int line, const char *condition)
    __attribute__((cold, noreturn));

#endif
