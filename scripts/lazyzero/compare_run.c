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

/* A run, and the figures that are not its processes' own. */
struct run {
    struct child_result used;
    double huge; /* faults of huge pages meanwhile; NAN: not known */
};

static double
bytes_faulted(const struct run *run)
{
    double page = (double)sysconf(_SC_PAGESIZE);
    double faults = run->used.minor + run->used.major;
    /* Others have them too. */
    double huge = run->huge > faults ? faults : run->huge;

    return huge > 0 ? (faults - huge) * page + huge * host_huge_size()
                    : (faults - huge) * page;
}

static void
keep(struct arm *arm, int round, const struct run *run)
{
    const double values[COMPARE_COUNT] = {
        [COMPARE_wall] = run->used.wall,
        [COMPARE_user] = run->used.user,
        [COMPARE_system] = run->used.system,
        [COMPARE_minor] = run->used.minor,
        [COMPARE_major] = run->used.major,
        [COMPARE_huge] = run->huge,
        [COMPARE_peak] = run->used.peak,
        [COMPARE_end] = run->used.end,
        [COMPARE_faulted] = bytes_faulted(run),
    };

    for (int i = 0; i < COMPARE_COUNT; i++)
        arm->figures[i][round] = values[i];
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
run_once(const struct comparison *all, const struct arm *arm,
         const char *bindings, struct run *run)
{
    struct child child = {.program = all->program,
                          .library = arm->library,
                          .bindings = bindings,
                          .apart = true,
                          .show = all->show,
                          .output = compare_output_file(all),
                          .ends = all->ends,
                          .watch = watch_memory};

    prepare(all);
    if (child_interrupted)
        return false;
    most_memory = 0;
    run->huge = host_huge_faults();
    run->used = child_run(&child);
    run->huge = host_huge_faults() - run->huge;
    if (most_memory > run->used.peak)
        run->used.peak = most_memory;
    return !child_interrupted &&
           (run->used.status == 0 || (all->ignore_status && !run->used.killed));
}

/* A program that is traced cannot trace others, nor gain privileges. */
static bool
run_first(struct comparison *all, const struct arm *arm, const char *bindings,
          struct run *run)
{
    if (run_once(all, arm, bindings, run))
        return true;
    if (child_interrupted || !run->used.traced)
        return false;
    all->ends = false;
    if (!run_once(all, arm, bindings, run))
        return false;
    end_progress();
    say_line("the program fails if it is traced (ptrace(2)), so its memory at "
             "the end is not known");
    return true;
}

/* After a run. False: it failed, or was interrupted. */
static bool
take(const struct comparison *all, struct arm *arm, const struct run *run,
     bool done)
{
    if (done)
        compare_output_take(all, arm, run->used.status);
    else if (!child_interrupted)
        note_failure(arm, run->used.status);
    return done;
}

static void
warm_up(struct comparison *all, int round)
{
    for (int i = 0; i < all->count && !child_interrupted; i++) {
        struct arm *arm = &all->arms[i];
        const char *bindings = round == 0 ? child_folder() : NULL;
        struct run run;
        bool done;

        if (arm->status != 0)
            continue;
        progress("warm-up: %s", arm->name, 0, 0, "");
        done = i == 0 && round == 0 ? run_first(all, arm, bindings, &run)
                                    : run_once(all, arm, bindings, &run);
        take(all, arm, &run, done);
        if (child_interrupted)
            return;
        if (round == 0)
            prove(all, arm, run.used.pid);
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
        struct run run;

        if (arm->status != 0)
            continue;
        progress("%s, round %d of %d%s", arm->name, round + 1, all->rounds,
                 left);
        if (take(all, arm, &run, run_once(all, arm, NULL, &run)))
            keep(arm, round, &run);
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
