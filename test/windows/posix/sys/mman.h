/* SPDX-License-Identifier: MIT */
/* What the units use of mmap(2) and its relatives, by VirtualAlloc. */
#ifndef TEST_SYS_MMAN_H
#define TEST_SYS_MMAN_H

#define WIN32_LEAN_AND_MEAN
#define PSAPI_VERSION 2
#include <stddef.h>
#include <unistd.h>
#include <windows.h>

#include <psapi.h>

/* Words of its headers' from before there were 32 bits. */
#undef far
#undef near

#define PROT_NONE 0
#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_PRIVATE 2
#define MAP_ANONYMOUS 0x20
#define MAP_NORESERVE 0x4000
#define MAP_FAILED ((void *)-1)
#define MADV_DONTNEED 4

static inline DWORD
mman_protection(int prot)
{
    return prot == PROT_NONE   ? PAGE_NOACCESS
           : prot == PROT_READ ? PAGE_READONLY
                               : PAGE_READWRITE;
}

static inline void *
mmap(void *hint, size_t length, int prot, int flags, int fd, long offset)
{
    void *p = VirtualAlloc(hint, length, MEM_RESERVE | MEM_COMMIT,
                           mman_protection(prot));

    (void)flags;
    (void)fd;
    (void)offset;
    return p != NULL ? p : MAP_FAILED;
}

/* Of a part the address space stays reserved. */
static inline int
munmap(void *p, size_t n)
{
    return VirtualFree(p, 0, MEM_RELEASE) || VirtualFree(p, n, MEM_DECOMMIT)
               ? 0
               : -1;
}

static inline int
mprotect(void *p, size_t n, int prot)
{
    DWORD before;

    return VirtualProtect(p, n, mman_protection(prot), &before) ? 0 : -1;
}

#define _SC_PAGESIZE 30

static inline long
sysconf(int name)
{
    SYSTEM_INFO info;

    (void)name;
    GetSystemInfo(&info);
    return (long)info.dwPageSize;
}

/* For each page, whether it is in the working set. */
static inline int
mincore(void *p, size_t n, unsigned char *map)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    for (size_t i = 0; i < n / page; i++) {
        PSAPI_WORKING_SET_EX_INFORMATION info = {.VirtualAddress =
                                                     (char *)p + i * page};
        MEMORY_BASIC_INFORMATION known;

        if (VirtualQuery(info.VirtualAddress, &known, sizeof(known)) == 0 ||
            known.State != MEM_COMMIT ||
            !QueryWorkingSetEx(GetCurrentProcess(), &info, sizeof(info)))
            return -1;
        map[i] = info.VirtualAttributes.Valid;
    }
    return 0;
}

#endif
