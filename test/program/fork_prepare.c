/* SPDX-License-Identifier: MIT */
/*
 * fork_prepare allocates|fopens preinit|library|main
 *
 * The fork handlers of a library allocate, or open a file, while another thread
 * allocates too: the allocator must not hold its locks by then, however early
 * the library has registered them. Registered before anybody allocates
 * (preinit), jemalloc 5.3.0 and tcmalloc 2.10 hang here.
 */
#include "active.h"
#include "plugin/atfork.h"
#include "watch.h"

static void
open_file(void)
{
    FILE *file = fopen("/proc/self/stat", "r");

    REQUIRE(file != NULL);
    REQUIRE(fgetc(file) != EOF);
    fclose(file);
}

static void
preinit(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[2], "preinit") == 0)
        atfork_register();
}

/* Before every constructor, those of the libraries included. */
__attribute__((section(".preinit_array"),
               used)) static void (*first)(int, char **) = preinit;

static void
fork_once(void)
{
    pid_t child = fork();

    if (child == 0) {
        use_every_size();
        _exit(0);
    }
    wait_for(child, 0);
}

int
main(int argc, char **argv)
{
    require_active();
    watchdog(60);
    REQUIRE(argc == 3);
    if (strcmp(argv[2], "main") == 0)
        atfork_register();
    atfork_action =
        strcmp(argv[1], "fopens") == 0 ? open_file : allocate_every_size;
    start_thread(allocate_forever);
    for (int i = 0; i < 200; i++)
        fork_once();
    return 0;
}
