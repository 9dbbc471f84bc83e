/* SPDX-License-Identifier: MIT */
/* Instead of idle.c where no call of the program's that waits is heard. */
#include "front/idle.h"

void
lz_idle_fork_child(void)
{
}
