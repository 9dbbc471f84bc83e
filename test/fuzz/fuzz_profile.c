/* SPDX-License-Identifier: MIT */
/*
 * Any text: what is taken for a profile has lines in range, and is what is
 * written of them again.
 */
#include "control/profile.h"

#include "fuzz.h"

static void
check(const char *lines, size_t page)
{
    size_t size = 2 * strlen(lines) + 128;
    char *buffer = malloc(size), *start;
    struct lz_profile_line line, again;
    struct lz_text text;
    const char *copy;

    PROMISE(buffer != NULL);
    text = lz_text_in(buffer, size);
    lz_profile_begin(&text, page);
    start = buffer + text.used;
    for (const char *at = lines; lz_profile_next(&at, &line);) {
        PROMISE(line.size >= 1 && line.size <= LZ_SIZE_LIMIT);
        PROMISE(line.blocks >= 1 && line.blocks <= LZ_PROFILE_BLOCKS);
        PROMISE(line.least <= line.most && line.most <= 100);
        lz_profile_put(&text, &line);
    }
    lz_profile_end(&text);
    copy = buffer;
    PROMISE(lz_profile_open(&copy, text.used, page) == NULL && copy == start);
    while (lz_profile_next(&lines, &line)) {
        PROMISE(lz_profile_next(&copy, &again));
        PROMISE(line.size == again.size && line.zeroed == again.zeroed);
        PROMISE(line.blocks == again.blocks && line.least == again.least);
        PROMISE(line.most == again.most);
    }
    PROMISE(!lz_profile_next(&copy, &again));
    free(buffer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *buffer = malloc(size + 1);
    const char *text = buffer;

    PROMISE(buffer != NULL);
    memcpy(buffer, data, size);
    buffer[size] = '\0';
    if (lz_profile_open(&text, size, 4096) == NULL)
        check(text, 4096);
    free(buffer);
    return 0;
}
