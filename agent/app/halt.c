/* halt.c - waits until the stations that were stopped for safety say so, and says which do not.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <time.h>

#include "app.h"
#include "clock.h"

enum { LOOK_MS = 100, PATIENCE_MS = 10000 };

/* Stations that have not acknowledged; `say` prints what is known of each. */
static size_t count_silent(const itp_loop *loop, const char *station, int say)
{
    itp_worker_view w;
    size_t silent = 0;
    for (size_t i = 0; itp_loop_worker(loop, i, &w) == ITP_OK; i++) {
        if (station ? strcmp(w.name, station) != 0 : w.halted == ITP_HALT_NONE) continue;
        silent += w.halted == ITP_HALT_ASKED;
        if (say)
            printf("station   %s: %s\n", w.name,
                   w.halted == ITP_HALT_DONE
                       ? "stopped, and says so; it waits for: interphase ready"
                       : "HAS NOT ANSWERED: use its own emergency stop");
    }
    return silent;
}

int app_await_halt(const char *journal, const char *station)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    int64_t end_ms = itp_clock_monotonic_ms() + PATIENCE_MS;
    for (;;) {
        itp_engine *engine;
        itp_error err = {0};
        itp_status st = app_open(&engine, journal, &err);
        if (st != ITP_OK) return app_fail(st, &err);
        int over = itp_clock_monotonic_ms() >= end_ms;
        size_t silent = count_silent(itp_engine_loop(engine), station, 0);
        if (silent == 0 || over) count_silent(itp_engine_loop(engine), station, 1);
        itp_engine_close(engine);
        if (silent == 0) return EXIT_FINISHED;
        if (over) return EXIT_FAILED;
        nanosleep(&pause, NULL);
    }
}
