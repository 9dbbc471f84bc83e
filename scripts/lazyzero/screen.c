/* SPDX-License-Identifier: MIT */
#include "screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "say.h"
#include "text.h"

/* xterm's other screen, and back; everything that draws knows them. */
#define ENTER "\033[?1049h"
#define LEAVE "\033[?1049l"
#define HOME "\033[H"
#define REST_OF_LINE "\033[K"
#define REST_OF_SCREEN "\033[J"

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH};

#define SIGNAL_COUNT (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t ended_by; /* a signal, or -1: by a key */
static volatile sig_atomic_t stopped, resized;
static sigset_t unblocked;

static bool is_drawn, is_entered, has_input;
static struct termios usual;
static int lines;

static void
on_signal(int number)
{
    if (number == SIGWINCH)
        resized = 1;
    else if (number == SIGTSTP)
        stopped = 1;
    else
        ended_by = number;
}

/* Blocked but while we wait, so that none comes unnoticed. */
static void
catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal}, old;
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        if (signals[i] == SIGTSTP && !is_drawn)
            continue;
        if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN)
            continue;
        sigaddset(&set, signals[i]);
        sigaction(signals[i], &action, NULL);
    }
    sigprocmask(SIG_BLOCK, &set, &unblocked);
}

static void
enter(void)
{
    struct termios quiet;

    if (!is_drawn || is_entered)
        return;
    is_entered = true;
    if (has_input) {
        quiet = usual;
        quiet.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        quiet.c_cc[VMIN] = 0;
        quiet.c_cc[VTIME] = 0;
        tcsetattr(STDIN_FILENO, TCSADRAIN, &quiet);
    }
    fputs(ENTER, stdout);
}

void
screen_close(void)
{
    if (!is_entered)
        return;
    is_entered = false;
    fputs(LEAVE, stdout);
    fflush(stdout);
    if (has_input)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &usual);
}

void
screen_open(bool draws)
{
    is_drawn = draws && isatty(STDOUT_FILENO);
    has_input = is_drawn && isatty(STDIN_FILENO) &&
                tcgetattr(STDIN_FILENO, &usual) == 0;
    catch_signals();
    if (atexit(screen_close) != 0)
        say_got(NULL);
    enter();
}

static struct winsize
size(void)
{
    struct winsize found = {0};

    if (is_drawn && ioctl(STDOUT_FILENO, TIOCGWINSZ, &found) != 0)
        found = (struct winsize){0};
    return found;
}

int
screen_columns(void)
{
    int columns = size().ws_col;

    return columns > 0 ? columns : 80;
}

int
screen_rows(void)
{
    int rows = size().ws_row;

    return rows > 0 ? rows : is_drawn ? 24 : 0;
}

void
screen_begin(void)
{
    lines = 0;
    if (is_drawn)
        fputs(HOME, stdout);
}

/* A name may hold anything, and a terminal obeys. Cut, but not in a character.
 */
static void
clean(char *text, int columns)
{
    int column = 0;

    for (char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
        /* U+0080 to U+009F: control characters, too. */
        if ((unsigned char)*c == 0xc2 && (unsigned char)c[1] >= 0x80 &&
            (unsigned char)c[1] <= 0x9f)
            c[0] = c[1] = '?';
        if ((*c & 0xc0) != 0x80 && column++ == columns) {
            *c = '\0';
            return;
        }
    }
}

void
screen_line(const char *format, ...)
{
    va_list values;
    char *text = NULL;

    if (is_drawn && lines >= screen_rows())
        return;
    va_start(values, format);
    if (vasprintf(&text, format, values) < 0)
        text = NULL;
    va_end(values);
    clean(say_got(text), is_drawn ? screen_columns() : 1 << 16);
    /* No line's end behind the last row: it would scroll. */
    if (is_drawn && lines > 0)
        fputc('\n', stdout);
    fputs(text, stdout);
    fputs(is_drawn ? REST_OF_LINE : "\n", stdout);
    lines++;
    free(text);
}

void
screen_end(void)
{
    if (is_drawn)
        fputs(REST_OF_SCREEN, stdout);
    fflush(stdout);
}

/* Ctrl-Z: the terminal is the shell's until we go on. */
static void
pause_here(void)
{
    stopped = 0;
    screen_close();
    raise(SIGSTOP);
    enter();
    resized = 1;
}

static void
read_keys(void)
{
    char keys[16];
    ssize_t count = read(STDIN_FILENO, keys, sizeof(keys));

    if (count > 0 && memchr(keys, 'q', (size_t)count) != NULL && ended_by == 0)
        ended_by = -1;
    if (count <= 0)
        has_input = false;
}

static double
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Until a key, a signal or the end of the time. */
static void
wait_once(double seconds)
{
    fd_set input;
    struct timespec left;

    seconds = seconds < 0 ? 0 : seconds;
    left.tv_sec = (time_t)seconds;
    left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
    FD_ZERO(&input);
    if (has_input)
        FD_SET(STDIN_FILENO, &input);
    if (pselect(has_input ? STDIN_FILENO + 1 : 0, &input, NULL, NULL, &left,
                &unblocked) > 0)
        read_keys();
}

bool
screen_wait(double seconds)
{
    double end = now() + seconds;

    resized = 0;
    while (ended_by == 0 && !resized && !ferror(stdout) && now() < end) {
        wait_once(end - now());
        if (stopped)
            pause_here();
    }
    return ended_by != 0 || ferror(stdout);
}

int
screen_status(void)
{
    return ended_by > 0 && ended_by != SIGINT ? 128 + (int)ended_by : 0;
}
