/* SPDX-License-Identifier: MIT */
#include "control/view.h"

#include <fcntl.h>

#include "files.h"
#include "os/os.h"

#define PLACES 2

WRAPPED(uid_t, geteuid, void);

static struct lz_view_file *file;
static bool other_user; /* than the file's */

uid_t
__wrap_geteuid(void)
{
    return __real_geteuid() + other_user;
}

/* A file of few places, and the environment that names it. */
static void
begin(void)
{
    size_t size = sizeof(*file) + PLACES * sizeof(struct lz_view_process);
    int fd;

    files_begin();
    fd = open("counters", O_RDWR | O_CREAT, 0600);
    cr_assert_eq(ftruncate(fd, (off_t)size), 0);
    file = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    cr_assert_neq((void *)file, MAP_FAILED);
    close(fd);
    memcpy(file->magic, LZ_VIEW_FILE_MAGIC, LZ_VIEW_MAGIC_SIZE);
    file->version = LZ_VIEW_VERSION;
    file->process_size = sizeof(struct lz_view_process);
    file->count = PLACES;
    setenv(LZ_VIEW_VARIABLE, "counters", 1);
}

TestSuite(view, .init = begin, .fini = files_end);

/* Starts, and expects that the words, or none, are said and that no place
 * counts.
 */
static void
expect_refused(const char *words)
{
    capture_stderr();
    lz_view_start();
    if (*words == '\0')
        cr_expect_str_eq(captured_stderr(), "");
    else
        cr_expect_not_null(strstr(captured_stderr(), words));
    LZ_STAT_ADD(refused, 1);
    lz_view_fork_child();
    cr_expect_eq(lz_stats.refused, 1);
    cr_expect_eq(file->processes[0].stats.refused, 0);
}

Test(view, not_asked_for)
{
    unsetenv(LZ_VIEW_VARIABLE);
    expect_refused("");
    cr_expect_eq(file->taken, 0);
}

Test(view, counts_in_its_place_and_what_it_counted_before)
{
    LZ_STAT_ADD(refused, 3);
    lz_view_start();
    LZ_STAT_ADD(refused, 1);
    lz_stats_change(&lz_stats.live_bytes, 4096);
    cr_expect_eq(file->taken, 1);
    cr_expect_eq(file->processes[0].process, (uint64_t)getpid());
    cr_expect_eq(file->processes[0].page_size, lz_os_page_size());
    cr_expect_eq(file->processes[0].stats.refused, 4);
    cr_expect_eq(file->processes[0].stats.live_bytes.peak, 4096);
    if (TEST_HAS_LINUX)
        cr_expect_neq(file->processes[0].program[0], '\0');
}

/* What a child of fork does, in the order of init.c. */
static void
count_in_child(unsigned expected_place)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        lz_view_fork_child();
        lz_stats_fork_child();
        LZ_STAT_ADD(refused, 10);
        _exit(lz_stats.refused == 10 && lz_stats.live_bytes.now == 4096 ? 0
                                                                        : 1);
    }
    waitpid(child, &status, 0);
    cr_expect_eq(status, 0);
    if (expected_place < PLACES) {
        cr_expect_eq(file->processes[expected_place].process, (uint64_t)child);
        cr_expect_eq(file->processes[expected_place].stats.refused, 10);
    }
}

Test(view, a_child_has_a_place_of_its_own)
{
    lz_view_start();
    LZ_STAT_ADD(refused, 1);
    lz_stats_change(&lz_stats.live_bytes, 4096);
    count_in_child(1);
    cr_expect_eq(file->processes[0].stats.refused, 1);
    cr_expect_eq(lz_stats.refused, 1);
}

Test(view, without_a_place_it_counts_in_its_own_memory)
{
    lz_view_start();
    LZ_STAT_ADD(refused, 1);
    lz_stats_change(&lz_stats.live_bytes, 4096);
    file->taken = PLACES;
    count_in_child(PLACES);
    cr_expect_eq(file->taken, PLACES + 1);
    cr_expect_eq(file->processes[0].stats.refused, 1);
    cr_expect_eq(file->processes[1].stats.refused, 0);
}

/* Any process of the tree may write to the file. */
Test(view, a_count_that_somebody_raised_later)
{
    lz_view_start();
    lz_stats_change(&lz_stats.live_bytes, 4096);
    file->count = UINT32_MAX;
    file->taken = 0x100000;
    count_in_child(PLACES);
}

/* Who may truncate it could end this process. */
Test(view, a_file_of_another_user)
{
    other_user = true;
    expect_refused("cannot be used");
}

Test(view, no_place_at_the_start)
{
    file->taken = PLACES;
    expect_refused("");
}

Test(view, a_file_that_is_gone_is_no_error)
{
    unlink("counters");
    expect_refused("");
}

Test(view, another_version)
{
    file->version++;
    expect_refused("counters cannot be used");
}

Test(view, another_layout)
{
    file->process_size += 8;
    expect_refused("counters cannot be used");
}

Test(view, more_places_than_the_file_has)
{
    file->count = PLACES + 1;
    expect_refused("counters cannot be used");
}

Test(view, no_regular_file)
{
    setenv(LZ_VIEW_VARIABLE, "/dev/zero", 1);
    expect_refused("/dev/zero cannot be used");
}

Test(view, too_short)
{
    cr_assert_eq(truncate("counters", 8), 0);
    capture_stderr();
    lz_view_start();
    cr_expect_not_null(strstr(captured_stderr(), "cannot be used"));
    cr_expect_eq(lz_stats.refused, 0);
}
