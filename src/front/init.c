/* SPDX-License-Identifier: MIT */
#include "front/init.h"

#include <pthread.h>
#include <signal.h>

#include "base/version.h"
#include "control/log.h"
#include "control/options.h"
#include "control/stats.h"
#include "control/trace.h"
#include "control/view.h"
#include "front/background.h"
#include "front/idle.h"
#include "front/prefault.h"
#include "front/report.h"
#include "front/report_tick.h"
#include "front/trace_exit.h"
#include "heap/backend.h"
#include "large/meta.h"
#include "large/pool.h"
#include "large/region.h"
#include "large/region_profile.h"
#include "large/retain.h"
#include "os/os.h"

static bool started;

/* What fork holds; read by the same thread afterwards. */
static enum { NOTHING, POOL, EVERYTHING } fork_holds;

/* The signal mask of a thread that forks and holds the pool alone. */
static sigset_t fork_mask;

static void
say_hello(void)
{
    char options[512];

    lz_options_describe(options, sizeof(options));
    lz_log(LZ_VERSION " active: %s", options);
}

static void
read_environment(void)
{
    lz_options_read(lz_os_environment());
    lz_view_start();
}

bool
lz_init_start(void)
{
    int saved = errno;

    if (LZ_LIKELY(__atomic_load_n(&started, __ATOMIC_ACQUIRE)))
        return false;
    /*
     * Before libc has started there is no environment, and the options would be
     * lost.
     */
    if (lz_os_environment() == NULL ||
        __atomic_exchange_n(&started, true, __ATOMIC_ACQ_REL))
        return false;
    if (!lz_os_is_privileged())
        read_environment();
    if (lz_options.oracle == LZ_ORACLE_MEMSET)
        lz_os_ask_nothing();
    lz_region_profile_start();
    /*
     * jemalloc's start opens files under /proc and /etc. If one is missing, it
     * changes errno.
     */
    je_free(je_malloc(1));
    lz_backend_set_ready();
    lz_os_set_started();
    if (lz_options.verbose)
        say_hello();
    lz_trace_start();
    lz_report_tick_start();
    errno = saved;
    return true;
}

void
lz_init_finish(void)
{
    lz_background_stop();
    lz_trace_exit();
    lz_region_profile_write();
    lz_report_at_exit();
}

/*
 * In a process that never had a second thread nobody else can hold a lock, and
 * none is waited for. So a fork from a signal handler that interrupted malloc
 * does not wait for the malloc below it. The pool's lock is taken if something
 * is kept. If it is held already, the pool is in the middle of a change, and
 * the child gets what is kept and keeps it. No signal handler runs while this
 * function holds it.
 */
static void
prepare_alone(void)
{
    sigset_t all;

    if (lz_pool_is_empty())
        return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &fork_mask);
    if (lz_pool_fork_try()) {
        if (lz_meta_fork_try()) {
            lz_meta_fork_parent();
            lz_region_fork_prepare();
            fork_holds = POOL;
            return;
        }
        lz_pool_fork_parent();
    }
    pthread_sigmask(SIG_SETMASK, &fork_mask, NULL);
}

/* The locks of lock.h, outermost first. */
void
lz_init_fork_prepare(void)
{
    if (lz_os_is_single_threaded()) {
        lz_region_hugetlb_fork();
        prepare_alone();
        return;
    }
    lz_os_stdio_acquire();
    lz_backend_fork_prepare();
    lz_pool_fork_prepare();
    lz_region_fork_prepare();
    lz_meta_fork_prepare();
    fork_holds = EVERYTHING;
}

void
lz_init_fork_parent(void)
{
    int holds = (int)fork_holds;

    if (holds == NOTHING)
        return;
    fork_holds = NOTHING;
    if (holds == EVERYTHING)
        lz_meta_fork_parent();
    lz_region_fork_parent();
    lz_pool_fork_parent();
    if (holds == POOL) {
        pthread_sigmask(SIG_SETMASK, &fork_mask, NULL);
        return;
    }
    lz_backend_fork_parent();
    lz_os_stdio_release();
}

void
lz_init_fork_child(void)
{
    int holds = (int)fork_holds;

    fork_holds = NOTHING;
    if (holds == EVERYTHING)
        lz_meta_fork_child();
    if (holds != NOTHING)
        lz_pool_fork_child();
    if (holds == EVERYTHING)
        lz_backend_fork_child();
    /* libc resets the stdio list's lock by itself. */
    lz_view_fork_child();
    lz_stats_fork_child();
    lz_background_fork_child();
    lz_retain_fork_child();
    lz_idle_fork_child();
    lz_prefault_fork_child();
    lz_report_tick_fork_child();
    lz_region_fork_child();
    lz_os_fork_child();
    if (holds == POOL)
        pthread_sigmask(SIG_SETMASK, &fork_mask, NULL);
}

/*
 * What jemalloc calls in place of pthread_atfork, from the first allocation of
 * the process. Prepare handlers run in reverse order of registration
 * (pthread_atfork(3)): registered this early, ours runs last, and the handlers
 * of other libraries may still allocate.
 */
int lz_init_atfork(void (*prepare)(void), void (*parent)(void),
                   void (*child)(void)) LZ_HIDDEN;

int
lz_init_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    lz_backend_set_fork_handlers(prepare, parent, child);
    return lz_os_atfork(lz_init_fork_prepare, lz_init_fork_parent,
                        lz_init_fork_child);
}
