/* SPDX-License-Identifier: MIT */
/* Are the pages of a use those of the use before it? No memory is touched. */
#include "large/sparse.h"

#include "support.h"

#define MAP ((uintptr_t)256 * LZ_MIB)
#define SIZE (70 * LZ_MIB)

static struct lz_sparse pages;
static struct lz_sparse_look look;

static void
begin(void)
{
    lz_sparse_begin(&look, (const char *)MAP, SIZE);
}

static void
see(size_t page, size_t count)
{
    size_t size = lz_os_page_size();
    struct lz_os_range range = {.start = MAP + page * size,
                                .end = MAP + (page + count) * size};

    lz_sparse_see(&look, &range);
}

/* `count` pages, one in `stride`: is that known? */
static bool
learn(size_t first, size_t count, size_t stride)
{
    begin();
    for (size_t i = 0; i < count; i++)
        see(first + i * stride, 1);
    return lz_sparse_learn(&pages, &look, count * lz_os_page_size());
}

Test(sparse, nothing_is_known_at_first)
{
    cr_expect_not(lz_sparse_is_known(&pages));
    cr_expect_not(learn(3, 1, 1));
    cr_expect(lz_sparse_is_known(&pages));
    cr_expect(learn(3, 1, 1));
}

Test(sparse, other_pages_are_not_the_same)
{
    learn(0, 100, 40);
    cr_expect_not(learn(1, 100, 40));
    cr_expect_not(learn(17, 100, 40));
    cr_expect(learn(17, 100, 40));
}

/* Of seven areas one may differ, and an area that only one has tells nothing.
 */
Test(sparse, a_quarter_of_the_areas_may_differ)
{
    size_t area = SIZE / 7 / lz_os_page_size() + 1;

    learn(5, 7, area);
    begin();
    for (size_t i = 0; i < 7; i++)
        see(5 + i * area + (i == 3), 1);
    cr_expect(lz_sparse_learn(&pages, &look, 7 * lz_os_page_size()));
    begin();
    for (size_t i = 0; i < 7; i++)
        see(5 + i * area + (i > 4), 1);
    cr_expect_not(lz_sparse_learn(&pages, &look, 7 * lz_os_page_size()));
}

Test(sparse, no_area_in_common_is_not_the_same)
{
    size_t last = SIZE / lz_os_page_size() - 1;

    learn(0, 1, 1);
    cr_expect_not(learn(last, 1, 1));
    cr_expect(learn(last, 1, 1));
}

/* One range through all areas, and what lies beyond the mapping is left out. */
Test(sparse, a_long_range_has_a_page_in_each_area)
{
    size_t all = SIZE / lz_os_page_size();

    begin();
    see(0, all);
    lz_sparse_learn(&pages, &look, SIZE);
    begin();
    see(0, 2 * all);
    cr_expect(lz_sparse_learn(&pages, &look, SIZE));
    for (int i = 0; i < LZ_SPARSE_AREAS; i++)
        cr_expect_neq(pages.marks[i], 0);
}

/* The pages that stay are those of many uses then. */
Test(sparse, four_times_as_much_is_not_the_same)
{
    learn(0, 1, 1);
    cr_expect(learn(0, 2, 1));
    cr_expect(learn(0, 3, 1));
    cr_expect_not(learn(0, 4, 1));
    cr_expect(learn(0, 4, 1));
    cr_expect(learn(0, 1, 1), "less is not other");
    cr_expect_not(learn(0, 4, 1));
}
