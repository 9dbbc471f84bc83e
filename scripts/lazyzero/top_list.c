/* SPDX-License-Identifier: MIT */
/* The processes that `lazyzero top` looks at. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "say.h"
#include "top.h"

/* A process without the library is looked at again so many rounds later. */
#define LOOK_AGAIN 10

static const struct {
    const char *name;
    int row; /* by its rate; -1: by what its name says */
} orders[] = {{"live", -1},
              {"kept", -1},
              {"resident", -1},
              {"allocations", COUNTERS_regions_allocated},
              {"faults", COUNTERS_faults_avoided}};

static size_t order;

/* A process that was looked at, with the library or without. By rising number.
 */
struct known {
    pid_t pid;
    int rounds; /* left until the next look; 0: it has the library */
    bool forbidden;
    struct top_process process;
};

static struct known *known;
static size_t known_count;

static double
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Another look. The first one after it was found has nothing before it. */
static enum target_state
look(struct top_process *process)
{
    struct lz_stat_counts counts;
    enum target_state state = target_read(&process->target, &counts);
    double at = now();

    if (state != TARGET_FOUND)
        return state;
    process->seconds = process->at > 0 ? at - process->at : 0;
    process->at = at;
    process->before = process->now;
    process->now.page_size = (uint64_t)sysconf(_SC_PAGESIZE);
    process->now.stats = counts;
    process->resident = host_resident(process->target.pid);
    return state;
}

/* The same, of one that may not have been found yet, or is another program now.
 */
enum target_state
top_look(struct top_process *process, pid_t pid)
{
    enum target_state state =
        process->target.view == 0 ? TARGET_ABSENT : look(process);

    if (state == TARGET_FOUND)
        return state;
    /* Its number may be another process's by now. */
    *process = (struct top_process){0};
    state = target_find(&process->target, pid);
    return state == TARGET_FOUND ? look(process) : state;
}

static struct known *
find_known(struct known *old, size_t count, size_t *at, pid_t pid)
{
    while (*at < count && old[*at].pid < pid)
        ++*at;
    return *at < count && old[*at].pid == pid ? &old[*at] : NULL;
}

static void
update(struct known *one)
{
    enum target_state state;

    if (one->rounds > 1) {
        one->rounds--;
        return;
    }
    state = top_look(&one->process, one->pid);
    one->rounds = state == TARGET_FOUND ? 0 : LOOK_AGAIN;
    one->forbidden = state == TARGET_FORBIDDEN;
}

static int
by_number(const void *a, const void *b)
{
    return *(const pid_t *)a - *(const pid_t *)b;
}

void
top_look_at_all(void)
{
    pid_t *list = target_list();
    struct known *old = known;
    size_t count = 0, at = 0, old_count = known_count;

    while (list[count] != 0)
        count++;
    if (count == 0)
        say_stop(SAY_FAILED, "no process can be found (is /proc mounted?)");
    qsort(list, count, sizeof(*list), by_number);
    known = say_got(calloc(count + 1, sizeof(*known)));
    known_count = count;
    for (size_t i = 0; i < count; i++) {
        struct known *same = find_known(old, old_count, &at, list[i]);

        if (same != NULL)
            known[i] = *same;
        known[i].pid = list[i];
        update(&known[i]);
    }
    free(old);
    free(list);
}

static double
value_in_order(const struct top_process *process)
{
    if (orders[order].row >= 0)
        return top_rate(process, (size_t)orders[order].row);
    if (order == 0)
        return (double)process->now.stats.live_bytes.now;
    if (order == 1)
        return (double)process->now.stats.retained_bytes.now;
    return process->resident;
}

static int
by_order(const void *a, const void *b)
{
    const struct top_process *x = a, *y = b;
    double difference = value_in_order(y) - value_in_order(x);

    if (difference != 0)
        return difference > 0 ? 1 : -1;
    return x->target.pid - y->target.pid;
}

struct top
top_collect(void)
{
    struct top top = {
        .processes = say_got(calloc(known_count + 1, sizeof(*top.processes)))};

    for (size_t i = 0; i < known_count; i++) {
        if (known[i].rounds == 0)
            top.processes[top.count++] = known[i].process;
        top.forbidden += known[i].forbidden;
    }
    qsort(top.processes, top.count, sizeof(*top.processes), by_order);
    return top;
}

void
top_sort_by(const char *text)
{
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        if (strcmp(orders[i].name, text) == 0) {
            order = i;
            return;
        }
    }
    say_stop(SAY_FAILED,
             "--sort %s: expected live, kept, resident, allocations or faults",
             text);
}
