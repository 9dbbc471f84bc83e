/* SPDX-License-Identifier: MIT */
/* A profile's text: written, read, and refused. */
#include "control/profile.h"

#include "support.h"

#define PAGE 4096
#define HEAD "lazyzero profile 1\npage 4096\n"
#define LINE "calloc 67108864 blocks 1 touched 99 100\n"

static const struct lz_profile_line lines[] = {
    {true, 64 * LZ_MIB, 1, 99, 100},
    {false, 2 * LZ_MIB, LZ_PROFILE_BLOCKS, 0, 0},
    {true, LZ_SIZE_LIMIT / 2, 17, 100, 100},
};

#define LINES (sizeof(lines) / sizeof(lines[0]))

static const char *
why_not(const char *text)
{
    return lz_profile_open(&text, strlen(text), PAGE);
}

static bool
is_same(const struct lz_profile_line *a, const struct lz_profile_line *b)
{
    return a->zeroed == b->zeroed && a->size == b->size &&
           a->blocks == b->blocks && a->least == b->least && a->most == b->most;
}

static const char *
written(char *buffer, size_t size)
{
    struct lz_text text = lz_text_in(buffer, size);

    lz_profile_begin(&text, PAGE);
    for (size_t i = 0; i < LINES; i++)
        lz_profile_put(&text, &lines[i]);
    lz_profile_end(&text);
    return buffer;
}

Test(profile, what_is_written_is_read)
{
    char buffer[1024];
    const char *text = written(buffer, sizeof(buffer));
    struct lz_profile_line line;

    cr_assert_null(lz_profile_open(&text, strlen(text), PAGE));
    for (size_t i = 0; i < LINES; i++) {
        cr_assert(lz_profile_next(&text, &line), "%zu", i);
        cr_expect(is_same(&line, &lines[i]), "%zu", i);
    }
    cr_expect_not(lz_profile_next(&text, &line));
    cr_expect_str_eq(text, "end\n");
}

Test(profile, for_people)
{
    char buffer[64];
    struct lz_text text = lz_text_in(buffer, sizeof(buffer));

    lz_profile_put(&text, &lines[0]);
    cr_expect_str_eq(buffer, LINE);
    cr_expect_null(why_not(HEAD LINE "end\n"));
    cr_expect_null(why_not(HEAD "end\n"));
}

/* Wherever it was cut off, by a full disk or by a buffer. */
Test(profile, no_part_of_one_is_taken)
{
    char whole[1024], part[1024];
    size_t length = strlen(written(whole, sizeof(whole)));

    for (size_t n = 0; n < length; n++) {
        snprintf(part, n + 1, "%s", whole);
        cr_expect_not_null(why_not(part), "%zu bytes", n);
        cr_expect_not_null(why_not(written(part, n + 1)), "room for %zu", n);
    }
}

Test(profile, another_version_or_page)
{
    const char *text = HEAD "end\n";

    cr_expect_str_eq(why_not("lazyzero profile 2\npage 4096\nend\n"),
                     "it is no profile of this version");
    cr_expect_str_eq(why_not("lazyzero profile 11\npage 4096\nend\n"),
                     "it is no profile of this version");
    cr_expect_str_eq(why_not(""), "it is no profile of this version");
    cr_expect_str_eq(lz_profile_open(&text, strlen(text), 16384),
                     "it is for pages of another size");
}

Test(profile, damaged)
{
    static const char *const wrong[] = {
        "realloc 67108864 blocks 1 touched 99 100\n",
        "calloc 0 blocks 1 touched 99 100\n",
        "calloc -1 blocks 1 touched 99 100\n",
        "calloc 99999999999999999999999 blocks 1 touched 99 100\n",
        "calloc 9223372036854775807 blocks 1 touched 99 100\n",
        "calloc 67108864 blocks 0 touched 99 100\n",
        "calloc 67108864 blocks 1000001 touched 99 100\n",
        "calloc 67108864 blocks 99999999999999999999 touched 99 100\n",
        "calloc 67108864 blocks 1 touched 99 98\n",
        "calloc 67108864 blocks 1 touched 99 101\n",
        "calloc 67108864 blocks 1 touched 18446744073709551615 100\n",
        "calloc 67108864 blocks 1 touched 99\n",
        "calloc 67108864 blocks 1 touched 99 100 1\n",
        "calloc 67108864  blocks 1 touched 99 100\n",
        "CALLOC 67108864 blocks 1 touched 99 100\n",
        "\n",
        "end\n",
    };
    char text[256];

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        snprintf(text, sizeof(text), HEAD LINE "%send\n", wrong[i]);
        cr_expect_str_eq(why_not(text), "it is damaged", "%s", wrong[i]);
    }
    cr_expect_str_eq(why_not(HEAD LINE "end\nmore"), "it is damaged");
    cr_expect_str_eq(why_not("lazyzero profile 1\npage 0\nend\n"),
                     "it is damaged");
    cr_expect_str_eq(why_not("lazyzero profile 1\npage x\nend\n"),
                     "it is damaged");
}

/* What is read is a string. The file may hold a zero byte. */
Test(profile, a_zero_byte_in_it)
{
    static const char bytes[] = HEAD LINE "end\n\0more";
    const char *text = bytes;

    cr_expect_str_eq(lz_profile_open(&text, sizeof(bytes) - 1, PAGE),
                     "it is damaged");
    cr_expect_null(why_not(bytes));
}
