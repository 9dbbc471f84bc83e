/* SPDX-License-Identifier: MIT */
/*
 * Linked with the library, because the dynamic linker of a privileged program
 * preloads nothing from a build folder. Prints whether it is privileged.
 */
#include <stdio.h>
#include <sys/auxv.h>

#include "active.h"

int
main(void)
{
    require_active();
    puts(getauxval(AT_SECURE) != 0 ? "privileged" : "not privileged");
    return 0;
}
