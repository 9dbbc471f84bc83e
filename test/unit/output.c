/* SPDX-License-Identifier: MIT */
#include "control/output.h"

#include "files.h"

WRAPPED(int, lz_os_process_id, void);

int
__wrap_lz_os_process_id(void)
{
    return 4711;
}

TestSuite(output, .init = files_begin, .fini = files_end);

static void
expect_opens(const char *name, const char *path)
{
    struct lz_os_file file;

    cr_assert_eq(lz_output_open(&file, name, true), 0);
    cr_expect_eq(lz_os_file_write(&file, name, strlen(name)), 0);
    lz_os_file_close(&file);
    cr_expect_str_eq(files_read(path), name);
}

Test(output, the_process_in_the_name)
{
    expect_opens("plain.json", "plain.json");
    expect_opens("a.%p", "a.4711");
    expect_opens("%p-%p.json", "4711-4711.json");
    expect_opens("100%.q%q%", "100%.q%q%");
}

Test(output, one_is_standard_error)
{
    cr_expect(lz_output_is_stderr("1"));
    cr_expect(!lz_output_is_stderr(""));
    cr_expect(!lz_output_is_stderr("11"));
    cr_expect(!lz_output_is_stderr("/1"));
}

Test(output, complaints, NEEDS_LINUX_GLIBC)
{
    struct lz_os_file file;
    int error = lz_output_open(&file, "no/%p", true);

    cr_expect_eq(error, ENOENT);
    capture_stderr();
    lz_output_complain("LAZYZERO_STATS", "no/%p", error, "it follows here");
    cr_expect_str_eq(captured_stderr(),
                     "liblazyzero: LAZYZERO_STATS=no/%p: cannot be written (No "
                     "such file or directory); it follows here\n");
    capture_stderr();
    lz_output_complain("X", "y", 12345, "nothing");
    cr_expect_str_eq(captured_stderr(), "liblazyzero: X=y: cannot be written "
                                        "(error 12345); nothing\n");
}
