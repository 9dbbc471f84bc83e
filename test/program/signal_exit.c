/* SPDX-License-Identifier: MIT */
/*
 * signal_exit [_exit|longjmp]: a signal handler calls exit, or _exit, or leaves
 * by longjmp and the program calls exit, in the middle of malloc or free. What
 * the library does at exit must not wait for the call that was interrupted.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <sys/time.h>

#include "active.h"
#include "watch.h"

#define CHILDREN 150

static const char *way = "exit";
static sigjmp_buf start;

static void
leave(int signal_number)
{
    (void)signal_number;
    if (strcmp(way, "_exit") == 0)
        _exit(7);
    if (strcmp(way, "longjmp") == 0)
        siglongjmp(start, 1);
    exit(7);
}

/* The report at exit, in the variant that asks for it, is not looked at. */
static void
silence(void)
{
    int null = open("/dev/null", O_WRONLY);

    REQUIRE(null >= 0 && dup2(null, STDERR_FILENO) == STDERR_FILENO);
}

static void
run_child(int i)
{
    struct itimerval soon = {.it_value = {0, 200 + 37 * i}};

    silence();
    if (sigsetjmp(start, 1) != 0)
        exit(7);
    signal(SIGALRM, leave);
    REQUIRE(setitimer(ITIMER_REAL, &soon, NULL) == 0);
    allocate_forever(NULL);
}

int
main(int argc, char **argv)
{
    require_active();
    if (argc == 2)
        way = argv[1];
    watchdog(60);
    for (int i = 0; i < CHILDREN; i++) {
        pid_t child = fork();

        if (child == 0)
            run_child(i);
        wait_for(child, 7);
    }
    _exit(0);
}
