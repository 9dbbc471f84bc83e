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

#include "commands.h"
#include "help.h"
#include "say.h"
#include "screen.h"
#include "text.h"

struct wishes {
    pid_t pid; /* 0: all */
    bool once, json;
    double interval;
};

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
    enum target_state state = top_look(process, wishes->pid);

    if (state != TARGET_FOUND)
        end_without(wishes, state, process, was_there);
    process->block_count = target_blocks(&process->target, process->blocks);
}

static void
show(const struct wishes *wishes, struct top_process *one)
{
    struct top top = {one, 1, 0};

    if (wishes->pid == 0)
        top = top_collect();
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
            top_look_at_all();
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
        top_sort_by(text);
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
