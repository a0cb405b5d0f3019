/* bench.h - what the bars share: the command line, the pool of campaigns, statistics, output.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_H
#define BENCH_H

#include "closed_loop.h"

typedef struct bench_options {
    int json, quick;
    int bar;          /* 0: all */
    const char *only; /* name of one problem or set; NULL: all */
    const char *data; /* folder of measured sets, or NULL */
    size_t start;     /* trials before the model speaks; 0: the bar's own number */
    size_t seeds;     /* 0: the bar's own number */
    uint64_t first_seed;
    unsigned threads; /* campaigns at once; 0: one a core */
    int verbose;
    bench_settings with; /* overrides: acquisition, model, kernel, noise */
} bench_options;

/* One finished line of a bar: the measured value against its limit (infinite: none is set). */
void bench_report(const bench_options *options, const char *bar, double value, double limit,
                  int ok);
/* A line of a table for people; nothing with --json. */
void bench_say(const bench_options *options, const char *format, ...);

/* Sorts in place; quantile p of n sorted values (linear between ranks). */
void bench_sort(size_t n, double *value);
double bench_quantile(size_t n, const double *sorted, double p);
double bench_mean(size_t n, const double *value);

/* One campaign a seed, spread over cores, progress on stderr. each: called with seed and index, in
 * parallel; returns a status. */
typedef itp_status (*bench_each)(void *context, uint64_t seed, size_t index);
itp_status bench_campaigns(const bench_options *options, const char *title, size_t seeds,
                           bench_each each, void *context);

int bench_wild(const bench_options *options);      /* bars 2 and 9 */
int bench_synthetic(const bench_options *options); /* bar 3 */
int bench_measured(const bench_options *options);  /* bar 4 */
int bench_noisy(const bench_options *options);     /* bar 5 */
int bench_idle(const bench_options *options);      /* bar 5, called by bench_noisy */
int bench_several(const bench_options *options);   /* bar 6 */
int bench_outliers(const bench_options *options);  /* bar 6, called by bench_several */
int bench_speed(const bench_options *options);     /* bar 7 */
int bench_high(const bench_options *options);      /* many parameters, no bar */
int bench_stopping(const bench_options *options);  /* bar 8 */

#endif
