/* SPDX-License-Identifier: MIT */
/*
 * Start and end of the library on Windows, where it replaces no names: neither
 * the static library nor the DLL is a program's malloc.
 */
#include <string.h>

#include "front/background.h"
#include "front/init.h"
#include "front/route.h"
#include "lazyzero/lazyzero.h"
#include "os/windows/windows.h"

LZ_EXPORT int
lazyzero_is_active(void)
{
    return 0;
}

/*
 * The DLL stays loaded, since its blocks would be there without it. In a static
 * library this pins the program.
 */
static void
stay(void)
{
    HMODULE self;

    GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                           GET_MODULE_HANDLE_EX_FLAG_PIN,
                       (const char *)(uintptr_t)&lazyzero_is_active, &self);
}

__attribute__((constructor)) static void
start(void)
{
    stay();
    lz_route_set_memset(memset);
}

/*
 * At the end of the process. A DLL comes to it when the system has ended all
 * other threads, and so must not wait for ours.
 */
__attribute__((destructor)) static void
finish(void)
{
    HMODULE self;

    if (GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                               GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                           (const char *)(uintptr_t)&lazyzero_is_active,
                           &self) &&
        self != GetModuleHandleA(NULL))
        lz_background_fork_child();
    lz_init_finish();
}
