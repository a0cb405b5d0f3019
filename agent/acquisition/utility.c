/* utility.c - several goals made one number.
 *   Weights: sum of weight x goal, goals scaled by the range seen unless the weights have units.
 * Desirabilities (Derringer & Suich 1980): prod d_g^(w_g / sum w), d_g rising from 0 to 1 between
 * what is not wanted and what is.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"

enum { STACK_OUTCOMES = 32 }; /* more outcomes than this are taken from the heap */

/* Below this a desirability no longer falls on a line to 0 but fades, KNEE^2/(2 KNEE - t): so
 * that from anywhere a slope shows the way. */
static const double KNEE = 1e-3;

static void add(double *dz, const double *part, size_t m, double factor)
{
    for (size_t k = 0; dz && k < m; k++) dz[k] += factor * part[k];
}

static double weighted_sum(const itp_view *view, const double *z, double *dz, double *part)
{
    const itp_problem *p = view->problem;
    double sum = 0, all = 0;
    for (size_t g = 0; g < p->n_goals; g++)
        if (p->goals[g].weight_per_unit) all += p->goals[g].weight * view->goal_scale[g];
    for (size_t g = 0; g < p->n_goals; g++) {
        double weight = isnan(p->goals[g].weight) ? 1 : p->goals[g].weight;
        /* Goals come scaled; weights with units undo that, and the sum is scaled instead. */
        if (p->goals[g].weight_per_unit) weight *= view->goal_scale[g] / all;
        sum += weight * itp_view_goal(view, g, z, dz ? part : NULL);
        add(dz, part, view->m, weight);
    }
    return sum;
}

/* d of t, 0 at what is not wanted and 1 at what is. */
static double desirability(double t, double *slope)
{
    double gap = 2 * KNEE - t;
    if (t >= 1) return *slope = 0, 1;
    if (t >= KNEE) return *slope = 1, t;
    *slope = KNEE * KNEE / (gap * gap);
    return KNEE * KNEE / gap;
}

/* dz holds d ln D / dz before the last line. */
static double joined_desirability(const itp_view *view, const double *z, double *dz, double *part)
{
    const itp_problem *p = view->problem;
    double sum = 0, weights = 0;
    for (size_t g = 0; g < p->n_goals; g++)
        weights += isnan(p->goals[g].weight) ? 1 : p->goals[g].weight;
    for (size_t g = 0; g < p->n_goals; g++) {
        const itp_goal *goal = &p->goals[g];
        double weight = (isnan(goal->weight) ? 1 : goal->weight) / weights, slope;
        /* Upwards, as the goal itself: distances and what is minimised change sign. */
        double sign = goal->kind == ITP_MAXIMISE ? 1 : -1;
        double by = sign / (goal->wanted - goal->unwanted), scale = view->goal_scale[g];
        double up = scale * itp_view_goal(view, g, z, dz ? part : NULL);
        double d = desirability(by * (up - sign * goal->unwanted), &slope);
        sum += weight * log(d);
        add(dz, part, view->m, weight * slope * by * scale / d);
    }
    double joined = exp(sum) / view->utility_scale;
    for (size_t k = 0; dz && k < view->m; k++) dz[k] *= joined;
    return joined;
}

double itp_view_utility(const itp_view *view, const double *z, double *dz)
{
    if (view->problem->n_goals == 1) return itp_view_goal(view, 0, z, dz);
    double stack[STACK_OUTCOMES];
    double *part = view->m > STACK_OUTCOMES ? malloc(view->m * sizeof *part) : stack;
    if (!part) return NAN;
    if (dz) memset(dz, 0, view->m * sizeof *dz);
    double value =
        view->desired ? joined_desirability(view, z, dz, part) : weighted_sum(view, z, dz, part);
    if (part != stack) free(part);
    return value;
}

double itp_view_worth(const itp_view *view, const double *z)
{
    const itp_problem *p = view->problem;
    if (p->n_goals == 1) return itp_view_value(view, 0, z);
    if (view->desired) return view->utility_scale * itp_view_utility(view, z, NULL);
    double sum = 0;
    for (size_t g = 0; g < p->n_goals; g++) {
        if (!p->goals[g].weight_per_unit) return NAN;
        sum += p->goals[g].weight * itp_view_value(view, g, z);
    }
    return sum;
}
