/* problems.h - test functions with known optima, as the bars of the issue Decisions state them.
 *   Optima stand away from the centre of the box. Outcomes beyond the first are further objectives
 * or the left sides of limits g(x) <= 0. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_PROBLEMS_H
#define BENCH_PROBLEMS_H

#include <stddef.h>

enum { PROBLEM_DIMS_MAX = 12, PROBLEM_OUTCOMES_MAX = 8, PROBLEM_GOALS_MAX = 5 };

typedef struct bench_problem {
    const char *name;
    size_t d, objectives, limits; /* outcomes = objectives + limits; all minimised, limits <= 0 */
    double low[PROBLEM_DIMS_MAX], high[PROBLEM_DIMS_MAX];
    void (*eval)(const double *x, double *y);
    double optimum; /* of the first objective, feasible; NaN for several objectives */
    double reference[PROBLEM_GOALS_MAX]; /* hypervolume's, of several objectives */
    size_t start, trials;                /* Sobol points first, trials in all */
} bench_problem;

extern const bench_problem bench_problems[];
extern const size_t bench_problem_count;
const bench_problem *bench_problem_find(const char *name);

#endif
