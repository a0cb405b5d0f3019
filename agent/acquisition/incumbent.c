/* incumbent.c - what would be recommended now: by posterior means, never by a lucky reading.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>

#include "sobol.h"
#include "view.h"

enum { MOMENT_DRAWS = 512 }; /* of a goal that is an expression */

/* Mean and sd of goal 0 in its own unit at x, from independent outcome posteriors. */
static itp_status formula_moments(const itp_view *view, const double *x, double *mean, double *sd)
{
    const itp_problem *p = view->problem;
    const itp_formula *what = &p->goals[0].what;
    size_t m = view->m;
    double *mu = malloc(4 * m * sizeof *mu), sum = 0, squares = 0;
    itp_sobol *sobol = NULL;
    if (!mu) return ITP_ENOMEM;
    double *var = mu + m, *e = var + m, *y = e + m;
    itp_status st = itp_sobol_create(&sobol, m, p->seed);
    for (size_t k = 0; k < m && st == ITP_OK; k++) {
        mu[k] = var[k] = 0;
        if (p->belief[k]) st = itp_view_predict(view, k, 1, x, &mu[k], &var[k]);
    }
    for (size_t s = 0; s < MOMENT_DRAWS && st == ITP_OK; s++) {
        itp_sobol_next_normal(sobol, e);
        for (size_t k = 0; k < m; k++) {
            double z = mu[k] + sqrt(var[k]) * e[k];
            y[k] = p->belief[k] ? itp_surrogate_from_latent(p->belief[k], z) : 0;
        }
        double value = what->eval(what->ctx, y, NULL), step = value - sum;
        sum += step / (double)(s + 1); /* Welford's running mean and sum of squares */
        squares += step * (value - sum);
    }
    *mean = sum;
    *sd = sqrt(squares / MOMENT_DRAWS);
    itp_sobol_destroy(sobol);
    free(mu);
    return st;
}

itp_status itp_find_incumbent(const itp_problem *problem, double confidence, itp_incumbent *out)
{
    itp_view view;
    itp_status st = itp_view_init(&view, problem);
    if (st != ITP_OK) return st;
    itp_incumbent found = {-1, NAN, NAN, NAN, NAN};
    double best = -INFINITY, least = log(confidence);
    for (size_t i = 0; i < view.n && view.believed && problem->n_goals > 0; i++) {
        if (problem->n_bounds > 0 && view.log_feasible[i] < least) continue;
        double value = itp_view_utility(&view, view.mean + i * view.m, NULL);
        if (value > best) best = value, found.index = (long)i;
    }
    if (found.index >= 0) {
        const double *x = problem->measured + (size_t)found.index * view.d;
        const itp_formula *what = &problem->goals[0].what;
        found.feasible = exp(view.log_feasible[found.index]);
        if (view.desired) found.desirability = best * view.utility_scale;
        if (what->outcome >= 0) {
            double var = 0;
            st = itp_surrogate_predict(problem->belief[what->outcome], 1, x, &found.mean, &var);
            found.sd = sqrt(var);
        } else {
            st = formula_moments(&view, x, &found.mean, &found.sd);
        }
    }
    itp_view_deinit(&view);
    if (st == ITP_OK) *out = found;
    return st;
}

/* a is at least as good as b in every goal and better in one. */
static int dominates(const double *a, const double *b, size_t n)
{
    int better = 0;
    for (size_t g = 0; g < n; g++) {
        if (a[g] < b[g]) return 0;
        better |= a[g] > b[g];
    }
    return better;
}

size_t itp_find_pareto(const itp_problem *problem, double confidence, size_t *index, size_t max)
{
    itp_view view;
    if (itp_view_init(&view, problem) != ITP_OK) return 0;
    size_t count = 0, goals = problem->n_goals;
    double least = problem->n_bounds > 0 ? log(confidence) : -INFINITY;
    for (size_t i = 0; i < view.n && view.believed && goals > 0; i++) {
        if (view.log_feasible[i] < least) continue;
        int beaten = 0;
        for (size_t j = 0; j < view.n && !beaten; j++)
            beaten = view.log_feasible[j] >= least &&
                     dominates(view.value + j * goals, view.value + i * goals, goals);
        if (beaten) continue;
        if (count < max) index[count] = i;
        count++;
    }
    itp_view_deinit(&view);
    return count;
}
