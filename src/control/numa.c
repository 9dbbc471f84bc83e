/* SPDX-License-Identifier: MIT */
#include "control/numa.h"

#include "control/parse.h"

static const char *const words[] = {"system", "local", "interleave", "bind:"};

/* What follows the word at the start of the text, or NULL. */
static const char *
after(const char *text, const char *word)
{
    for (; *word != '\0'; word++, text++) {
        if (lz_parse_upper(*text) != lz_parse_upper(*word))
            return NULL;
    }
    return text;
}

/* "0", "0,2", and nothing else. */
static bool
parse_nodes(const char *text, size_t *nodes)
{
    size_t node;

    for (*nodes = 0;; text++) {
        if (!lz_parse_digits(&text, &node) || node >= LZ_NUMA_NODES)
            return false;
        *nodes |= (size_t)1 << node;
        if (*text != ',')
            return *text == '\0';
    }
}

bool
lz_numa_parse(const char *text, size_t *value)
{
    const char *rest = after(text, words[LZ_NUMA_BIND]);
    size_t nodes;

    if (rest != NULL) {
        if (!parse_nodes(rest, &nodes))
            return false;
        *value = LZ_NUMA_BIND | nodes << LZ_NUMA_MODE_BITS;
        return true;
    }
    for (*value = 0; *value < LZ_NUMA_BIND; ++*value) {
        if (lz_parse_same_word(text, words[*value]))
            return true;
    }
    return false;
}

void
lz_numa_put(struct lz_text *text, size_t value)
{
    size_t nodes = lz_numa_nodes(value);
    const char *before = "";

    lz_text_string(text, words[lz_numa_mode(value)]);
    for (size_t node = 0; nodes != 0; node++, nodes >>= 1) {
        if ((nodes & 1) == 0)
            continue;
        lz_text_string(text, before);
        lz_text_number(text, node, 10);
        before = ",";
    }
}
