/* SPDX-License-Identifier: MIT */
/* Says by its status whether the library is there: see check_fails_open. */
#include "active.h"

int
main(void)
{
    require_active();
    return 0;
}
