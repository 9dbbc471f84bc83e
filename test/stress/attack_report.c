/* SPDX-License-Identifier: MIT */
/* Failures, each with the command that repeats it; what is left at the end. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attack.h"

/* As the library's options were given. */
static size_t
print_command(char *text, size_t size)
{
    extern char **environ;
    size_t used = (size_t)snprintf(text, size, "repeat with:");

    for (char **e = environ; *e != NULL && used < size; e++) {
        if (strncmp(*e, "LAZYZERO_", 9) == 0 ||
            strncmp(*e, "LD_PRELOAD=", 11) == 0)
            used += (size_t)snprintf(text + used, size - used, " %s", *e);
    }
    if (used < size)
        used += (size_t)snprintf(
            text + used, size - used,
            " %s --seed %llu --steps %llu --threads %u --faults %u\n",
            program_invocation_name, (unsigned long long)run.seed,
            (unsigned long long)run.steps, run.threads, run.faults);
    return used < size ? used : size - 1;
}

void
report_failure(const char *format, ...)
{
    char text[4096];
    int error = errno;
    size_t used = (size_t)snprintf(
        text, 512,
        "attack: thread %u%s, step %llu, %s (errno %d): ", me->number,
        me->is_child ? " (child)" : "", (unsigned long long)me->step, me->call,
        error);
    va_list args;

    va_start(args, format);
    used += (size_t)vsnprintf(text + used, 512, format, args);
    va_end(args);
    text[used++] = '\n';
    used += print_command(text + used, sizeof(text) - used);
    if (write(STDERR_FILENO, text, used) < 0)
        _exit(98);
    _exit(1);
}

static void
fail_by_signal(int number, siginfo_t *info, void *context)
{
    static struct worker nobody = {.call = "outside of any step"};

    (void)context;
    if (me == NULL)
        me = &nobody;
    report_failure("%s at %p", strsignal(number),
                   number == SIGALRM ? NULL : info->si_addr);
}

/* A hang too: SIGALRM. */
void
report_signals(void)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGABRT, SIGALRM};
    struct sigaction action = {.sa_sigaction = fail_by_signal,
                               .sa_flags = SA_SIGINFO};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        sigaction(numbers[i], &action, NULL);
}

/* Lines of a file below /proc/self that begin so and contain the word. */
static size_t
count_lines(const char *path, const char *begin, const char *word)
{
    FILE *file = fopen(path, "r");
    size_t count = 0;
    char line[512];

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, begin, strlen(begin)) == 0 &&
            strstr(line, word) != NULL)
            count++;
    }
    if (file != NULL)
        fclose(file);
    return count;
}

size_t
report_mappings(void)
{
    return count_lines("/proc/self/maps", "", "-");
}

/*
 * Everything is freed. Some mappings stay for jemalloc's arenas. VmLck would
 * count too much, as mremap(2) does with MREMAP_DONTUNMAP.
 */
void
report_left(size_t mappings_before)
{
    size_t locked = count_lines("/proc/self/smaps", "VmFlags:", " lo ");
    size_t mappings = report_mappings();

    if (locked != 0)
        report_failure("%zu mappings are locked, and nothing is live", locked);
    if (mappings > mappings_before + 100 + 20 * run.threads)
        report_failure("%zu mappings, and %zu at the start", mappings,
                       mappings_before);
}
