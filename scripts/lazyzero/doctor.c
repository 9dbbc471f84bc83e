/* SPDX-License-Identifier: MIT */
/* lazyzero doctor: what this machine offers, and what follows from it. */
#include "doctor.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "child.h"
#include "commands.h"
#include "help.h"
#include "host.h"
#include "library.h"
#include "peers.h"
#include "plot.h"
#include "say.h"
#include "settings.h"
#include "text.h"

static int counts[DOCTOR_FAIL + 1];
static bool json;

static void
put_line(enum doctor_verdict verdict, const char *name, const char *text)
{
    static const char *const words[] = {"ok", "warn", "FAIL"};

    printf("%-5s %-14s ", words[verdict], name);
    text_wrap(stdout, text, 21, 79);
}

static const char *const json_words[] = {"ok", "warn", "fail"};

static void
put_json(enum doctor_verdict verdict, const char *name, const char *text)
{
    bool is_first =
        counts[DOCTOR_OK] + counts[DOCTOR_WARN] + counts[DOCTOR_FAIL] == 0;

    printf("%s    {\"name\": ", is_first ? "" : ",\n");
    text_json(stdout, name);
    printf(", \"verdict\": \"%s\",\n     \"text\": ", json_words[verdict]);
    text_json(stdout, text);
    printf("}");
}

void
doctor_say(enum doctor_verdict verdict, const char *name, const char *format,
           ...)
{
    va_list values;
    char text[1024];

    va_start(values, format);
    vsnprintf(text, sizeof(text), format, values);
    va_end(values);
    if (json)
        put_json(verdict, name, text);
    else
        put_line(verdict, name, text);
    counts[verdict]++;
}

/* Of a probe: 0, or why the library is not at work. */
enum {
    PROBE_OK,
    PROBE_ABSENT,
    PROBE_INACTIVE,
    PROBE_WRITTEN,
    PROBE_OTHER_VERSION
};

#define PROBE_SIZE ((size_t)256 << 20)

static double
peak(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss * host_peak_unit;
}

/*
 * In a process of its own, with the library preloaded: it is there, malloc is
 * its own, and a large calloc costs nothing.
 */
int
doctor_probe(void)
{
    const char *(*get_version)(void);
    int (*is_active)(void);
    double before = peak();
    char *block;

    *(void **)&get_version = dlsym(RTLD_DEFAULT, "lazyzero_version");
    *(void **)&is_active = dlsym(RTLD_DEFAULT, "lazyzero_is_active");
    if (get_version == NULL || is_active == NULL)
        return PROBE_ABSENT;
    if (!is_active())
        return PROBE_INACTIVE;
    block = calloc(1, PROBE_SIZE);
    if (block == NULL || peak() - before > (double)PROBE_SIZE / 4)
        return PROBE_WRITTEN;
    free(block);
    return strcmp(get_version(), VERSION) == 0 ? PROBE_OK : PROBE_OTHER_VERSION;
}

static void
judge_probe(const char *library, int status)
{
    switch (status) {
    case PROBE_OK:
        doctor_say(DOCTOR_OK, "library",
                   "%s, version " VERSION
                   ": when preloaded, it served a calloc of "
                   "%s and wrote nothing into it",
                   library, text_bytes((double)PROBE_SIZE));
        break;
    case PROBE_OTHER_VERSION:
        doctor_say(
            DOCTOR_WARN, "library",
            "%s works, but is of another version than this command, " VERSION
            ": install both from one build",
            library);
        break;
    case PROBE_INACTIVE:
        doctor_say(DOCTOR_FAIL, "library",
                   "%s is loaded, but another malloc comes before it: see %s",
                   library, host_preload_places);
        break;
    case PROBE_WRITTEN:
        doctor_say(DOCTOR_FAIL, "library",
                   "%s is active, but a calloc of %s failed or was written in "
                   "full: see the lines below, and the LAZYZERO_ variables "
                   "that are set",
                   library, text_bytes((double)PROBE_SIZE));
        break;
    default:
        doctor_say(DOCTOR_FAIL, "library",
                   "%s was not loaded (%s); the dynamic linker's own line "
                   "above says why",
                   library, child_describe(status));
    }
}

static void
check_library(const char *library)
{
    char option[] = "--probe", *own = host_own_path();
    char *command[] = {own, option, NULL};
    struct child child = {.program = command, .library = library};

    if (library == NULL) {
        doctor_say(DOCTOR_FAIL, "library",
                   "there is no %s beside this command or in its ../lib: build "
                   "or install it, or name it with --library FILE",
                   host_library_name);
        return;
    }
    judge_probe(library, child_run(&child).status);
    free(own);
}

static void
check_preload(const char *library)
{
    const char *now = getenv(host_preload_variable);
    char *rival = library_rival(library == NULL ? "" : library);

    if (rival != NULL)
        doctor_say(DOCTOR_WARN, "preload",
                   "%s names %s, whose malloc comes before the library's: "
                   "remove it from there",
                   host_preload_variable, rival);
    else
        doctor_say(DOCTOR_OK, "preload", "%s %s%s", host_preload_variable,
                   now == NULL || *now == '\0' ? "is not set" : "is ",
                   now == NULL ? "" : now);
    free(rival);
}

static void
check_tools(void)
{
    char *found = peers_describe();

    doctor_say(DOCTOR_OK, "compare", "the system's malloc, %sand the library",
               found);
    free(found);
    doctor_say(DOCTOR_OK, "pictures", "%s",
               plot_is_possible()
                   ? "gnuplot draws what --plot asks for"
                   : "none: --plot needs gnuplot (Debian's gnuplot-nox, "
                     "Homebrew's gnuplot)");
}

static int
conclude(void)
{
    int status = counts[DOCTOR_FAIL] > 0 ? 2 : counts[DOCTOR_WARN] > 0;

    if (json)
        printf("\n  ],\n  \"verdict\": \"%s\"\n}\n",
               json_words[status == 2   ? DOCTOR_FAIL
                          : status == 1 ? DOCTOR_WARN
                                        : DOCTOR_OK]);
    else if (counts[DOCTOR_FAIL] > 0)
        printf("\nIt does not work here: see FAIL above.\n");
    else if (counts[DOCTOR_WARN] > 0)
        printf("\nIt works, but less well than it could: see warn above.\n");
    else
        printf("\nAll is well.\n");
    return status;
}

int
doctor_main(struct args *args)
{
    const char *given = NULL, *library;

    while (args_has_option(args)) {
        if (help_wanted(args))
            return 0;
        if (args_flag(args, "--json"))
            json = true;
        else if (!args_value(args, NULL, "--library", &given) &&
                 !settings_take(args))
            args_unknown(args);
    }
    if (args->rest[0] != NULL)
        say_stop(SAY_FAILED,
                 "doctor takes no argument %s (lazyzero doctor "
                 "--help)",
                 args->rest[0]);
    library = given != NULL ? library_find(given) : library_look();
    if (json)
        printf("{\n  \"version\": \"%s\",\n  \"checks\": [\n", VERSION);
    doctor_check_system();
    check_preload(library);
    check_library(library);
    check_tools();
    return conclude();
}
