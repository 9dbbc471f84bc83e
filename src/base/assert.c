/* SPDX-License-Identifier: MIT */
#include "base/assert.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/lock.h"
#include "base/text.h"

#if LZ_IS_DEBUG
__thread unsigned lz_lock_held;
#endif

void
lz_assert_failed(const char *file, int line, const char *condition)
{
    char buffer[256];
    struct lz_text text = lz_text_in(buffer, sizeof(buffer));

    lz_text_string(&text, "liblazyzero: ");
    lz_text_string(&text, file);
    lz_text_char(&text, ':');
    lz_text_number(&text, (uintmax_t)line, 10);
    lz_text_string(&text, ": not so: ");
    lz_text_string(&text, condition);
    lz_text_char(&text, '\n');
    if (write(STDERR_FILENO, text.start, text.used) < 0)
        abort();
    abort();
}
