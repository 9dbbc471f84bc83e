/* SPDX-License-Identifier: MIT */
/* A comparison as JSON, and the statistics that the table and the picture have.
 */
#include "compare.h"

#include <math.h>
#include <stdlib.h>

#include "host.h"
#include "sample.h"
#include "say.h"
#include "text.h"

static const char *const names[] = {
#define FIGURE(name, unit, title) #name,
    COMPARE_FIGURES(FIGURE)
#undef FIGURE
};

/* Moves those that are known to the front; how many they are. */
static int
keep_known(double *values, int count)
{
    int known = 0;

    for (int i = 0; i < count; i++) {
        if (!isnan(values[i]))
            values[known++] = values[i];
    }
    return known;
}

/* The arm's figures over the base's, or as they are. The caller's memory. */
static double *
known_values(const struct arm *arm, const struct arm *base,
             enum compare_figure figure, int *count)
{
    double *values = say_got(malloc(sizeof(*values) * (size_t)(*count + 1)));

    for (int i = 0; i < *count; i++) {
        double below = base == NULL ? 1 : base->figures[figure][i];

        values[i] = below == 0 ? 1 : arm->figures[figure][i] / below;
    }
    *count = keep_known(values, *count);
    return values;
}

double
compare_median(const struct arm *arm, enum compare_figure figure)
{
    int count = arm->rounds;
    double *values = known_values(arm, NULL, figure, &count);
    double median = count == 0 ? NAN : sample_median(values, count);

    free(values);
    return median;
}

struct compare_ratio
compare_ratio(const struct comparison *all, const struct arm *arm,
              enum compare_figure figure)
{
    const struct arm *base = &all->arms[0];
    int count = arm->rounds < base->rounds ? arm->rounds : base->rounds;
    double *pairs = known_values(arm, base, figure, &count);
    struct compare_ratio ratio = {NAN, {NAN, NAN}};

    if (count > 0) {
        ratio.median = sample_median(pairs, count);
        ratio.range = sample_bounds(pairs, count);
    }
    free(pairs);
    return ratio;
}

const char *
compare_bounds(const struct comparison *all)
{
    return all->arms[0].rounds < SAMPLE_LEAST
               ? "the smallest and the largest"
               : "95 % bootstrap bounds of their median";
}

static void
print_json_number(const char *before, double value)
{
    if (isnan(value))
        printf("%snull", before);
    else
        printf("%s%.9g", before, value);
}

static void
print_json_figure(const struct arm *arm, enum compare_figure figure)
{
    int count = arm->rounds;
    double *values = known_values(arm, NULL, figure, &count);

    printf(",\n      \"%s\": {", names[figure]);
    print_json_number("\"median\": ", compare_median(arm, figure));
    print_json_number(", \"spread\": ",
                      count == 0 ? NAN : sample_spread(values, count));
    printf(", \"runs\": [");
    for (int i = 0; i < arm->rounds; i++)
        print_json_number(i == 0 ? "" : ", ", arm->figures[figure][i]);
    printf("]}");
    free(values);
}

static void
print_json_ratio(const char *name, struct compare_ratio ratio)
{
    printf(",\n      \"%s\": {", name);
    print_json_number("\"median\": ", ratio.median);
    print_json_number(", \"low\": ", ratio.range.low);
    print_json_number(", \"high\": ", ratio.range.high);
    printf("}");
}

static void
print_json_arm(const struct comparison *all, const struct arm *arm)
{
    printf("    {\n      \"name\": ");
    text_json(stdout, arm->name);
    printf(",\n      \"library\": ");
    if (arm->library == NULL)
        printf("null");
    else
        text_json(stdout, arm->library);
    printf(",\n      \"failed\": %d,\n      \"rounds\": %d,\n"
           "      \"outputs_compared\": %d,\n      \"outputs_different\": %d",
           arm->status, arm->rounds, arm->output.compared,
           arm->output.different);
    for (int i = 0; i < COMPARE_COUNT && arm->rounds > 0; i++)
        print_json_figure(arm, (enum compare_figure)i);
    if (arm->rounds > 0) {
        print_json_ratio("time_ratio", compare_ratio(all, arm, COMPARE_wall));
        print_json_ratio("memory_ratio", compare_ratio(all, arm, COMPARE_peak));
        print_json_ratio("end_ratio", compare_ratio(all, arm, COMPARE_end));
    }
    printf("\n    }");
}

static const char *const outputs[] = {
    [COMPARE_NOT_COMPARED] = "not compared",
    [COMPARE_SAME] = "same",
    [COMPARE_DIFFERENT] = "different",
    [COMPARE_VARIES] = "different from run to run",
};

void
compare_print_json(const struct comparison *all)
{
    char *machine = host_describe();

    printf("{\n  \"version\": \"%s\",\n  \"machine\": ", VERSION);
    text_json(stdout, machine);
    printf(",\n  \"program\": [");
    for (int i = 0; all->program[i] != NULL; i++) {
        fputs(i == 0 ? "" : ", ", stdout);
        text_json(stdout, all->program[i]);
    }
    printf("],\n  \"memory\": ");
    text_json(stdout, COMPARE_MEMORY);
    printf(",\n  \"end\": ");
    text_json(stdout, COMPARE_END);
    printf(",\n  \"faulted\": ");
    text_json(stdout, COMPARE_FAULTED);
    printf(",\n  \"outputs\": \"%s\",\n  \"allocators\": [\n",
           outputs[compare_output_result(all)]);
    for (int i = 0; i < all->count; i++) {
        print_json_arm(all, &all->arms[i]);
        fputs(i + 1 < all->count ? ",\n" : "\n", stdout);
    }
    printf("  ]\n}\n");
    free(machine);
}
