/* SPDX-License-Identifier: MIT */
/* What the fuzz targets share: the input as a stream, and a failed promise. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define PROMISE(condition)                                             \
    do {                                                               \
        if (!(condition)) {                                            \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, \
                    #condition);                                       \
            abort();                                                   \
        }                                                              \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *input, *input_end;

static inline void
input_start(const uint8_t *data, size_t size)
{
    input = data;
    input_end = data + size;
}

static inline int
input_left(void)
{
    return input < input_end;
}

/* 0 when there is no more. */
static inline unsigned
input_byte(void)
{
    return input < input_end ? *input++ : 0;
}

static inline uint64_t
input_word(void)
{
    uint64_t word = 0;

    for (int i = 0; i < 8; i++)
        word = word << 8 | input_byte();
    return word;
}

#endif
