/* SPDX-License-Identifier: MIT */
/*
 * fork while other threads are inside stdio: they hold the lock of the list of
 * open streams, which fork takes too, and allocate under it. jemalloc 5.3.0 and
 * tcmalloc 2.10 hang here.
 */
#include "active.h"
#include "watch.h"

static void
read_line(void)
{
    FILE *file = fopen("/proc/self/stat", "r");
    char *line = NULL;
    size_t size = 0;

    REQUIRE(file != NULL);
    REQUIRE(getline(&line, &size, file) > 0);
    fclose(file);
    free(line);
}

static void
write_memory(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);

    REQUIRE(file != NULL);
    REQUIRE(fprintf(file, "%05000d", 7) == 5000);
    fclose(file);
    REQUIRE(size == 5000 && text[4999] == '7');
    free(text);
}

static void *
keep_reading(void *unused)
{
    (void)unused;
    for (;;)
        read_line();
    return NULL;
}

static void *
keep_writing(void *unused)
{
    (void)unused;
    for (;;)
        write_memory();
    return NULL;
}

static ssize_t
allocate_to_write(void *cookie, const char *text, size_t n)
{
    (void)cookie;
    (void)text;
    allocate_every_size();
    return (ssize_t)n;
}

/* fflush(NULL) calls the function above under the lock of the list. */
static void *
keep_flushing(void *unused)
{
    cookie_io_functions_t functions = {.write = allocate_to_write};
    FILE *file = fopencookie(NULL, "w", functions);

    REQUIRE(file != NULL);
    for (;;) {
        fputc('x', file);
        fflush(NULL);
    }
    return unused;
}

static void
fork_once(void)
{
    pid_t child = fork();

    if (child == 0) {
        read_line();
        write_memory();
        use_every_size();
        _exit(0);
    }
    wait_for(child, 0);
}

int
main(void)
{
    require_active();
    watchdog(60);
    start_thread(keep_reading);
    start_thread(keep_writing);
    start_thread(keep_flushing);
    for (int i = 0; i < 300; i++)
        fork_once();
    return 0;
}
