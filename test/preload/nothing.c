/* SPDX-License-Identifier: MIT */
/* Does nothing: what it writes is the library's. */
int
main(void)
{
    return 0;
}
