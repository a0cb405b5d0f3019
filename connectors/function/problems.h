/* problems.h - the standard test functions of optimisation, as they are usually minimised.
 *   Inputs are x1 .. xd. Outputs: `value` (the first objective); with several objectives also f1,
 * f2, ...; constraints g1, g2, ... are met where they are <= 0. Domains and optima as cited beside
 * each in problems.c. SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef FUNCTION_PROBLEMS_H
#define FUNCTION_PROBLEMS_H

#include <stddef.h>

enum { PROBLEM_INPUTS_MAX = 1024, PROBLEM_OUTPUTS_MAX = 16 };

typedef struct problem {
    const char *name;
    size_t inputs_min, inputs_max;
    size_t objectives, constraints;
    double low[7], high[7]; /* of each input; all alike when `alike` */
    int alike;
    double best; /* least feasible value of the first objective (d = inputs_min); NaN: not stated */
    double best_at[7]; /* where, for d = inputs_min */
    /* out: objectives, then constraints. May give non-finite numbers outside the domain. */
    void (*eval)(size_t d, const double *x, double *out);
} problem;

/* The problem of that name ('_' reads as '-'), or NULL. */
const problem *problem_find(const char *name);
/* The i-th, or NULL behind the last. */
const problem *problem_at(size_t i);
/* Name of output k: "f2", "g1"; returns out. */
const char *problem_output(const problem *problem, size_t k, char out[16]);

#endif
