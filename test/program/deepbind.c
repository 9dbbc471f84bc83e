/* SPDX-License-Identifier: MIT */
/*
 * deepbind PLUGIN: RTLD_DEEPBIND looks into the plugin and its libraries first,
 * past every preload. Two allocators then live side by side.
 */
#include <dlfcn.h>

#include "misuse.h"

int
main(int argc, char **argv)
{
    int (*cycle)(size_t n);
    void *plugin;

    require_active();
    plugin = argc == 2 ? dlopen(argv[1], RTLD_NOW | RTLD_DEEPBIND) : NULL;
    if (plugin == NULL)
        return 2;
    cycle = (int (*)(size_t))(uintptr_t)dlsym(plugin, "plugin_cycle");
    for (size_t n = 1; n < 4 * LARGE; n = n * 3 + 1) {
        char *p = calloc(1, n);

        if (!cycle(n) || p[n - 1] != 0)
            return 1;
        free(p);
    }
    return dlclose(plugin);
}
