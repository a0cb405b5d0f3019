/* bench_runs.h - closed loops for the benchmark: each is `interphase run` with a journal of its
 * own, so what is measured is what a user gets; the curve of one is read from its journal.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_BENCH_RUNS_H
#define ITP_BENCH_RUNS_H

#include "app.h"

/* One campaign to run. */
typedef struct bench_run {
    const char *campaign; /* file */
    uint64_t seed;
    size_t n_settings;
    const char *settings[APP_SETTINGS_MAX + 5]; /* KEY=VALUE */
    char journal[300];
    int pid, done; /* done: 1 finished, -1 failed */
} bench_run;

/* Runs all, `parallel` at a time; a line of progress on a terminal. A failed one is named with the
 * end of its log, and the rest go on. ITP_EINTERRUPTED after Ctrl-C. */
itp_status bench_runs(bench_run *runs, size_t n, size_t parallel, itp_error *err);

/* What a campaign had found after each of its trials. */
typedef struct bench_curve {
    size_t n;
    double *best;  /* n: of the objective, its unit, limits held; NaN: nothing yet */
    double *value; /* n: of each trial; NaN: failed, or a limit broken */
} bench_curve;
itp_status bench_curve_read(bench_curve *out, const char *journal, itp_error *err);
void bench_curve_deinit(bench_curve *curve);

/* Where a value of the objective stands: higher is better, whatever its sense. */
double bench_merit(const itp_objective *objective, double value);

/* The folder of the runs and all that is in it. */
void bench_remove(const char *folder);

#endif
