/* SPDX-License-Identifier: MIT */
/*
 * Mappings on Windows: VirtualAlloc.
 *
 * Memory is committed when it is mapped, since nothing commits it at the first
 * touch: it counts against the system's commit limit (RAM and page files), but
 * not against RAM. Writes are watched (MEM_WRITE_WATCH), which is how query.c
 * knows the pages that were never written.
 */
#include "os/windows/windows.h"

/* Held where committed memory goes away, so that one thread at a time sees an
 * allocation of which nothing is left. */
static SRWLOCK lock = SRWLOCK_INIT;

static DWORD
granularity(void)
{
    SYSTEM_INFO info;

    GetSystemInfo(&info);
    return info.dwAllocationGranularity;
}

size_t
lz_os_page_size(void)
{
    static size_t known; /* atomic */
    size_t size = __atomic_load_n(&known, __ATOMIC_RELAXED);
    SYSTEM_INFO info;

    if (LZ_UNLIKELY(size == 0)) {
        GetSystemInfo(&info);
        size = info.dwPageSize;
        __atomic_store_n(&known, size, __ATOMIC_RELAXED);
    }
    return size;
}

/* --- new mappings -------------------------------------------------------- */

/* VirtualAlloc2, of Windows 10 1803. */
typedef PVOID(WINAPI *allocate_aligned_t)(HANDLE process, PVOID base,
                                          SIZE_T size, ULONG type,
                                          ULONG protection,
                                          MEM_EXTENDED_PARAMETER *parameters,
                                          ULONG count);

static void *WINAPI
refuse(HANDLE process, PVOID base, SIZE_T size, ULONG type, ULONG protection,
       MEM_EXTENDED_PARAMETER *parameters, ULONG count)
{
    (void)process;
    (void)base;
    (void)size;
    (void)type;
    (void)protection;
    (void)parameters;
    (void)count;
    return NULL;
}

/* Where the system lacks it: a function that always refuses. */
static allocate_aligned_t
find_allocate_aligned(void)
{
    static allocate_aligned_t known; /* atomic */
    allocate_aligned_t found = __atomic_load_n(&known, __ATOMIC_RELAXED);
    HMODULE library;

    if (LZ_LIKELY(found != NULL))
        return found;
    library = GetModuleHandleA("kernelbase.dll");
    if (library != NULL)
        found = (allocate_aligned_t)(void *)GetProcAddress(library,
                                                           "VirtualAlloc2");
    if (found == NULL)
        found = refuse;
    __atomic_store_n(&known, found, __ATOMIC_RELAXED);
    return found;
}

/* In one call, by which no page table is written yet. */
static void *
allocate_aligned(size_t length, size_t align, DWORD watch)
{
    MEM_ADDRESS_REQUIREMENTS wanted = {.Alignment = align};
    MEM_EXTENDED_PARAMETER parameter = {
        .Type = MemExtendedParameterAddressRequirements, .Pointer = &wanted};

    return find_allocate_aligned()(NULL, NULL, length,
                                   MEM_RESERVE | MEM_COMMIT | watch,
                                   PAGE_READWRITE, &parameter, 1);
}

/* Reserves too much, and leaves both ends reserved: that costs no memory. */
static void *
reserve_and_commit(size_t length, size_t align, DWORD watch)
{
    char *p, *start;

    if (align > LZ_SIZE_LIMIT || length > LZ_SIZE_LIMIT - align)
        return NULL;
    p = VirtualAlloc(NULL, length + align, MEM_RESERVE | watch, PAGE_READWRITE);
    if (p == NULL)
        return NULL;
    start = (char *)lz_round_up((uintptr_t)p, align);
    if (VirtualAlloc(start, length, MEM_COMMIT, PAGE_READWRITE) != NULL)
        return start;
    VirtualFree(p, 0, MEM_RELEASE);
    return NULL;
}

static void *
map(size_t length, size_t align, DWORD watch)
{
    void *p;

    if (align <= granularity())
        return VirtualAlloc(NULL, length, MEM_RESERVE | MEM_COMMIT | watch,
                            PAGE_READWRITE);
    p = allocate_aligned(length, align, watch);
    return p != NULL ? p : reserve_and_commit(length, align, watch);
}

/* The system may have no memory for the watch, but for the mapping. */
void *
lz_os_map(size_t length, size_t align)
{
    void *p = map(length, align, MEM_WRITE_WATCH);

    return p != NULL ? p : map(length, align, 0);
}

/*
 * The same allocation, where its end was given back; else another one, which
 * has to lie directly behind.
 */
int
lz_os_extend(void *start, size_t length, size_t longer)
{
    char *end = (char *)start + length, *to = (char *)start + longer;
    DWORD type = MEM_RESERVE | MEM_COMMIT | MEM_WRITE_WATCH;
    struct lz_os_part own, behind;

    if (!lz_os_find_part(end - lz_os_page_size(), end, &own) ||
        !lz_os_find_part(end, to, &behind))
        return ENOMEM;
    if (behind.end < to || behind.state == MEM_COMMIT)
        return ENOMEM;
    if (behind.state == MEM_RESERVE) {
        if (behind.allocation != own.allocation)
            return ENOMEM;
        type = MEM_COMMIT;
    }
    return VirtualAlloc(end, longer - length, type, PAGE_READWRITE) != NULL
               ? 0
               : ENOMEM;
}

/* --- memory that goes away ----------------------------------------------- */

/* Is nothing of the allocation committed? */
static bool
is_empty(char *allocation)
{
    struct lz_os_part part = {.end = allocation};

    while (lz_os_find_part(part.end, (char *)UINTPTR_MAX, &part) &&
           part.allocation == allocation) {
        if (part.state == MEM_COMMIT)
            return false;
    }
    return true;
}

/* A part of an allocation; all of it with the last part. */
static int
give_back(const struct lz_os_part *part)
{
    size_t length = (size_t)(part->end - part->start);
    char *allocation = part->allocation;

    if (part->state == MEM_FREE)
        return 0;
    if (part->state == MEM_COMMIT &&
        !VirtualFree(part->start, length, MEM_DECOMMIT))
        return lz_os_last_error();
    if (is_empty(allocation) && !VirtualFree(allocation, 0, MEM_RELEASE))
        return lz_os_last_error();
    return 0;
}

/* True: the mapping is exactly one allocation, and gone. */
static bool
give_back_whole(char *start, char *end)
{
    struct lz_os_part part, next;

    if (!lz_os_find_part(start, (char *)UINTPTR_MAX, &part) ||
        part.allocation != start || part.end != end)
        return false;
    if (lz_os_find_part(end, (char *)UINTPTR_MAX, &next) &&
        next.allocation == start)
        return false;
    return VirtualFree(start, 0, MEM_RELEASE);
}

static int
give_back_parts(char *start, char *end)
{
    struct lz_os_part part;
    int error = 0;

    for (; start < end && error == 0; start = part.end) {
        if (!lz_os_find_part(start, end, &part))
            return EINVAL;
        error = give_back(&part);
    }
    return error;
}

int
lz_os_unmap(void *start, size_t length)
{
    char *end = (char *)start + length;
    int error = 0;

    AcquireSRWLockExclusive(&lock);
    if (!give_back_whole(start, end))
        error = give_back_parts(start, end);
    ReleaseSRWLockExclusive(&lock);
    return error;
}

/*
 * Nothing else gives zeros at once. Another process may take what was given
 * back before it is committed again.
 */
static int
renew(char *start, char *end)
{
    struct lz_os_part part;

    for (; start < end; start = part.end) {
        if (!lz_os_find_part(start, end, &part) || part.state == MEM_FREE ||
            part.type == MEM_MAPPED || part.type == MEM_IMAGE)
            return EINVAL;
        if (part.state == MEM_COMMIT &&
            !VirtualFree(start, (size_t)(part.end - start), MEM_DECOMMIT))
            return lz_os_last_error();
        if (VirtualAlloc(start, (size_t)(part.end - start), MEM_COMMIT,
                         PAGE_READWRITE) == NULL)
            return ENOMEM;
        ResetWriteWatch(start, (size_t)(part.end - start));
    }
    return 0;
}

int
lz_os_map_over(void *start, size_t length)
{
    int error;

    AcquireSRWLockExclusive(&lock);
    error = renew(start, (char *)start + length);
    ReleaseSRWLockExclusive(&lock);
    return error;
}

int
lz_os_protect(void *start, size_t length)
{
    char *at = start, *end = at + length;
    struct lz_os_part part;
    DWORD before;

    /* One allocation a call. */
    for (; at < end; at = part.end) {
        if (!lz_os_find_part(at, end, &part))
            return EINVAL;
        if (!VirtualProtect(at, (size_t)(part.end - at), PAGE_NOACCESS,
                            &before))
            return lz_os_last_error();
    }
    return 0;
}

/*
 * Decommitted memory would read as zero, but to commit it again may fail, and
 * somebody counts on it. After MEM_RESET a page may still hold what it held,
 * and nobody promises that the write watch still has it.
 */
int
lz_os_discard(void *start, size_t length)
{
    (void)start;
    (void)length;
    return ENOSYS;
}

bool
lz_os_discard_zeroes(void)
{
    return false;
}
