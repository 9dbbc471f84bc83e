/* SPDX-License-Identifier: MIT */
/*
 * limit_workers WORKERS MIB PACE TIMES CLIENTS: a pool of worker processes. So
 * many at a time as there are clients (of which WORKERS is a multiple), PACE
 * milliseconds apart, each uses a block of MIB megabytes TIMES times and then
 * waits for its next request; three rounds. Run by check_group with a limit of
 * little more than a block for each client: a worker that kept its block while
 * it waits would get another one killed.
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

/* Answers, or the end of a worker: only the first is right. */
static void
ask(int first, int clients)
{
    char answer;
    int status;

    for (int i = first; i < first + clients; i++)
        REQUIRE(write(workers[i].requests, "", 1) == 1);
    for (int i = 0; i < clients; i++) {
        while (read(answers[0], &answer, 1) != 1)
            usleep(1000);
    }
    for (int i = first; i < first + clients; i++)
        REQUIRE(waitpid(workers[i].process, &status, WNOHANG) == 0);
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
    int count, pace, times, clients;
    size_t n;

    REQUIRE(argc == 6);
    count = atoi(argv[1]);
    n = (size_t)atoi(argv[2]) * MIB;
    pace = atoi(argv[3]);
    times = atoi(argv[4]);
    clients = atoi(argv[5]);
    require_active();
    REQUIRE(count > 0 && count <= WORKERS_MOST);
    REQUIRE(clients > 0 && count % clients == 0);
    REQUIRE(pipe(answers) == 0);
    for (int i = 0; i < count; i++)
        start(i, n, times);
    signal(SIGCHLD, killed);
    for (int request = 0; request < ROUNDS * count; request += clients) {
        usleep((useconds_t)pace * 1000);
        ask(request % count, clients);
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
