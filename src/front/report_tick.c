/* SPDX-License-Identifier: MIT */
#include "front/report_tick.h"

#include "base/text.h"
#include "control/log.h"
#include "control/options.h"
#include "control/output.h"
#include "control/trace.h"
#include "front/report.h"
#include "front/report_prom.h"
#include "lazyzero/lazyzero.h"
#include "os/os.h"

#define MS_A_SECOND 1000

static uint64_t due;    /* atomic: lz_os_now of the next time */
static bool is_writing; /* atomic */

static bool
is_on(void)
{
    return (__atomic_load_n(&lz_trace_watch, __ATOMIC_RELAXED) &
            LZ_TRACE_TICKS) != 0;
}

static void
stop(int error)
{
    __atomic_fetch_and(&lz_trace_watch, (unsigned char)~LZ_TRACE_TICKS,
                       __ATOMIC_RELAXED);
    lz_output_complain("LAZYZERO_STATS", lz_options.stats, error,
                       "not trying again before the exit");
}

/* Static, as it is too much for the small stack of a thread. */
static void
write_now(void)
{
    static char buffer[16 * LZ_KIB];
    struct lz_text text = lz_text_in(buffer, sizeof(buffer));
    struct lazyzero_stats stats;
    int error;

    lz_report_take(&stats);
    lz_report_prom_put(&text, &stats);
    error = lz_output_replace(lz_options.stats, buffer, text.used);
    if (error != 0)
        stop(error);
}

static void
set_due(void)
{
    __atomic_store_n(&due,
                     lz_os_now() + lz_options.stats_interval * MS_A_SECOND,
                     __ATOMIC_RELAXED);
}

void
lz_report_tick_start(void)
{
    if (lz_options.stats_interval == 0)
        return;
    if (!lz_report_prom_is_wanted()) {
        lz_log("LAZYZERO_STATS_INTERVAL: nothing is written while the process "
               "runs, as LAZYZERO_STATS names no file that ends in .prom");
        return;
    }
    set_due();
    __atomic_fetch_or(&lz_trace_watch, LZ_TRACE_TICKS, __ATOMIC_RELAXED);
}

void
lz_report_tick(void)
{
    if (!is_on() || lz_os_now() < __atomic_load_n(&due, __ATOMIC_RELAXED) ||
        __atomic_exchange_n(&is_writing, true, __ATOMIC_ACQUIRE))
        return;
    set_due();
    write_now();
    __atomic_store_n(&is_writing, false, __ATOMIC_RELEASE);
}

void
lz_report_tick_fork_child(void)
{
    __atomic_store_n(&is_writing, false, __ATOMIC_RELAXED);
}
