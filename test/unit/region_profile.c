/* SPDX-License-Identifier: MIT */
/* What one run writes down of its large blocks, and what the next makes of it.
 */
#include "large/region_profile.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "control/profile.h"
#include "files.h"
#include "large/pool.h"
#include "large/region_inside.h"
#include "region_fixture.h"

WRAPPED(void, lz_os_want_hugepages, void *start, size_t length, bool wanted);

#define SIZE (32 * LZ_MIB)

static size_t wishes, refusals;

/* What a mapping for n bytes has. */
static size_t
class_of(size_t n)
{
    return lz_region_map_size_for(lz_region_usable_for(n));
}

void
__wrap_lz_os_want_hugepages(void *start, size_t length, bool wanted)
{
    cr_expect_not_null(start);
    cr_expect_geq(length, SIZE / 4);
    wishes += wanted;
    refusals += !wanted;
}

static void
begin(void)
{
    region_start();
    files_begin();
    snprintf(lz_options.profile, sizeof(lz_options.profile), "%s/in",
             files_folder);
    lz_options.retain = 0;
}

TestSuite(region_profile, .init = begin, .fini = files_end);

static char *
block(size_t n, bool zero)
{
    char *p = lz_region_base(lz_region_allocate(n, 1, zero));

    cr_assert_not_null(p);
    return p;
}

/* So many percent of the pages from its start on. */
static void
touch(char *p, size_t n, size_t percent)
{
    for (size_t at = 0; at < n / 100 * percent; at += lz_os_page_size())
        p[at] = 1;
}

static void
release(char *p)
{
    cr_assert(lz_region_free(lz_region_find(p)));
}

static void
use_one(size_t n, bool zero, size_t percent)
{
    char *p = block(n, zero);

    touch(p, n, percent);
    release(p);
}

static void
learn(void)
{
    snprintf(lz_options.learn, sizeof(lz_options.learn), "%s/out",
             files_folder);
}

/* The line of that kind; 0 blocks: there is none. */
static struct lz_profile_line
learned(size_t n, bool zero)
{
    const char *text;
    struct lz_profile_line line;

    lz_region_profile_write();
    text = files_read("out");
    cr_assert_null(lz_profile_open(&text, strlen(text), lz_os_page_size()));
    while (lz_profile_next(&text, &line)) {
        if (line.size == class_of(n) && line.zeroed == zero)
            return line;
    }
    return (struct lz_profile_line){0};
}

Test(region_profile, freed_and_live_blocks_are_written_down)
{
    struct lz_profile_line line;

    learn();
    use_one(SIZE, true, 100);
    use_one(SIZE, true, 10);
    touch(block(SIZE, false), SIZE, 50);
    line = learned(SIZE, true);
    cr_expect_eq(line.blocks, 2);
    cr_expect_geq(line.least, 9);
    cr_expect_leq(line.least, 10);
    cr_expect_geq(line.most, 99);
    line = learned(SIZE, false);
    cr_expect_geq(line.blocks, 1);
    cr_expect_geq(line.least, 49);
    cr_expect_leq(line.most, 51);
    EXPECT_ERRNO_KEPT();
}

/* Of a block that was handed out warm nothing can be told. */
Test(region_profile, only_fresh_blocks_count)
{
    learn();
    lz_options.retain = 1024 * LZ_MIB;
    use_one(SIZE, false, 100);
    use_one(SIZE, false, 1);
    cr_expect_eq(lz_stats.regions_reused, 1);
    cr_expect_eq(learned(SIZE, false).blocks, 1);
    cr_expect_geq(learned(SIZE, false).least, 99);
}

/* Nor of one that the program mapped over. */
Test(region_profile, what_was_treated_does_not_count)
{
    char *p = block(SIZE, false);

    learn();
    touch(p, SIZE, 100);
    lz_region_change(p, SIZE, LZ_REGION_REMAPPED);
    cr_expect_eq(learned(SIZE, false).blocks, 0);
}

/* They would hide what is touched. */
Test(region_profile, no_huge_pages_while_it_is_learned)
{
    learn();
    lz_options.hugepages = LZ_HUGEPAGES_ALWAYS;
    use_one(SIZE, false, 1);
    cr_expect_eq(wishes, 0);
    cr_expect_eq(refusals, 1);
}

Test(region_profile, nothing_is_written_unasked)
{
    use_one(SIZE, false, 100);
    lz_region_profile_write();
    cr_expect_eq(access("out", F_OK), -1);
}

Test(region_profile, a_place_that_cannot_be_written, NEEDS_LINUX_GLIBC)
{
    snprintf(lz_options.learn, sizeof(lz_options.learn), "/nowhere/x");
    capture_stderr();
    lz_region_profile_write();
    cr_expect_str_eq(captured_stderr(),
                     "liblazyzero: LAZYZERO_LEARN=/nowhere/x: cannot be "
                     "written (No such file or directory); nothing is kept for "
                     "the next run\n");
}

/* The file "in", of these lines; what is said of it. */
static const char *
start_with(const char *lines)
{
    FILE *file = fopen("in", "w");
    const char *said;

    cr_assert_not_null(file);
    fprintf(file, "lazyzero profile 1\npage %zu\n%send\n", lz_os_page_size(),
            lines);
    fclose(file);
    capture_stderr();
    errno = ERRNO_MARK;
    lz_region_profile_start();
    EXPECT_ERRNO_KEPT();
    said = captured_stderr();
    return said;
}

static const char *
line_of(const char *kind, size_t n, size_t blocks, size_t least, size_t most)
{
    static char text[4][128];
    static int turn;
    char *line = text[turn++ % 4];

    snprintf(line, sizeof(text[0]), "%s %zu blocks %zu touched %zu %zu\n", kind,
             class_of(n), blocks, least, most);
    return line;
}

Test(region_profile, a_class_used_in_full_gets_huge_pages_as_often_as_seen)
{
    cr_expect_str_empty(start_with(line_of("calloc", SIZE, 2, 88, 100)));
    for (size_t i = 0; i < 4; i++) {
        block(SIZE, true);
        cr_expect_eq(wishes, i < 2 ? i + 1 : 2);
    }
    block(2 * SIZE, true);
    cr_expect_eq(wishes, 2);
}

Test(region_profile, many_blocks_are_not_more_than_200)
{
    const size_t size = SIZE / 4; /* 32 bits have room for these */

    start_with(line_of("malloc", size, LZ_PROFILE_BLOCKS, 100, 100));
    for (int i = 0; i < 250; i++)
        block(size, false);
    cr_expect_eq(wishes, 200);
}

Test(region_profile, a_class_used_in_part_gets_none)
{
    start_with(line_of("calloc", SIZE, 5, 87, 100));
    block(SIZE, true);
    cr_expect_eq(wishes, 0);
}

/* Whichever line comes first. */
Test(region_profile, nor_one_of_which_one_kind_is)
{
    char lines[256];

    snprintf(lines, sizeof(lines), "%s%s%s%s",
             line_of("malloc", SIZE, 5, 100, 100),
             line_of("calloc", SIZE, 5, 3, 100),
             line_of("calloc", 2 * SIZE, 5, 3, 100),
             line_of("malloc", 2 * SIZE, 5, 100, 100));
    start_with(lines);
    block(SIZE, true);
    block(2 * SIZE, false);
    cr_expect_eq(wishes, 0);
}

/* The program has changed. What is seen of it now is what counts. */
Test(region_profile, a_sparse_use_is_unlearned, NEEDS_KERNEL)
{
    char *p;

    start_with(line_of("malloc", SIZE, 100, 100, 100));
    use_one(SIZE, false, 100);
    p = block(SIZE, false);
    if (!lz_os_is_surely_plain(map_of(p), SIZE))
        cr_skip_test("the kernel cannot tell what may be read");
    touch(p, SIZE, 5);
    release(p);
    cr_expect_eq(wishes, 2);
    block(SIZE, false);
    cr_expect_eq(wishes, 2);
}

/* Nobody reads what the program made unreadable. */
Test(region_profile, a_treated_block_is_not_read, NEEDS_KERNEL)
{
    char *p;

    start_with(line_of("malloc", SIZE, 100, 100, 100));
    p = block(SIZE, false);
    cr_assert_eq(mprotect(map_of(p), SIZE, PROT_NONE), 0);
    lz_region_change(p, SIZE, LZ_REGION_ALTERED);
    release(p);
    block(SIZE, false);
    cr_expect_eq(wishes, 2);
}

#ifdef SYS_madvise
#define GUARD_INSTALL 102

/* Not either what it guarded by a system call of its own, of which nobody
 * hears.
 */
Test(region_profile, a_guarded_block_is_not_read, NEEDS_KERNEL)
{
    char *p;

    start_with(line_of("malloc", SIZE, 100, 100, 100));
    p = block(SIZE, false);
    if (syscall(SYS_madvise, map_of(p), SIZE, GUARD_INSTALL) != 0)
        cr_skip_test("the kernel has no guard markers");
    release(p);
    block(SIZE, false);
    cr_expect_eq(wishes, 2);
}
#endif

Test(region_profile, what_callocs_of_the_class_needed)
{
    char lines[256];

    snprintf(lines, sizeof(lines), "%s%s", line_of("calloc", SIZE, 1, 60, 100),
             line_of("calloc", 2 * SIZE, 1, 1, 100));
    cr_expect_not(lz_region_demand_is_dense(class_of(SIZE)));
    start_with(lines);
    cr_expect(lz_region_demand_is_dense(class_of(SIZE)));
    cr_expect_not(lz_region_demand_is_dense(class_of(2 * SIZE)));
}

/* A calloc that needs little is counted as little from the first one on. */
Test(region_profile, what_sparse_callocs_held)
{
    struct lz_region *region;

    start_with(line_of("calloc", SIZE, 1, 1, 10));
    region = lz_region_find(block(SIZE, true));
    cr_expect_leq(lz_region_demand_held(region), SIZE / 4);
    cr_expect_geq(lz_region_demand_held(region), SIZE / 10);
    region = lz_region_find(block(SIZE, false));
    cr_expect_geq(lz_region_demand_held(region), SIZE);
}

/* Far above what a stranger gets. */
#define LARGE (512 * LZ_MIB)

Test(region_profile, what_mallocs_of_the_class_needed, NEEDS_KERNEL)
{
    cr_expect_lt(lz_region_demand(class_of(LARGE)), class_of(LARGE));
    start_with(line_of("malloc", LARGE, 1, 50, 100));
    cr_expect_eq(lz_region_demand(class_of(LARGE)), class_of(LARGE));
    start_with(line_of("malloc", LARGE, 1, 49, 100));
    cr_expect_lt(lz_region_demand(class_of(LARGE)), class_of(LARGE));
}

static void
expect_refused(const char *why)
{
    char line[256];

    snprintf(line, sizeof(line),
             "liblazyzero: LAZYZERO_PROFILE=%s/in: not used, since %s; "
             "lazyzero learn makes a new one\n",
             files_folder, why);
    capture_stderr();
    lz_region_profile_start();
    cr_expect_str_eq(captured_stderr(), line);
    EXPECT_ERRNO_KEPT();
}

/* Half of it must not count either. */
Test(region_profile, a_damaged_one_changes_nothing)
{
    char lines[256];

    snprintf(lines, sizeof(lines), "%srubbish\n",
             line_of("calloc", SIZE, 5, 100, 100));
    start_with(lines);
    block(SIZE, true);
    cr_expect_eq(wishes, 0);
    cr_expect_not(lz_region_demand_is_dense(class_of(SIZE)));
    expect_refused("it is damaged");
}

Test(region_profile, no_file, NEEDS_LINUX_GLIBC)
{
    expect_refused("No such file or directory");
    cr_assert_eq(mkdir("in", 0777), 0);
    expect_refused("Invalid argument");
    cr_assert_eq(rmdir("in"), 0);
    cr_assert_eq(mkfifo("in", 0666), 0);
    expect_refused("Invalid argument");
}

Test(region_profile, one_that_is_too_long, NEEDS_LINUX_GLIBC)
{
    FILE *file = fopen("in", "w");

    cr_assert_not_null(file);
    cr_assert_eq(ftruncate(fileno(file), LZ_PROFILE_SIZE), 0);
    expect_refused("File too large");
    cr_assert_eq(ftruncate(fileno(file), LZ_PROFILE_SIZE - 1), 0);
    expect_refused("it is no profile of this version");
    fclose(file);
}

Test(region_profile, without_the_option_nothing_is_read)
{
    lz_options.profile[0] = '\0';
    capture_stderr();
    lz_region_profile_start();
    cr_expect_str_empty(captured_stderr());
}
