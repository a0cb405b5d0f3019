/* utility.c - several goals made one number.
 *   Weights: sum of weight x goal, each goal scaled by the range seen. Chebyshev (Knowles 2006):
 *   u = min_g w_g t_g + AUGMENT sum_g w_g t_g,  t_g = (goal_g - ideal_g)/span_g <= 0
 * whose maximum over x runs along the whole Pareto front, dents included, as the weights change.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"

enum { STACK_OUTCOMES = 32 }; /* more outcomes than this are taken from the heap */

/* What keeps points that are only weakly efficient from winning (Knowles 2006). */
static const double AUGMENT = 0.05;

static void add(double *dz, const double *part, size_t m, double factor)
{
    for (size_t k = 0; dz && k < m; k++) dz[k] += factor * part[k];
}

static double weighted_sum(const itp_view *view, const double *z, double *dz, double *part)
{
    const itp_problem *p = view->problem;
    double sum = 0;
    for (size_t g = 0; g < p->n_goals; g++) {
        double weight = isnan(p->goals[g].weight) ? 1 : p->goals[g].weight;
        sum += weight * itp_view_goal(view, g, z, dz ? part : NULL);
        add(dz, part, view->m, weight);
    }
    return sum;
}

static double chebyshev(const itp_view *view, const double *z, double *dz, double *part)
{
    const itp_chebyshev *c = view->chebyshev;
    double least = INFINITY, sum = 0;
    size_t worst = 0;
    for (size_t g = 0; g < view->problem->n_goals; g++) {
        double by = c->weight[g] / c->span[g];
        double t = by * (itp_view_goal(view, g, z, dz ? part : NULL) - c->ideal[g]);
        add(dz, part, view->m, AUGMENT * by);
        sum += t;
        if (t < least) least = t, worst = g;
    }
    if (dz) {
        (void)itp_view_goal(view, worst, z, part);
        add(dz, part, view->m, c->weight[worst] / c->span[worst]);
    }
    return least + AUGMENT * sum;
}

double itp_view_utility(const itp_view *view, const double *z, double *dz)
{
    if (view->problem->n_goals == 1) return itp_view_goal(view, 0, z, dz);
    double stack[STACK_OUTCOMES];
    double *part = view->m > STACK_OUTCOMES ? malloc(view->m * sizeof *part) : stack;
    if (!part) return NAN;
    if (dz) memset(dz, 0, view->m * sizeof *dz);
    double value = view->chebyshev ? chebyshev(view, z, dz, part) : weighted_sum(view, z, dz, part);
    if (part != stack) free(part);
    return value;
}
