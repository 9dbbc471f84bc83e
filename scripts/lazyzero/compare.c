/* SPDX-License-Identifier: MIT */
/*
 * lazyzero compare: times a program under the system's malloc, under each other
 * allocator that is installed, and under liblazyzero, taking turns. What is to
 * be compared; compare_run.c runs it, compare_print.c shows it.
 */
#include "compare.h"

#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "help.h"
#include "library.h"
#include "peers.h"
#include "plot.h"
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
    int rounds, warmup;
    bool show, ignore_output, ignore_status, json, markdown;
    const char *prepare, *plot;
};

static int
read_rounds(const char *option, const char *text)
{
    char *end;
    long rounds = strtol(text, &end, 10);

    if (*text == '\0' || *end != '\0' || rounds < 1 || rounds > MOST_ROUNDS)
        say_stop(SAY_FAILED, "%s %s: expected a number from 1 to %d", option,
                 text, MOST_ROUNDS);
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
        wishes->rounds = read_rounds("-n", text);
    else if (args_value(args, NULL, "--warmup", &text))
        wishes->warmup = read_rounds("--warmup", text);
    else if (args_flag(args, "--ignore-status"))
        wishes->ignore_status = true;
    else if (args_flag(args, "--ignore-output"))
        wishes->ignore_output = true;
    else if (args_value(args, NULL, "--with", &text))
        add_with(wishes, text);
    else if (args_flag(args, "--show"))
        wishes->show = true;
    else if (args_flag(args, "--json"))
        wishes->json = true;
    else if (args_flag(args, "--markdown"))
        wishes->markdown = true;
    else if (!args_value(args, NULL, "--prepare", &wishes->prepare) &&
             !args_value(args, NULL, "--plot", &wishes->plot))
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
    struct comparison all = {.program = program,
                             .rounds = wishes->rounds,
                             .warmup = wishes->warmup,
                             .show = wishes->show,
                             .ignore_output = wishes->ignore_output,
                             .ends = true,
                             .ignore_status = wishes->ignore_status,
                             .prepare = wishes->prepare};
    struct peer *peers = peers_find();

    add_arm(&all, "system", NULL);
    for (int i = 0; peers[i].name != NULL; i++)
        add_arm(&all, peers[i].name, peers[i].library);
    for (int i = 0; i < wishes->with_count; i++)
        add_arm(&all, wishes->with[i].name, wishes->with[i].library);
    add_arm(&all, "liblazyzero", library);
    return all;
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
    int status = compare_output_result(all) == COMPARE_DIFFERENT;

    compare_output_say(all);
    for (int i = 0; i < all->count; i++) {
        if (all->arms[i].status != 0)
            status = 1;
        if (all->arms[i].unproven)
            say_line("%s may not have been active: this system's dynamic "
                     "linker does not report which malloc it bound",
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
    struct wishes wishes = {.rounds = DEFAULT_ROUNDS, .warmup = 1};
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
    compare_measure(&all);
    show_all(&wishes, &all);
    return conclude(&all);
}
