/* SPDX-License-Identifier: MIT */
/* wrap: lz_os_find_populated lz_os_zero lz_os_discard lz_os_discard_zeroes */
/* wrap: lz_os_page_size */
/* Any range of any page table reads as zero afterwards, and nothing else is. */
#define PAGE ((size_t)16384)
#define PAGES ((size_t)160)

#include "page_table.h"

#include "control/options.h"

static char before[sizeof(memory)];

static size_t
next_offset(void)
{
    size_t page = input_byte() % PAGES, byte = input_byte();

    return page * PAGE + (byte < 128 ? 0 : byte * 77 % PAGE);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t from, to, written;

    input_start(data, size);
    memset(memory, 0, sizeof(memory));
    memset(populated, 0, sizeof(populated));
    lz_options.oracle = input_byte() % 5;
    set_moods(true);
    from = next_offset();
    to = from + next_offset();
    if (to > sizeof(memory))
        to = sizeof(memory);
    while (input_left()) {
        size_t at = next_offset(), n = input_byte() * PAGE / 16;

        use(at, n < sizeof(memory) - at ? n : sizeof(memory) - at);
    }
    memcpy(before, memory, sizeof(memory));
    written = lz_zero(memory + from, to - from);
    PROMISE(written <= to - from);
    PROMISE(all_are(memory + from, to - from, 0));
    PROMISE(memcmp(memory, before, from) == 0);
    PROMISE(memcmp(memory + to, before + to, sizeof(memory) - to) == 0);
    return 0;
}
