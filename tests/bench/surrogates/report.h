/* report.h - what the bars of the surrogates share: options, clock, random data, output.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_SURROGATES_REPORT_H
#define BENCH_SURROGATES_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "interphase/surrogate.h"

typedef struct settings {
    int json, quick;
    unsigned threads;
    const char *data;                       /* folder of measured sets, or NULL */
    const char *python;                     /* interpreter that has scikit-learn */
    const char *model, *kernel, *transform; /* overrides; NULL: defaults */
    const char *only;                       /* part of a name of a set */
    int golden;                             /* write the reference numbers of other programs anew */
} settings;

/* One line a bar: {"issue": "surrogates", "bar": ..., "value": ..., "limit": ..., "ok": ...}. */
void report(const settings *s, const char *bar, double value, double limit, int ok);
/* A line of a table for people; nothing with --json. */
void say(const settings *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

double now_s(void);
double median(size_t n, double *values); /* sorts */

/* A smooth function of d inputs plus noise of this sd; x is n x d. */
void random_problem(uint64_t seed, size_t n, size_t d, double noise, double *x, double *y);
void real_columns(size_t d, itp_column *columns);

/* Flops per second of dgemm at this size with one BLAS thread, best of a few. */
double dgemm_rate(size_t n);

void bar_robustness_of_fit(const settings *s); /* 2 */
void bar_speed(const settings *s);             /* 3 */
void bar_scale(const settings *s);             /* 4 */
void bar_calibration(const settings *s);       /* 5 */
void bar_outliers(const settings *s);          /* 6 */
void bar_scoring(const settings *s);           /* 7 */

#endif
