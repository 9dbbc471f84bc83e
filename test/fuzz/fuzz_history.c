/* SPDX-License-Identifier: MIT */
/* wrap: lz_os_find_populated lz_os_zero lz_os_discard lz_os_discard_zeroes */
/* wrap: lz_os_page_size */
/*
 * Uses of a region in a row, dense and sparse: each finds zeros, whatever was
 * learned from those before.
 */
#define PAGE ((size_t)65536)
#define PAGES ((size_t)272) /* 17 MiB: large enough to be sampled */

#include "page_table.h"

#include "large/history.h"

static struct lz_history history;

static void
check_zero(size_t from, size_t n)
{
    char *p = memory + from;
    bool live = input_byte() % 2; /* a program's memset, or a calloc */

    if (!live)
        lz_history_zero(&history, memory, sizeof(memory), p, n);
    else if (lz_history_is_write(&history, memory, p, n))
        memset(p, 0, n);
    else
        lz_history_zero_live(&history, memory, sizeof(memory), p, n);
    PROMISE(all_are(p, n, 0));
    history.clean = false;
}

/* A zeroed block that is full was written, so all of its pages are there. */
static void
use_some(size_t from, size_t n)
{
    unsigned how = input_byte();

    if (how % 4 == 0)
        use(from, n);
    for (unsigned i = 0; i < how % 4; i++)
        use(from + input_byte() * PAGE % n, 1 + how);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t from, n;

    input_start(data, size);
    memset(memory, 0, sizeof(memory));
    memset(populated, 0, sizeof(populated));
    history = (struct lz_history){0};
    for (int use = 0; use < 12 && input_left(); use++) {
        set_moods(input_byte() % 2);
        from = input_byte() % 8 * PAGE;
        n = sizeof(memory) - from - input_byte() % 3 * 40000 - 300;
        check_zero(from, n);
        use_some(from, n);
    }
    return 0;
}
