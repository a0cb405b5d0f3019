/* view.h - a problem made ready to be asked: beliefs in latent units, every goal pointing up.
 *   z = T(y) is the scale in which a model is Gaussian (surrogate.h); a goal that is one outcome
 * stays there (its transform is monotone, its scale about 1), a formula is evaluated on outcomes
 * in the user's units and divided by the range seen. Averages over a model's members (fully
 * Bayesian draws) are taken here.
 * Life cycle  init -> (read only) -> deinit; borrows the problem
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_VIEW_H
#define ITP_VIEW_H

#include "interphase/acquisition.h"

/* A bound that is one outcome, in latent units. */
typedef struct itp_gate {
    size_t outcome;
    double low, high;
} itp_gate;

typedef struct itp_view {
    const itp_problem *problem;
    size_t d, m, n;      /* coordinates, outcomes, measured points */
    int believed;        /* 1: every outcome that a goal or bound needs has a fitted model */
    int goal_direct;     /* 1: goal 0 is one outcome */
    int bounds_direct;   /* 1: every bound is one outcome (then gates holds them) */
    int pareto;          /* 1: several goals kept apart */
    int desired;         /* 1: several goals made one by their desirabilities */
    size_t goal_outcome; /* of goal 0, when direct */
    double sign;         /* +1 maximise, -1 minimise; of goal 0 */
    size_t n_gates;
    itp_gate *gates;
    double *mean;         /* n x m latent posterior means */
    double *log_feasible; /* n: ln P(all bounds hold) by the posterior; 0 without bounds */
    double *value;        /* n x n_goals: goals by posterior mean, upwards, scaled */
    double *goal_scale;   /* n_goals: what a formula's value was divided by (1 when direct) */
    double *bound_scale;  /* n_bounds */
    long incumbent;       /* best measured by goal 0 (or weighted goals), feasible; -1: none */
    double utility_scale; /* what the joined desirability is divided by */
    double noise_share;   /* noise variance of goal 0's outcome, latent (about its share) */
} itp_view;

itp_status itp_view_init(itp_view *view, const itp_problem *problem);
void itp_view_deinit(itp_view *view);

/* Goal g from m latent outcomes, upwards and scaled; dz (m, may be NULL) its gradient. */
double itp_view_goal(const itp_view *view, size_t g, const double *z, double *dz);
/* Goal g in its own unit, upwards; of a target: minus the distance. */
double itp_view_value(const itp_view *view, size_t g, const double *z);
/* All goals as one in a unit that means something: the goal's, the joined desirability, or what
 * weights with units add up to; NaN where there is none. utility.c. */
double itp_view_worth(const itp_view *view, const double *z);
/* Goal g's reference point, upwards and scaled as the goal is; NaN where none is given. */
double itp_view_reference(const itp_view *view, size_t g);
/* All goals made one, by weights or desirabilities (goal 0 when there is one); utility.c. */
double itp_view_utility(const itp_view *view, const double *z, double *dz);
/* Slack of bound b from m latent outcomes, scaled: >= 0 where it holds (the lesser of two sides).
 */
double itp_view_slack(const itp_view *view, size_t b, const double *z, double *dz);

/* Latent posterior of one outcome at x, averaged over members. */
itp_status itp_view_predict(const itp_view *view, size_t outcome, size_t n, const double *x,
                            double *mean, double *var);

#endif
