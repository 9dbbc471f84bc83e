/* SPDX-License-Identifier: MIT */
/* Its exit status says whether the library is active: see check_fails_open. */
#include "active.h"

int
main(void)
{
    require_active();
    return 0;
}
