/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node {
    int depth;
    char *text;
    struct node *next;
};

static int
descend(int depth, struct node *above)
{
    struct node node = {depth, calloc(1, 3 << 20), above};
    int length;

    if (node.text == NULL)
        return -1;
    memset(node.text, 'a' + depth, 10);
    length = depth == 0 ? (int)strlen(node.text) : descend(depth - 1, &node);
    free(node.text);
    return length;
}

int
main(void)
{
    int length = descend(4, NULL);

    printf("length %d\n", length);
    return length - 3;
}
