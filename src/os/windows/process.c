/* SPDX-License-Identifier: MIT */
/* What a process is on Windows, its clocks, and where its thread sleeps. */
#include <stdlib.h>

#include "os/kind.h"
#include "os/windows/windows.h"

/* Units of 100 ns. */
static uint64_t
ticks(const FILETIME *time)
{
    return (uint64_t)time->dwHighDateTime << 32 | time->dwLowDateTime;
}

/* Kernel and user time of all threads. */
static uint64_t
process_time(void)
{
    FILETIME made, ended, kernel = {0}, user = {0};

    GetProcessTimes(GetCurrentProcess(), &made, &ended, &kernel, &user);
    return ticks(&kernel) + ticks(&user);
}

static uint64_t
thread_time(void)
{
    FILETIME made, ended, kernel = {0}, user = {0};

    GetThreadTimes(GetCurrentThread(), &made, &ended, &kernel, &user);
    return ticks(&kernel) + ticks(&user);
}

/* How often a thread waited, Windows does not count for a process. */
void
lz_os_work(struct lz_os_work *work)
{
    work->cpu = process_time() / 10000;
    work->sleeps = 0;
}

/* This thread's time is read first, so that the difference is not negative. */
uint64_t
lz_os_others_time(void)
{
    uint64_t own = thread_time(), all = process_time();

    return all > own ? 100 * (all - own) : 0;
}

uint64_t
lz_os_now(void)
{
    return GetTickCount64();
}

uint64_t
lz_os_now_exact(void)
{
    LARGE_INTEGER now, frequency;
    uint64_t seconds, rest;

    QueryPerformanceCounter(&now);
    QueryPerformanceFrequency(&frequency);
    seconds = (uint64_t)now.QuadPart / (uint64_t)frequency.QuadPart;
    rest = (uint64_t)now.QuadPart % (uint64_t)frequency.QuadPart;
    return seconds * 1000000000 +
           rest * 1000000000 / (uint64_t)frequency.QuadPart;
}

char **
lz_os_environment(void)
{
    return _environ;
}

bool
lz_os_is_privileged(void)
{
    return false; /* no program has other rights than who starts it */
}

int
lz_os_process_id(void)
{
    return (int)GetCurrentProcessId();
}

int
lz_os_thread_id(void)
{
    return (int)GetCurrentThreadId();
}

/* The last part of the program's path. */
const char *
lz_os_program_name(void)
{
    static char path[MAX_PATH + 1];
    const char *name = path;

    if (path[0] == '\0')
        GetModuleFileNameA(NULL, path, MAX_PATH);
    for (const char *at = path; *at != '\0'; at++) {
        if (*at == '\\' || *at == '/')
            name = at + 1;
    }
    return name;
}

int
lz_os_last_error(void)
{
    switch (GetLastError()) {
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_OUTOFMEMORY:
    case ERROR_COMMITMENT_LIMIT:
        return ENOMEM;
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
        return ENOENT;
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION:
        return EACCES;
    case ERROR_DISK_FULL:
        return ENOSPC;
    default:
        return EINVAL;
    }
}

/* --- the background thread's sleep --------------------------------------- */

static HANDLE wakes; /* atomic: an event, which is never closed */

int
lz_os_sleep_start(void)
{
    if (wakes == NULL)
        wakes = CreateEventA(NULL, FALSE, FALSE, NULL);
    return wakes != NULL ? 0 : EAGAIN;
}

void
lz_os_sleep(size_t ms)
{
    WaitForSingleObject(wakes, ms == 0 ? INFINITE : (DWORD)ms);
}

void
lz_os_wake(void)
{
    SetEvent(wakes);
}

void
lz_os_pause(size_t us)
{
    Sleep((DWORD)(us + 999) / 1000);
}

size_t
lz_os_count_processors(void)
{
    DWORD count = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);

    return count == 0 ? 1 : count;
}
