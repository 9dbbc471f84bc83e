/* SPDX-License-Identifier: MIT */
/*
 * lazyzero compare: times a program under the system's malloc, under each other
 * allocator that is installed, and under liblazyzero, taking turns.
 *
 * The first round warms up, and is where each allocator is proven to be at work
 * (the dynamic linker tells whose malloc it bound). It counts for nothing.
 */
#include "compare.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "help.h"
#include "host.h"
#include "library.h"
#include "peers.h"
#include "plot.h"
#include "sample.h"
#include "say.h"
#include "text.h"

#define DEFAULT_ROUNDS 10
#define MOST_ROUNDS 10000

struct extra {
    const char *name, *library;
};

struct wishes {
    struct choices choices;
    struct extra *with; /* --with, the library itself not among them */
    int with_count;
    int rounds;
    bool show, json, markdown;
    const char *plot;
};

static int
read_rounds(const char *text)
{
    char *end;
    long rounds = strtol(text, &end, 10);

    if (*text == '\0' || *end != '\0' || rounds < 1 || rounds > MOST_ROUNDS)
        say_stop(SAY_FAILED, "-n %s: expected a number from 1 to %d", text,
                 MOST_ROUNDS);
    return (int)rounds;
}

/* "NAME=LIB.so", or "LIB.so", which may have a folder with = in its name. */
static void
add_with(struct wishes *wishes, const char *text)
{
    const char *end = strchr(text, '=');
    struct extra *with;

    wishes->with =
        say_got(realloc(wishes->with, sizeof(*wishes->with) *
                                          (size_t)(wishes->with_count + 1)));
    with = &wishes->with[wishes->with_count++];
    if (end == NULL || memchr(text, '/', (size_t)(end - text)) != NULL) {
        with->library = library_check(text);
        with->name = text_base(with->library);
    } else {
        with->library = library_check(end + 1);
        with->name = say_got(text_format("%.*s", (int)(end - text), text));
    }
}

static bool
take(struct wishes *wishes, struct args *args)
{
    const char *text;

    if (args_value(args, "-n", "--rounds", &text))
        wishes->rounds = read_rounds(text);
    else if (args_value(args, NULL, "--with", &text))
        add_with(wishes, text);
    else if (args_flag(args, "--show"))
        wishes->show = true;
    else if (args_flag(args, "--json"))
        wishes->json = true;
    else if (args_flag(args, "--markdown"))
        wishes->markdown = true;
    else if (!args_value(args, NULL, "--plot", &wishes->plot))
        return choices_take(&wishes->choices, args);
    return true;
}

static void
add_arm(struct comparison *all, const char *name, const char *library)
{
    struct arm arm = {.name = name, .library = library};

    for (int i = 0; i < COMPARE_COUNT; i++)
        arm.figures[i] =
            say_got(calloc((size_t)all->rounds, sizeof(*arm.figures[i])));
    all->arms = say_got(
        realloc(all->arms, sizeof(*all->arms) * (size_t)(all->count + 1)));
    all->arms[all->count++] = arm;
}

static struct comparison
make_comparison(const struct wishes *wishes, char **program,
                const char *library)
{
    struct comparison all = {.program = program, .rounds = wishes->rounds};
    struct peer *peers = peers_find();

    add_arm(&all, "system", NULL);
    for (int i = 0; peers[i].name != NULL; i++)
        add_arm(&all, peers[i].name, peers[i].library);
    for (int i = 0; i < wishes->with_count; i++)
        add_arm(&all, wishes->with[i].name, wishes->with[i].library);
    add_arm(&all, "liblazyzero", library);
    return all;
}

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
                         "%s serves the program without being asked (see %s): "
                         "nothing to compare it with",
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
                 "%s was preloaded, but its malloc did not serve the program: "
                 "nothing to compare (lazyzero doctor)",
                 arm->library);
    }
}

static void
warm_up(struct comparison *all, bool show)
{
    for (int i = 0; i < all->count && !child_interrupted; i++) {
        struct arm *arm = &all->arms[i];
        struct child child = {.program = all->program,
                              .library = arm->library,
                              .bindings = child_folder(),
                              .apart = true,
                              .show = show};
        struct child_result result;

        progress("warm-up: %s", arm->name, 0, 0, "");
        result = child_run(&child);
        if (child_interrupted)
            return;
        if (result.status != 0)
            note_failure(arm, result.status);
        prove(all, arm, result.pid);
        if (i == 0 && result.status != 0)
            exit(1);
    }
}

/* Each round begins with another one: none is always first or behind one. */
static void
measure_round(struct comparison *all, int round, bool show, const char *left)
{
    for (int i = 0; i < all->count; i++) {
        struct arm *arm = &all->arms[(i + round) % all->count];
        struct child child = {.program = all->program,
                              .library = arm->library,
                              .apart = true,
                              .show = show};
        struct child_result result;

        if (arm->status != 0)
            continue;
        progress("%s, round %d of %d%s", arm->name, round + 1, all->rounds,
                 left);
        result = child_run(&child);
        if (child_interrupted)
            return;
        if (result.status != 0)
            note_failure(arm, result.status);
        else
            keep(arm, round, &result);
    }
}

static void
measure(struct comparison *all, bool show)
{
    char left[48] = "";

    warm_up(all, show);
    for (int round = 0; round < all->rounds && !child_interrupted; round++) {
        double spent = 0;

        measure_round(all, round, show, left);
        for (int i = 0; i < all->count; i++)
            spent += sample_median(all->arms[i].figures[COMPARE_wall],
                                   all->arms[i].rounds);
        snprintf(left, sizeof(left), ", about %s left",
                 text_seconds(spent * (all->rounds - round - 1)));
    }
    end_progress();
}

static void
show_all(const struct wishes *wishes, const struct comparison *all)
{
    if (wishes->json)
        compare_print_json(all);
    else if (wishes->markdown)
        compare_print_markdown(all);
    else
        compare_print_table(all);
    if (wishes->plot != NULL && all->arms[0].rounds > 0)
        compare_draw(all, wishes->plot);
}

static int
conclude(const struct comparison *all)
{
    int status = 0;

    for (int i = 0; i < all->count; i++) {
        if (all->arms[i].status != 0)
            status = 1;
        if (all->arms[i].unproven)
            say_line("%s: that it was at work could not be proven, as this "
                     "system's dynamic linker does not tell",
                     all->arms[i].name);
    }
    if (child_interrupted) {
        say_line("interrupted after %d of %d rounds", all->arms[0].rounds,
                 all->rounds);
        return 128 + child_interrupted;
    }
    return status;
}

int
compare_main(struct args *args)
{
    struct wishes wishes = {.rounds = DEFAULT_ROUNDS};
    struct comparison all;
    char **program;

    while (args_has_option(args)) {
        if (help_wanted(args))
            return 0;
        if (!take(&wishes, args))
            args_unknown(args);
    }
    if (wishes.json && wishes.markdown)
        say_stop(SAY_FAILED, "--json and --markdown: choose one of them");
    program = args_program(args);
    if (wishes.plot != NULL)
        plot_check(wishes.plot);
    all = make_comparison(&wishes, program,
                          choices_prepare(&wishes.choices, program[0]));
    measure(&all, wishes.show);
    show_all(&wishes, &all);
    return conclude(&all);
}
