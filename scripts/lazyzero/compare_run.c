/* SPDX-License-Identifier: MIT */
/*
 * The runs of a comparison. The first round warms up, and is where each
 * allocator is proven to be at work (the dynamic linker tells whose malloc it
 * bound); it and more such rounds count for nothing.
 */
#include "compare.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"
#include "sample.h"
#include "say.h"
#include "text.h"

/* One line that is written over and over, on a terminal only. */
static void
progress(const char *format, const char *what, int round, int rounds,
         const char *left)
{
    if (!isatty(STDERR_FILENO))
        return;
    fputs("\r\033[K", stderr);
    fprintf(stderr, format, what, round, rounds, left);
    fflush(stderr);
}

static void
end_progress(void)
{
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

static void
keep(struct arm *arm, int round, const struct child_result *result)
{
#define FIGURE(name, unit, title) \
    arm->figures[COMPARE_##name][round] = result->name;
    COMPARE_FIGURES(FIGURE)
#undef FIGURE
    arm->rounds = round + 1;
}

static void
note_failure(struct arm *arm, int status)
{
    arm->status = status;
    end_progress();
    say_line("the program fails under %s: %s (--show shows its output)",
             arm->library == NULL ? "the system's malloc" : arm->name,
             child_describe(status));
}

static void
prove(struct comparison *all, struct arm *arm, pid_t pid)
{
    const char *folder = child_folder();

    if (arm->library == NULL) {
        for (int i = 1; i < all->count; i++) {
            if (host_read_bindings(folder, pid, all->arms[i].library) ==
                HOST_SERVED)
                say_stop(SAY_FAILED,
                         "%s serves the program already (see %s), so that the "
                         "system's malloc cannot be measured",
                         all->arms[i].library, host_preload_places);
        }
        return;
    }
    switch (host_read_bindings(folder, pid, arm->library)) {
    case HOST_SERVED:
        break;
    case HOST_UNKNOWN:
        arm->unproven = true;
        break;
    case HOST_NOT_SERVED:
        end_progress();
        say_stop(SAY_FAILED,
                 "%s was preloaded, but its malloc did not serve the program "
                 "(see lazyzero doctor)",
                 arm->library);
    }
}

/* What each run begins with. */
static void
prepare(const struct comparison *all)
{
    char shell[] = "/bin/sh", option[] = "-c";
    char *text = text_format("%s", all->prepare == NULL ? "" : all->prepare);
    char *words[] = {shell, option, text, NULL};
    struct child child = {.program = words, .apart = true, .show = all->show};
    struct child_result result = {0};

    if (all->prepare != NULL)
        result = child_run(&child);
    if (result.status != 0 && !child_interrupted) {
        end_progress();
        say_stop(SAY_FAILED, "--prepare %s: %s (--show shows its output)",
                 all->prepare, child_describe(result.status));
    }
    free(text);
}

/* The most memory that the processes of a run had at once. */
static double most_memory;

static void
watch_memory(pid_t process, double time)
{
    double bytes = host_tree_memory(process);

    (void)time;
    if (bytes > most_memory)
        most_memory = bytes;
}

/* False: it did not end, or failed. `bindings` as in struct child. */
static bool
run_once(const struct comparison *all, struct arm *arm, const char *bindings,
         struct child_result *result)
{
    struct child child = {.program = all->program,
                          .library = arm->library,
                          .bindings = bindings,
                          .apart = true,
                          .show = all->show,
                          .watch = watch_memory};

    prepare(all);
    if (child_interrupted)
        return false;
    most_memory = 0;
    *result = child_run(&child);
    if (most_memory > result->peak)
        result->peak = most_memory;
    if (child_interrupted)
        return false;
    if (result->status == 0 || (all->ignore_status && !result->killed))
        return true;
    note_failure(arm, result->status);
    return false;
}

static void
warm_up(struct comparison *all, int round)
{
    for (int i = 0; i < all->count && !child_interrupted; i++) {
        struct arm *arm = &all->arms[i];
        const char *bindings = round == 0 ? child_folder() : NULL;
        struct child_result result;
        bool done;

        if (arm->status != 0)
            continue;
        progress("warm-up: %s", arm->name, 0, 0, "");
        done = run_once(all, arm, bindings, &result);
        if (child_interrupted)
            return;
        if (round == 0)
            prove(all, arm, result.pid);
        if (i == 0 && !done)
            exit(1);
    }
}

/* Each round begins with another one: none is always first or behind one. */
static void
measure_round(struct comparison *all, int round, const char *left)
{
    for (int i = 0; i < all->count && !child_interrupted; i++) {
        struct arm *arm = &all->arms[(i + round) % all->count];
        struct child_result result;

        if (arm->status != 0)
            continue;
        progress("%s, round %d of %d%s", arm->name, round + 1, all->rounds,
                 left);
        if (run_once(all, arm, NULL, &result))
            keep(arm, round, &result);
    }
}

void
compare_measure(struct comparison *all)
{
    char left[48] = "";

    for (int round = 0; round < all->warmup && !child_interrupted; round++)
        warm_up(all, round);
    for (int round = 0; round < all->rounds && !child_interrupted; round++) {
        double spent = 0;

        measure_round(all, round, left);
        for (int i = 0; i < all->count; i++)
            spent += sample_median(all->arms[i].figures[COMPARE_wall],
                                   all->arms[i].rounds);
        snprintf(left, sizeof(left), ", about %s left",
                 text_seconds(spent * (all->rounds - round - 1)));
    }
    end_progress();
}
