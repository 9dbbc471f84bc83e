/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include "support.h"

/* The text in a buffer of `size` bytes, a mark behind it. */
static char buffer[64];

static struct lz_text
text_of(size_t size)
{
    memset(buffer, '#', sizeof(buffer));
    return lz_text_in(buffer, size);
}

/* Nothing behind the size was touched, and the text is a string within it. */
static void
expect_text(const struct lz_text *text, const char *expected)
{
    cr_expect_str_eq(buffer, expected);
    cr_expect_eq(text->used, strlen(expected));
    cr_expect(
        all_bytes_are(buffer + text->size, sizeof(buffer) - text->size, '#'));
}

Test(text, strings_and_characters)
{
    struct lz_text text = text_of(32);

    expect_text(&text, "");
    lz_text_string(&text, "one ");
    lz_text_char(&text, '+');
    lz_text_string(&text, "");
    lz_text_string(&text, " two");
    expect_text(&text, "one + two");
}

Test(text, what_does_not_fit_is_cut)
{
    for (size_t size = 1; size < 12; size++) {
        struct lz_text text = text_of(size);
        char expected[16] = "0123456789";

        lz_text_string(&text, "01234");
        lz_text_number(&text, 56789, 10);
        lz_text_char(&text, '!');
        strcat(expected, "!");
        expected[size - 1] = '\0';
        expect_text(&text, expected);
    }
}

Test(text, numbers)
{
    struct lz_text text = text_of(64);

    lz_text_number(&text, 0, 10);
    lz_text_char(&text, ' ');
    lz_text_number(&text, UINTMAX_MAX, 10);
    lz_text_char(&text, ' ');
    lz_text_number(&text, 0xdeadbeef, 16);
    lz_text_char(&text, ' ');
    lz_text_number(&text, 0, 16);
    expect_text(&text, "0 18446744073709551615 deadbeef 0");
}

Test(text, columns)
{
    struct lz_text text = text_of(64);

    lz_text_column(&text, 0, 3);
    lz_text_column(&text, 10, 3);
    lz_text_column(&text, 999, 3);
    lz_text_column(&text, 1000, 3);
    lz_text_column(&text, 7, 0);
    expect_text(&text, "  0 1099910007");
}

Test(text, filling)
{
    struct lz_text text = text_of(12);

    lz_text_string(&text, "a");
    lz_text_fill(&text, 0, 4);
    lz_text_string(&text, "b");
    lz_text_fill(&text, 4, 1);
    expect_text(&text, "a   b");
    lz_text_fill(&text, 5, 100);
    expect_text(&text, "a   b      ");
}
