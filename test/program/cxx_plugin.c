/* SPDX-License-Identifier: MIT */
/*
 * cxx_plugin FILE
 *
 * A C program loads a C++ extension, whose runtime nobody else can see. What
 * the extension throws and catches must work there, bad_alloc above all.
 * mimalloc 2.0.9 aborts here.
 */
#include <dlfcn.h>
#include <stdint.h>

#include "active.h"
#include "watch.h"

static uintptr_t
find(void *plugin, const char *name)
{
    void *found = dlsym(plugin, name);

    REQUIRE(found != NULL);
    return (uintptr_t)found;
}

static void
use_plugin(const char *path)
{
    void *plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    int (*allocates)(size_t), (*catches)(void);

    REQUIRE(plugin != NULL);
    allocates = (int (*)(size_t))find(plugin, "plugin_allocates");
    catches = (int (*)(void))find(plugin, "plugin_catches");
    REQUIRE(allocates(TINY) == 1);
    REQUIRE(allocates(LARGE) == 1);
    REQUIRE(catches() == 1);
    REQUIRE(dlclose(plugin) == 0);
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(60);
    REQUIRE(argc == 2);
    REQUIRE(dlsym(RTLD_DEFAULT, "__cxa_throw") == NULL);
    use_plugin(argv[1]);
    use_plugin(argv[1]);
    use_every_size();
    return 0;
}
