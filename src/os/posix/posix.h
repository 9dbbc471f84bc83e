/* SPDX-License-Identifier: MIT */
/* What the POSIX files share. */
#ifndef LZ_OS_POSIX_H
#define LZ_OS_POSIX_H

#include "base/util.h"

/* Was lz_os_ask_nothing called? */
bool lz_os_asks_nothing(void);

#endif
