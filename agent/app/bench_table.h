/* bench_table.h - a benchmark: what was asked for, its runs, their curves, and the table of both.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_BENCH_TABLE_H
#define ITP_BENCH_TABLE_H

#include "bench_runs.h"

typedef struct bench_options {
    const char *campaign, *csv, *keep, *against;
    long long seeds, first, parallel, trials;
    size_t n_settings;
    const char *settings[APP_SETTINGS_MAX];
} bench_options;

typedef enum bench_method { BENCH_OURS, BENCH_OTHER, BENCH_METHODS } bench_method;

typedef struct bench {
    const bench_options *o;
    itp_campaign *campaign;
    char folder[200], trials[32], against[64];
    size_t n_trials, n_rows; /* rows of the candidate table; 0: none */
    double top;              /* merit from which a row is among the best; NaN: no table */
    size_t n_top;
    bench_run *runs;     /* BENCH_METHODS x seeds, then the survey */
    bench_curve *curves; /* BENCH_METHODS x seeds */
} bench;

/* Reads from the journal of the survey, which holds every row, which are the best. */
itp_status bench_find_top(bench *b, const char *survey, itp_error *err);
void bench_print(const bench *b);
/* One row a trial: method, seed, trial, value, best, share of the best rows found. */
itp_status bench_write_csv(const bench *b, itp_error *err);

#endif
