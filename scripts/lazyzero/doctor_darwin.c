/* SPDX-License-Identifier: MIT */
#include "doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysctl.h>

#include "host.h"
#include "os/os.h" /* the library's own view of this system */
#include "text.h"

enum { PAGES = 8, TOUCHED = 5 };

/*
 * Tries the questions that the library asks at each reuse, on pages of our own.
 */
static bool
query_works(char *pages, size_t page)
{
    struct lz_os_range found[PAGES];
    char *end = pages + PAGES * page, *resume = pages;
    int count = lz_os_find_populated(LZ_OS_ORACLE_SCAN, pages, end, found,
                                     PAGES, &resume);

    return count == 1 && resume == end &&
           found[0].start == (uintptr_t)pages + TOUCHED * page &&
           found[0].end == found[0].start + page;
}

static bool
zero_works(char *pages, size_t page)
{
    volatile char *touched = pages + TOUCHED * page;

    return lz_os_zero(pages, PAGES * page) == 0 && *touched == 0;
}

static void
check_pages(void)
{
    size_t page = lz_os_page_size();
    char *pages = lz_os_map(PAGES * page, page);

    if (pages == NULL) {
        doctor_say(DOCTOR_FAIL, "page table", "mach_vm_map refuses memory");
        return;
    }
    *(volatile char *)(pages + TOUCHED * page) = 1;
    if (query_works(pages, page))
        doctor_say(
            DOCTOR_OK, "page table",
            "mach_vm_page_range_query works: of a reused block, only the "
            "pages that were used are cleared");
    else
        doctor_say(
            DOCTOR_WARN, "page table",
            "cannot be read (a sandbox?): reused blocks are mapped anew, "
            "and each page faults again");
    doctor_say(DOCTOR_OK, "zeroing",
               zero_works(pages, page)
                   ? "MADV_ZERO works: many used pages are zeroed in one call"
                   : "no MADV_ZERO: many used pages are mapped anew");
    lz_os_unmap(pages, PAGES * page);
}

static void
check_memory(void)
{
    double memory = (double)lz_os_memory_size();
    struct xsw_usage swap = {0};
    size_t size = sizeof(swap);

    doctor_say(DOCTOR_OK, "memory",
               "%s: a process keeps freed large blocks only if it was seen to "
               "want them again (LAZYZERO_RETAIN)",
               text_bytes(memory));
    if (sysctlbyname("vm.swapusage", &swap, &size, NULL, 0) == 0)
        doctor_say(
            DOCTOR_OK, "swap",
            "%s in use: kept blocks may be compressed or swapped out when "
            "memory is short. The library still knows which of their "
            "pages were used",
            text_bytes((double)swap.xsu_used));
}

static void
check_translation(void)
{
    int translated = 0;
    size_t size = sizeof(translated);

    if (sysctlbyname("sysctl.proc_translated", &translated, &size, NULL, 0) ==
            0 &&
        translated != 0)
        doctor_say(DOCTOR_WARN, "rosetta",
                   "this command is translated: install the build for arm64, "
                   "or programs for arm64 find no library");
}

/* csrutil(8): "System Integrity Protection status: enabled." */
static void
check_protection(void)
{
    FILE *pipe = popen("/usr/bin/csrutil status 2>/dev/null", "r");
    char line[256] = "", *status;

    if (pipe != NULL && fgets(line, sizeof(line), pipe) == NULL)
        line[0] = '\0';
    if (pipe != NULL)
        pclose(pipe);
    line[strcspn(line, ".\n")] = '\0';
    status = strstr(line, "status: ");
    doctor_say(DOCTOR_OK, "protection",
               "System Integrity Protection: %s; while it is enabled, the "
               "system's own programs (/usr/bin, /bin, /sbin, /System) take no "
               "library. Homebrew's do",
               status == NULL ? "unknown, csrutil does not tell"
                              : status + strlen("status: "));
}

void
doctor_check_system(void)
{
    char *machine = host_describe();

    doctor_say(DOCTOR_OK, "system", "%s", machine);
    free(machine);
    check_translation();
    check_pages();
    check_memory();
    doctor_say(DOCTOR_OK, "small blocks", "served by %s",
               strcmp(BACKEND, "system") == 0 ? "the system's malloc"
                                              : BACKEND);
    check_protection();
}
