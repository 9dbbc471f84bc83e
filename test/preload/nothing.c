/* SPDX-License-Identifier: MIT */
/* Does nothing. What it writes comes from the library. */
int
main(void)
{
    return 0;
}
