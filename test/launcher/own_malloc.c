/* SPDX-License-Identifier: MIT */
/* A program with a malloc of its own. */
#include <stddef.h>

void *malloc(size_t size);

void *
malloc(size_t size)
{
    static char memory[1 << 16];
    static size_t used;

    used += (size + 15) & ~(size_t)15;
    return used <= sizeof(memory) ? memory + used - ((size + 15) & ~(size_t)15)
                                  : NULL;
}

/* By its address, so that no optimizer does without it. */
static void *(*volatile own)(size_t size) = malloc;

int
main(void)
{
    return own(16) == NULL;
}
