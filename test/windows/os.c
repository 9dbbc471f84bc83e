/* SPDX-License-Identifier: MIT */
/* src/os/windows: what os.h promises, on memory as VirtualQuery sees it. */
#include "os/windows/windows.h"

#include <criterion/criterion.h>

#include "os/stack.h"

#define GRANULE (2 * LZ_MIB)

static size_t
page(void)
{
    return lz_os_page_size();
}

/* Bytes of the address space that are in that state. */
static size_t
in_state(DWORD state)
{
    MEMORY_BASIC_INFORMATION info;
    size_t sum = 0;

    for (char *at = NULL; VirtualQuery(at, &info, sizeof(info)) != 0;
         at = (char *)info.BaseAddress + info.RegionSize) {
        if (info.State == state && info.Type == MEM_PRIVATE)
            sum += info.RegionSize;
    }
    return sum;
}

static DWORD
state_of(const char *p)
{
    MEMORY_BASIC_INFORMATION info;

    cr_assert_neq(VirtualQuery(p, &info, sizeof(info)), 0);
    return info.State;
}

static bool
is_all_zero(const char *p, size_t n)
{
    return p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

/* --- mappings ------------------------------------------------------------ */

Test(windows_os, a_mapping_is_aligned_zero_and_writable)
{
    for (size_t align = page(); align <= 64 * LZ_MIB; align *= 2) {
        char *p = lz_os_map(3 * LZ_MIB, align);

        cr_assert_not_null(p);
        cr_expect_eq((uintptr_t)p % align, 0, "%zu", align);
        cr_expect(is_all_zero(p, 3 * LZ_MIB));
        memset(p, 0xA5, 3 * LZ_MIB);
        cr_expect_eq(lz_os_unmap(p, 3 * LZ_MIB), 0);
        cr_expect_eq(state_of(p), MEM_FREE, "%zu", align);
    }
}

Test(windows_os, what_does_not_fit_is_refused)
{
    cr_expect_null(lz_os_map(LZ_SIZE_LIMIT & ~(page() - 1), GRANULE));
    cr_expect_null(lz_os_map((size_t)1 << 52, page()));
}

/* Whichever part is the last one. */
Test(windows_os, the_last_part_takes_the_address_space_along)
{
    for (size_t last = 0; last < 4; last++) {
        char *p = lz_os_map(4 * GRANULE, GRANULE);

        cr_assert_not_null(p);
        for (size_t i = 0; i < 4; i++) {
            if (i != last)
                cr_expect_eq(lz_os_unmap(p + i * GRANULE, GRANULE), 0);
        }
        cr_expect_eq(state_of(p + last * GRANULE), MEM_COMMIT);
        cr_expect_eq(state_of(p + (last + 1) % 4 * GRANULE), MEM_RESERVE);
        cr_expect_eq(lz_os_unmap(p + last * GRANULE, GRANULE), 0);
        cr_expect_eq(state_of(p + last * GRANULE), MEM_FREE);
    }
}

Test(windows_os, a_mapping_grows_where_its_end_was_given_back)
{
    char *p = lz_os_map(4 * GRANULE, GRANULE);

    cr_assert_not_null(p);
    memset(p, 0xA5, 4 * GRANULE);
    cr_assert_eq(lz_os_unmap(p + GRANULE, 3 * GRANULE), 0);
    cr_assert_eq(lz_os_extend(p, GRANULE, 3 * GRANULE), 0);
    cr_expect(is_all_zero(p + GRANULE, 2 * GRANULE));
    cr_expect_eq((unsigned char)p[GRANULE - 1], 0xA5);
    cr_expect_eq(lz_os_extend(p, 2 * GRANULE, 3 * GRANULE), ENOMEM);
    cr_expect(lz_os_is_plain(p, 3 * GRANULE));
    cr_expect_eq(lz_os_unmap(p, 3 * GRANULE), 0);
    cr_expect_eq(state_of(p), MEM_FREE);
}

/* Into free space: two allocations, which are one mapping to us. */
Test(windows_os, a_mapping_of_two_allocations_is_one)
{
    char *p = lz_os_map(4 * GRANULE, GRANULE);
    size_t committed, reserved;
    struct lz_os_range range;
    char *resume;

    cr_assert_eq(lz_os_unmap(p, 4 * GRANULE), 0);
    committed = in_state(MEM_COMMIT);
    reserved = in_state(MEM_RESERVE);
    cr_assert_eq(VirtualAlloc(p, GRANULE,
                              MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH,
                              PAGE_READWRITE),
                 p);
    cr_assert_eq(lz_os_extend(p, GRANULE, 3 * GRANULE), 0);
    memset(p + GRANULE - page(), 0xA5, 2 * page());
    cr_expect(lz_os_is_plain(p, 3 * GRANULE));
    cr_assert_eq(lz_os_find_populated(LZ_OS_ORACLE_SCAN, p, p + 3 * GRANULE,
                                      &range, 1, &resume),
                 1);
    cr_expect_eq(range.start, (uintptr_t)p + GRANULE - page());
    cr_expect_eq(range.end, (uintptr_t)p + GRANULE + page());
    cr_expect_eq(lz_os_map_over(p + GRANULE - page(), 2 * page()), 0);
    cr_expect(is_all_zero(p, 3 * GRANULE));
    cr_expect_eq(lz_os_unmap(p, 3 * GRANULE), 0);
    cr_expect_eq(in_state(MEM_COMMIT), committed);
    cr_expect_eq(in_state(MEM_RESERVE), reserved);
}

Test(windows_os, mapped_over_is_zero_and_of_no_pages)
{
    char *p = lz_os_map(GRANULE, GRANULE), *resume;
    struct lz_os_range range;
    DWORD before;

    memset(p, 0xA5, GRANULE);
    cr_assert(VirtualProtect(p + page(), page(), PAGE_NOACCESS, &before));
    cr_expect_eq(lz_os_map_over(p, GRANULE), 0);
    cr_expect_eq(lz_os_find_populated(LZ_OS_ORACLE_SCAN, p, p + GRANULE, &range,
                                      1, &resume),
                 0);
    cr_expect_eq(resume, p + GRANULE);
    cr_expect(is_all_zero(p, GRANULE));
}

/* Else somebody might find a hole there, or an old byte in place of a zero. */
Test(windows_os, memory_is_not_discarded_in_part)
{
    char *p = lz_os_map(GRANULE, GRANULE);

    memset(p, 0xA5, GRANULE);
    cr_expect_eq(lz_os_discard(p, GRANULE), ENOSYS);
    cr_expect_not(lz_os_discard_zeroes());
    cr_expect(lz_os_is_plain(p, GRANULE));
    cr_expect_eq((unsigned char)p[GRANULE - 1], 0xA5);
}

/* --- what is known of it ------------------------------------------------- */

/* More ranges than fit in one answer, and more pages than in one question. */
Test(windows_os, exactly_the_written_pages_are_found)
{
    size_t pages = 4096, found = 0;
    char *p = lz_os_map(pages * page(), GRANULE), *at = p;
    struct lz_os_range ranges[16];
    int count;

    for (size_t i = 0; i < pages; i++) {
        if (i % 3 == 0 || i >= pages / 2)
            p[i * page() + i % page()] = 1;
    }
    while (at < p + pages * page()) {
        count = lz_os_find_populated(LZ_OS_ORACLE_SCAN, at, p + pages * page(),
                                     ranges, 16, &at);
        cr_assert_geq(count, 0);
        for (int i = 0; i < count; i++) {
            size_t first = (ranges[i].start - (uintptr_t)p) / page();

            cr_expect(first % 3 == 0 || first >= pages / 2);
            found += (ranges[i].end - ranges[i].start) / page();
        }
    }
    cr_expect_eq(found, pages / 2 + (pages / 2 + 2) / 3);
}

Test(windows_os, a_page_that_left_the_working_set_is_found)
{
    char *p = lz_os_map(GRANULE, GRANULE), *resume;
    struct lz_os_range range;

    p[5 * page()] = 1;
    SetProcessWorkingSetSize(GetCurrentProcess(), (SIZE_T)-1, (SIZE_T)-1);
    cr_assert_eq(lz_os_find_populated(LZ_OS_ORACLE_SCAN, p, p + GRANULE, &range,
                                      1, &resume),
                 1);
    cr_expect_eq(range.start, (uintptr_t)p + 5 * page());
    cr_expect_eq(range.end, (uintptr_t)p + 6 * page());
}

/* By a system call, which writes for the program. */
Test(windows_os, a_page_that_the_system_wrote_is_found)
{
    char *p = lz_os_map(GRANULE, GRANULE), *resume, path[MAX_PATH];
    struct lz_os_range range;
    DWORD count;
    HANDLE file;

    GetModuleFileNameA(NULL, path, sizeof(path));
    file = CreateFileA(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING,
                       0, NULL);
    cr_assert_neq(file, INVALID_HANDLE_VALUE);
    cr_assert(ReadFile(file, p + 7 * page(), 2 * (DWORD)page(), &count, NULL));
    CloseHandle(file);
    cr_assert_eq(lz_os_find_populated(LZ_OS_ORACLE_SCAN, p, p + GRANULE, &range,
                                      1, &resume),
                 1);
    cr_expect_eq(range.start, (uintptr_t)p + 7 * page());
    cr_expect_eq(range.end, (uintptr_t)p + 9 * page());
}

/* Not known is an answer too; that a page was not written would be a wrong one.
 */
Test(windows_os, memory_whose_writes_nobody_watches_is_not_known)
{
    char *p = VirtualAlloc(NULL, GRANULE, MEM_RESERVE | MEM_COMMIT,
                           PAGE_READWRITE),
         *resume;
    struct lz_os_range range;

    cr_expect_eq(lz_os_find_populated(LZ_OS_ORACLE_SCAN, p, p + GRANULE, &range,
                                      1, &resume),
                 -1);
    p = lz_os_map(GRANULE, GRANULE);
    cr_expect_eq(lz_os_find_populated(LZ_OS_ORACLE_PAGEMAP, p, p + GRANULE,
                                      &range, 1, &resume),
                 -1);
    VirtualFree(p + page(), page(), MEM_DECOMMIT);
    cr_expect_eq(lz_os_find_populated(LZ_OS_ORACLE_SCAN, p, p + GRANULE, &range,
                                      1, &resume),
                 -1);
}

Test(windows_os, what_a_program_did_to_a_mapping_is_noticed)
{
    char *p = lz_os_map(GRANULE, GRANULE);
    DWORD before;

    cr_expect(lz_os_is_plain(p, GRANULE) && lz_os_make_plain(p, GRANULE));
    cr_assert(VirtualProtect(p + page(), page(), PAGE_READONLY, &before));
    cr_expect_not(lz_os_is_plain(p, GRANULE));
    cr_expect_not(lz_os_is_surely_plain(p, GRANULE));
    cr_expect_not(lz_os_make_plain(p, GRANULE));
    cr_expect(lz_os_is_mapped(p, GRANULE));
    cr_assert(VirtualProtect(p + page(), page(), PAGE_READWRITE, &before));
    cr_expect(lz_os_is_plain(p, GRANULE));
    cr_assert(VirtualFree(p + page(), page(), MEM_DECOMMIT));
    cr_expect_not(lz_os_is_plain(p, GRANULE));
    cr_expect_not(lz_os_is_mapped(p, GRANULE));
}

Test(windows_os, a_protected_page_is_not_plain)
{
    char *p = lz_os_map(GRANULE, GRANULE);

    cr_expect_eq(lz_os_protect(p + page(), page()), 0);
    cr_expect_not(lz_os_is_plain(p, GRANULE));
    cr_expect(lz_os_is_plain(p, page()));
    cr_expect_eq(lz_os_unmap(p, GRANULE), 0);
    cr_expect_eq(lz_os_protect(p, GRANULE), EINVAL);
}

Test(windows_os, a_move_only_takes_the_target_away)
{
    char *p = lz_os_map(GRANULE, GRANULE), *q = lz_os_map(GRANULE, GRANULE);

    p[0] = 1;
    cr_expect_eq(lz_os_move(p, GRANULE, q, GRANULE), ENOSYS);
    cr_expect_eq(p[0], 1);
    cr_expect_eq(state_of(q), MEM_FREE);
}

/* --- the process --------------------------------------------------------- */

Test(windows_os, figures_of_machine_and_process)
{
    uint64_t now = lz_os_now_exact();
    struct lz_os_work work;

    cr_expect_gt(lz_os_memory_size(), 64 * LZ_MIB);
    cr_expect_gt(lz_os_memory_free(), 0);
    cr_expect_leq(lz_os_memory_free(), (size_t)1 << 52);
    lz_os_pause(2000);
    cr_expect_geq(lz_os_now_exact(), now + 1000000);
    lz_os_work(&work);
    cr_expect_lt(work.cpu, 60000);
    cr_expect_str_eq(lz_os_program_name(), "windows_os.exe");
    cr_expect_eq(lz_os_process_id(), (int)GetCurrentProcessId());
    cr_expect_not_null(lz_os_environment());
}

Test(windows_os, a_wake_that_came_before_ends_the_sleep)
{
    cr_assert_eq(lz_os_sleep_start(), 0);
    lz_os_wake();
    lz_os_sleep(0);
    lz_os_sleep(1);
}

static void
expect_file(const char *name, const char *wanted)
{
    FILE *file = fopen(name, "rb");
    char text[64] = "";

    cr_assert_not_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    cr_expect_str_eq(text, wanted);
}

Test(windows_os, files_are_appended_truncated_and_replaced)
{
    struct lz_os_file file, other;

    lz_os_file_remove("windows_os.1");
    lz_os_file_remove("windows_os.2");
    cr_assert_eq(lz_os_file_open(&file, "windows_os.1", false), 0);
    cr_expect(file.was_empty);
    cr_assert_eq(lz_os_file_open(&other, "windows_os.1", false), 0);
    cr_expect_eq(lz_os_file_write(&file, "a\n", 2), 0);
    cr_expect_eq(lz_os_file_write(&other, "b\n", 2), 0);
    cr_expect_eq(lz_os_file_write(&file, "c\n", 2), 0);
    lz_os_file_close(&file);
    lz_os_file_close(&other);
    cr_expect_eq(lz_os_file_write(&file, "d\n", 2), ESTALE);
    expect_file("windows_os.1", "a\nb\nc\n");
    cr_assert_eq(lz_os_file_open(&file, "windows_os.2", true), 0);
    cr_expect_eq(lz_os_file_write(&file, "e", 1), 0);
    lz_os_file_close(&file);
    cr_expect_eq(lz_os_file_rename("windows_os.2", "windows_os.1"), 0);
    expect_file("windows_os.1", "e");
    lz_os_file_remove("windows_os.1");
    cr_expect_eq(lz_os_file_open(&file, "no\\such\\folder", false), ENOENT);
}
