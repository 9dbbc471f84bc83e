/* SPDX-License-Identifier: MIT */
/*
 * limit_workers WORKERS MIB PACE TIMES: a pool of worker processes. One after
 * the other, PACE milliseconds apart, each uses a block of MIB megabytes TIMES
 * times and then waits for its next request; three rounds. Run by check_group
 * with a limit of little more than one block: a worker that kept its block
 * while it waits would get another one killed.
 */
#include "dirty.h"

#define WORKERS_MOST 64
#define ROUNDS 3

static struct {
    pid_t process;
    int requests;
} workers[WORKERS_MOST];
static int answers[2];

static void
serve(int requests, size_t n, int times)
{
    char request;

    while (read(requests, &request, 1) == 1) {
        for (int i = 0; i < times; i++) {
            char *p = malloc(n);

            REQUIRE(p != NULL);
            memset(p, DIRT, n);
            REQUIRE(p[n / 2] == (char)DIRT);
            free(p);
        }
        REQUIRE(write(answers[1], "", 1) == 1);
    }
    _exit(0);
}

static void
start(int number, size_t n, int times)
{
    int ends[2];

    REQUIRE(pipe(ends) == 0);
    workers[number].process = fork();
    REQUIRE(workers[number].process >= 0);
    if (workers[number].process == 0) {
        close(ends[1]);
        serve(ends[0], n, times);
    }
    close(ends[0]);
    workers[number].requests = ends[1];
}

/* An answer, or the end of a worker: only the first is right. */
static void
ask(int number)
{
    char answer;
    int status;

    REQUIRE(write(workers[number].requests, "", 1) == 1);
    while (read(answers[0], &answer, 1) != 1)
        usleep(1000);
    REQUIRE(waitpid(workers[number].process, &status, WNOHANG) == 0);
}

/* A worker that was killed answers no more: read must not wait for it. */
static void
killed(int signal_number)
{
    static const char text[] = "a worker ended\n";

    (void)signal_number;
    (void)!write(STDERR_FILENO, text, sizeof(text) - 1);
    _exit(1);
}

int
main(int argc, char **argv)
{
    int count, pace, times;
    size_t n;

    REQUIRE(argc == 5);
    count = atoi(argv[1]);
    n = (size_t)atoi(argv[2]) * MIB;
    pace = atoi(argv[3]);
    times = atoi(argv[4]);
    require_active();
    REQUIRE(count > 0 && count <= WORKERS_MOST);
    REQUIRE(pipe(answers) == 0);
    for (int i = 0; i < count; i++)
        start(i, n, times);
    signal(SIGCHLD, killed);
    for (int request = 0; request < ROUNDS * count; request++) {
        usleep((useconds_t)pace * 1000);
        ask(request % count);
    }
    signal(SIGCHLD, SIG_DFL);
    for (int i = 0; i < count; i++)
        close(workers[i].requests);
    for (int i = 0; i < count; i++)
        kill(workers[i].process, SIGKILL);
    while (wait(NULL) > 0)
        continue;
    return 0;
}
