/* SPDX-License-Identifier: MIT */
/*
 * sites: functions that ask for large blocks and use more or less of them: in
 * threads, in the child of a fork, in a signal handler on a stack of its own,
 * and by realloc. Some blocks are live at the end.
 */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
#define NOT_INLINE __attribute__((noinline, noclone))

char *volatile kept[4];
static char *volatile in_handler;

static NOT_INLINE char *
wasteful(void)
{
    char *p = calloc(1, 64 * MIB);

    p[10 * MIB] = 1;
    return p;
}

static NOT_INLINE char *
thrifty(void)
{
    char *p = malloc(16 * MIB);

    memset(p, 1, 16 * MIB);
    return p;
}

static NOT_INLINE char *
growing(void)
{
    char *p = malloc(4 * MIB), *q = realloc(p, 8 * MIB);

    q = realloc(q, 40 * MIB);
    memset(q, 1, 3 * MIB);
    return q;
}

static NOT_INLINE void *
in_thread(void *unused)
{
    for (int i = 0; i < 50; i++) {
        char *volatile p = calloc(1, 3 * MIB);

        p[0] = 1;
        free(p);
    }
    return unused;
}

static NOT_INLINE void
by_signal(int signal)
{
    (void)signal;
    in_handler = malloc(5 * MIB);
}

static void
handle_on_stack(int signal, int flags)
{
    struct sigaction action = {.sa_handler = by_signal, .sa_flags = flags};
    static char memory[65536];
    stack_t stack = {.ss_sp = memory, .ss_size = sizeof(memory)};

    sigaltstack(&stack, NULL);
    sigaction(signal, &action, NULL);
    raise(signal);
    free(in_handler);
}

static NOT_INLINE void
in_child(void)
{
    char *volatile p = malloc(7 * MIB);

    p[0] = 1;
    free(kept[0]); /* the parent's */
    exit(0);
}

int
main(void)
{
    pthread_t threads[4];
    int status = 1;

    kept[0] = wasteful();
    kept[1] = thrifty();
    kept[2] = growing();
    free(wasteful());
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, in_thread, NULL);
    if (fork() == 0)
        in_child();
    wait(&status);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    handle_on_stack(SIGUSR1, 0);
    handle_on_stack(SIGUSR2, SA_ONSTACK);
    free(kept[1]);
    return status != 0;
}
