/* SPDX-License-Identifier: MIT */
/*
 * lazyzero top: what the library does in running processes. They need not have
 * been asked to count: the library always does, and this command reads it from
 * their memory.
 */
#include "top.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "help.h"
#include "host.h"
#include "say.h"
#include "screen.h"
#include "text.h"

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

struct wishes {
    pid_t pid; /* 0: all */
    bool once, json;
    double interval;
    size_t order;
};

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
static enum target_state
find_and_look(struct top_process *process, pid_t pid)
{
    enum target_state state =
        process->target.view == 0 ? TARGET_ABSENT : look(process);

    if (state != TARGET_ABSENT)
        return state;
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
    state = find_and_look(&one->process, one->pid);
    one->rounds = state == TARGET_FOUND ? 0 : LOOK_AGAIN;
    one->forbidden = state == TARGET_FORBIDDEN;
}

static int
by_number(const void *a, const void *b)
{
    return *(const pid_t *)a - *(const pid_t *)b;
}

static void
update_all(void)
{
    pid_t *list = target_list();
    struct known *old = known;
    size_t count = 0, at = 0, old_count = known_count;

    while (list[count] != 0)
        count++;
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

static size_t order;

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

/* The caller's memory. */
static struct top
collect(void)
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

/* Stops the command: never there, or not to be read. A clean end: no more
 * there. */
static void
end_without(const struct wishes *wishes, enum target_state state,
            const struct top_process *process, bool was_there)
{
    long pid = (long)wishes->pid;

    screen_close();
    fflush(stdout);
    if (was_there) {
        say_line("process %ld %s", pid,
                 state == TARGET_GONE ? "has ended"
                                      : "no longer has liblazyzero");
        exit(0);
    }
    if (state == TARGET_GONE)
        say_stop(SAY_FAILED, "there is no process %ld", pid);
    if (state == TARGET_FORBIDDEN)
        say_stop(SAY_FAILED, "%s", target_describe_forbidden(wishes->pid));
    if (state == TARGET_OTHER)
        say_stop(SAY_FAILED,
                 "process %ld has liblazyzero %s, and this command is of %s",
                 pid, process->target.release, VERSION);
    say_stop(SAY_FAILED,
             "process %ld has no liblazyzero: start it with lazyzero PROGRAM",
             pid);
}

static void
look_at_one(const struct wishes *wishes, struct top_process *process)
{
    bool was_there = process->at > 0;
    enum target_state state = find_and_look(process, wishes->pid);

    if (state != TARGET_FOUND)
        end_without(wishes, state, process, was_there);
}

static void
show(const struct wishes *wishes, struct top_process *one)
{
    struct top top = {one, 1, 0};

    if (wishes->pid == 0)
        top = collect();
    if (wishes->json) {
        top_print_json(&top);
    } else {
        screen_begin();
        if (wishes->pid != 0)
            top_draw_one(one);
        else
            top_draw_all(&top);
        screen_end();
    }
    if (wishes->pid == 0)
        free(top.processes);
}

static void
watch(const struct wishes *wishes)
{
    struct top_process one = {0};
    bool is_first = true;

    do {
        if (wishes->pid != 0)
            look_at_one(wishes, &one);
        else
            update_all();
        /* A single picture has rates. */
        if (!wishes->once || !is_first)
            show(wishes, &one);
        if (wishes->once && !is_first)
            return;
        is_first = false;
    } while (!screen_wait(wishes->interval));
}

static double
read_interval(const char *text)
{
    char *end;
    double seconds = strtod(text, &end);

    if (end == text || *end != '\0' || !(seconds >= 0.05 && seconds <= 86400))
        say_stop(SAY_FAILED,
                 "--interval %s: expected seconds, from 0.05 to 86400", text);
    return seconds;
}

static size_t
read_order(const char *text)
{
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        if (strcmp(orders[i].name, text) == 0)
            return i;
    }
    say_stop(SAY_FAILED,
             "--sort %s: expected live, kept, resident, allocations or faults",
             text);
}

static pid_t
read_pid(const char *text)
{
    char *end;
    long pid = strtol(text, &end, 10);

    if (end == text || *end != '\0' || pid <= 0 || pid > 1 << 30)
        say_stop(SAY_FAILED, "top %s: expected the number of a process", text);
    return (pid_t)pid;
}

static bool
take(struct wishes *wishes, struct args *args)
{
    const char *text;

    if (args_flag(args, "--once"))
        return wishes->once = true;
    if (args_flag(args, "--json"))
        return wishes->json = true;
    if (args_value(args, NULL, "--interval", &text))
        wishes->interval = read_interval(text);
    else if (args_value(args, NULL, "--sort", &text))
        order = read_order(text);
    else
        return false;
    return true;
}

int
top_main(struct args *args)
{
    struct wishes wishes = {.interval = 1};

    while (args_has_option(args)) {
        if (help_wanted(args))
            return 0;
        if (!take(&wishes, args))
            args_unknown(args);
    }
    if (args->rest[0] != NULL)
        wishes.pid = read_pid(*args->rest++);
    if (args->rest[0] != NULL)
        say_stop(SAY_FAILED, "top takes one process, not %s too",
                 args->rest[0]);
    if (!target_is_possible)
        say_stop(SAY_FAILED,
                 "on this system no process can read another one's memory");
    screen_open(!wishes.once && !wishes.json);
    watch(&wishes);
    return screen_status();
}
