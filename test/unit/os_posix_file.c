/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <sys/stat.h>

#include "files.h"
#include "os/os.h"

TestSuite(os_posix_file, .init = files_begin, .fini = files_end);

static void
open_as(struct lz_os_file *file, bool truncate, bool was_empty)
{
    errno = ERRNO_MARK;
    cr_assert_eq(lz_os_file_open(file, "file", truncate), 0);
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(file->was_empty, was_empty);
}

Test(os_posix_file, written_appended_and_replaced)
{
    struct lz_os_file file;

    open_as(&file, false, true);
    cr_expect_eq(lz_os_file_write(&file, "one", 3), 0);
    lz_os_file_close(&file);
    open_as(&file, false, false);
    cr_expect_eq(lz_os_file_write(&file, " two", 4), 0);
    lz_os_file_close(&file);
    cr_expect_str_eq(files_read("file"), "one two");
    open_as(&file, true, true);
    lz_os_file_close(&file);
    cr_expect_str_empty(files_read("file"));
}

/* A limit lets the first part through, and refuses the next. */
Test(os_posix_file, goes_on_after_a_part_and_gives_the_error)
{
    const struct rlimit limit = {7, 7};
    struct lz_os_file file;

    open_as(&file, true, true);
    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    errno = ERRNO_MARK;
    cr_expect_eq(lz_os_file_write(&file, "abcdefgh", 8), EFBIG);
    EXPECT_ERRNO_KEPT();
    lz_os_file_close(&file);
    cr_expect_str_eq(files_read("file"), "abcdefg");
}

Test(os_posix_file, out_of_the_programs_way)
{
    struct lz_os_file file;
    int lowest;

    open_as(&file, true, true);
    cr_expect_geq(file.fd, LZ_OS_FD_LEAST);
    cr_expect_eq(fcntl(file.fd, F_GETFD), FD_CLOEXEC);
    lowest = open("/dev/null", O_RDONLY);
    cr_expect_lt(lowest, LZ_OS_FD_LEAST);
    close(lowest);
    lz_os_file_close(&file);
    cr_expect_eq(file.fd, -1);
}

/* A daemon closes every descriptor, and opens files of its own. */
Test(os_posix_file, another_file_under_the_number_is_not_written)
{
    struct lz_os_file file;
    int other = open("other", O_WRONLY | O_CREAT, 0600), number;

    open_as(&file, true, true);
    number = file.fd;
    cr_assert_eq(dup2(other, number), number);
    errno = ERRNO_MARK;
    cr_expect_eq(lz_os_file_write(&file, "mine", 4), ESTALE);
    lz_os_file_close(&file);
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(fcntl(number, F_GETFD), 0, "another's file was closed");
    cr_expect_str_empty(files_read("other"));
    cr_expect_eq(lz_os_file_write(&file, "mine", 4), ESTALE);
}

Test(os_posix_file, what_cannot_be_opened)
{
    struct lz_os_file file;

    errno = ERRNO_MARK;
    cr_expect_eq(lz_os_file_open(&file, "no/file", true), ENOENT);
    cr_expect_eq(lz_os_file_open(&file, ".", true), EISDIR);
    EXPECT_ERRNO_KEPT();
    cr_expect_eq(file.fd, -1);
}

Test(os_posix_file, working_folder)
{
    char path[256], small[4];

    errno = ERRNO_MARK;
    cr_expect_eq(lz_os_working_folder(path, sizeof(path)),
                 strlen(files_folder));
    cr_expect_str_eq(path, files_folder);
    cr_expect_eq(lz_os_working_folder(small, sizeof(small)), 0);
    EXPECT_ERRNO_KEPT();
}

/* What is read, and the error. */
static const char *
read_as(const char *name, size_t size, int error)
{
    static char text[16];
    size_t length = 0;

    errno = ERRNO_MARK;
    cr_expect_eq(lz_os_file_read(name, text, size, &length), error, "%s", name);
    EXPECT_ERRNO_KEPT();
    text[length] = '\0';
    return text;
}

Test(os_posix_file, read)
{
    struct lz_os_file file;
    int before = dup(0), after;

    open_as(&file, true, true);
    cr_expect_str_empty(read_as("file", 3, 0));
    cr_expect_eq(lz_os_file_write(&file, "one", 3), 0);
    cr_expect_str_eq(read_as("file", 3, 0), "one");
    cr_expect_str_eq(read_as("file", 15, 0), "one");
    read_as("file", 2, EFBIG);
    lz_os_file_close(&file);
    read_as("none", 3, ENOENT);
    read_as(".", 3, EINVAL);
    cr_assert_eq(mkfifo("pipe", 0600), 0);
    read_as("pipe", 3, EINVAL);
    after = dup(0);
    cr_expect_eq(after, before + 1, "a descriptor stayed open");
}
