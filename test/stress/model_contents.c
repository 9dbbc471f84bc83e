/* SPDX-License-Identifier: MIT */
/*
 * A block's bytes as a list of pieces. Every pattern has a seed of its own, so
 * two blocks that share a byte are found out by the next look at the first.
 */
#include <string.h>

#include "model.h"

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

/* Of a vast piece: this much at each end, and so many pages in between. */
#define EDGE (64 * KIB)
#define SAMPLES 64

static uint64_t
word_at(size_t index, uint64_t seed)
{
    return (index + 1) * GOLDEN ^ seed;
}

static unsigned char
byte_at(size_t at, uint64_t seed)
{
    uint64_t word = word_at(at / 8, seed);
    unsigned char bytes[8];

    memcpy(bytes, &word, 8);
    return bytes[at % 8];
}

static void
write_pattern(unsigned char *p, size_t from, size_t to, uint64_t seed)
{
    for (; from < to && from % 8 != 0; from++)
        p[from] = byte_at(from, seed);
    for (; to - from >= 8; from += 8) {
        uint64_t word = word_at(from / 8, seed);

        memcpy(p + from, &word, 8);
    }
    for (; from < to; from++)
        p[from] = byte_at(from, seed);
}

static bool
is_right(const unsigned char *p, size_t at, const struct piece *piece)
{
    return p[at] == (piece->kind == VALUE ? (unsigned char)piece->seed
                                          : byte_at(at, piece->seed));
}

/* The first byte of [from, to) that is not as it should be; `to`: none. */
static size_t
find_wrong(const unsigned char *p, size_t from, size_t to,
           const struct piece *piece)
{
    bool value = piece->kind == VALUE;
    uint64_t all = piece->seed * UINT64_C(0x0101010101010101), word;

    for (; from < to && from % 8 != 0; from++) {
        if (!is_right(p, from, piece))
            return from;
    }
    for (; to - from >= 8; from += 8) {
        memcpy(&word, p + from, 8);
        if (word != (value ? all : word_at(from / 8, piece->seed)))
            break;
    }
    for (; from < to; from++) {
        if (!is_right(p, from, piece))
            return from;
    }
    return to;
}

static void
require_piece(const struct block *block, size_t from, size_t to,
              const struct piece *piece)
{
    size_t at;

    me->bytes += to - from;
    at = find_wrong(block->p, from, to, piece);
    if (at < to)
        model_fail("byte %zu of the block %p (%zu bytes, %zu usable) is 0x%x, "
                   "not %s 0x%x",
                   at, (void *)block->p, block->n, block->usable, block->p[at],
                   piece->kind == VALUE ? "the value" : "what was written,",
                   piece->kind == VALUE ? (unsigned)piece->seed
                                        : byte_at(at, piece->seed));
}

static void
check_piece(const struct block *block, size_t from, size_t to,
            const struct piece *piece)
{
    if (piece->kind == ANYTHING || from >= to)
        return;
    if (to - from <= FULL_MOST) {
        require_piece(block, from, to, piece);
        return;
    }
    require_piece(block, from, from + EDGE, piece);
    require_piece(block, to - EDGE, to, piece);
    for (int i = 0; i < SAMPLES; i++) {
        size_t at = from + EDGE + random_below(to - from - 3 * EDGE);

        require_piece(block, at, at + 4096, piece);
    }
}

void
contents_check_part(struct block *block, size_t from, size_t to)
{
    size_t start = 0;

    for (int i = 0; i < block->count; i++) {
        const struct piece *piece = &block->pieces[i];

        check_piece(block, start > from ? start : from,
                    piece->end < to ? piece->end : to, piece);
        start = piece->end;
    }
}

void
contents_check(struct block *block)
{
    contents_check_part(block, 0, block->usable);
}

static void
append(struct block *block, struct piece piece, size_t end)
{
    size_t start = block->count > 0 ? block->pieces[block->count - 1].end : 0;

    if (end <= start)
        return;
    piece.end = end;
    block->pieces[block->count++] = piece;
}

static void
append_between(struct block *block, const struct block *old, size_t from,
               size_t to)
{
    size_t start = 0;

    for (int i = 0; i < old->count && start < to; i++) {
        size_t end = old->pieces[i].end;

        if (end > from)
            append(block, old->pieces[i], end < to ? end : to);
        start = end;
    }
}

/* Puts the piece over [from, piece.end). */
static void
put(struct block *block, size_t from, struct piece piece)
{
    struct block old = *block;

    block->count = 0;
    append_between(block, &old, 0, from);
    append(block, piece, piece.end);
    append_between(block, &old, piece.end, old.usable);
}

/* A list that is too long: looked at, then forgotten or written anew. */
void
contents_make_room(struct block *block)
{
    struct piece whole = {block->usable, ANYTHING, 0};

    if (block->count + 2 <= PIECES)
        return;
    contents_check(block);
    if (block->usable <= FULL_MOST) {
        whole.kind = PATTERN;
        whole.seed = random_next();
        write_pattern(block->p, 0, block->usable, whole.seed);
    }
    block->count = 0;
    append(block, whole, whole.end);
}

void
contents_start(struct block *block, bool zero)
{
    struct piece whole = {block->usable, zero ? VALUE : ANYTHING, 0};

    block->count = 0;
    append(block, whole, whole.end);
}

void
contents_fill(struct block *block, size_t from, size_t to)
{
    struct piece piece = {to, PATTERN, random_next()};

    if (from >= to)
        return;
    contents_make_room(block);
    write_pattern(block->p, from, to, piece.seed);
    put(block, from, piece);
}

void
contents_note_value(struct block *block, size_t from, size_t to,
                    unsigned char value)
{
    struct piece piece = {to, VALUE, value};

    if (from >= to)
        return;
    put(block, from, piece);
}

void
contents_resize(struct block *block, size_t kept, bool zero)
{
    struct block old = *block;
    struct piece rest = {block->usable, zero ? VALUE : ANYTHING, 0};

    block->count = 0;
    append_between(block, &old, 0, kept);
    if (block->count == PIECES) {
        /* No piece left over: the last one and the rest are unknown. */
        block->count--;
        rest.kind = ANYTHING;
    }
    append(block, rest, block->usable);
}
