/* problems.h - random problems for the model tests: smooth functions with noise on the unit cube.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_TEST_PROBLEMS_H
#define ITP_TEST_PROBLEMS_H

#include <math.h>

#include "interphase/surrogate.h"
#include "stream.h"
#include "suite.h"

enum { PROBLEM_N = 600, PROBLEM_D = 12 };

typedef struct {
    size_t n, d;
    double x[PROBLEM_N * PROBLEM_D], y[PROBLEM_N], sd[PROBLEM_N];
    itp_column columns[PROBLEM_D];
    itp_data data;
} problem;

static inline double problem_truth(const double *x, size_t d)
{
    double sum = 0;
    for (size_t c = 0; c < d; c++) sum += sin(3 * x[c] + (double)c) / (1 + (double)c);
    return 10 + 4 * sum;
}

/* noise: sd added to y. */
static inline void problem_make(problem *p, uint64_t seed, size_t n, size_t d, double noise)
{
    itp_stream s;
    itp_stream_init(&s, seed, 0, "problem");
    p->n = n;
    p->d = d;
    for (size_t c = 0; c < d; c++) p->columns[c] = (itp_column){ITP_COLUMN_REAL, 0, (unsigned)c, 0};
    for (size_t i = 0; i < n; i++) {
        for (size_t c = 0; c < d; c++) p->x[i * d + c] = itp_stream_uniform(&s);
        p->y[i] = problem_truth(p->x + i * d, d) + noise * itp_stream_normal(&s);
        p->sd[i] = NAN;
    }
    p->data = (itp_data){n, d, p->x, p->y, NULL};
}

static inline itp_surrogate *problem_fit(problem *p, const itp_surrogate_options *options,
                                         itp_fit_report *report)
{
    itp_surrogate *s = NULL;
    itp_error err = {0};
    itp_status st = itp_surrogate_create(&s, p->d, p->columns, options, &err);
    if (st != ITP_OK) printf("create: %s\n", err.text);
    CU_ASSERT_FATAL(st == ITP_OK);
    st = itp_surrogate_fit(s, &p->data, 1, report);
    if (st != ITP_OK) printf("fit: %s\n", itp_status_text(st));
    CU_ASSERT_FATAL(st == ITP_OK);
    return s;
}

#endif
