/* acq_qlognehvi.c - logarithm of the noisy expected hypervolume improvement (Daulton et al. 2021;
 * Ament et al. 2023).
 *   In each joint draw the front of the measured, pending and chosen points leaves boxes that none
 * of them dominates; a new point gains, in each box, the volume between its lower corner and the
 * point, with fat-tailed positive parts, whose products do not underflow:
 *   ln mean_s [ sum_boxes prod_j min(relu(y_j - low_j), high_j - low_j) ] prod_b 1(limit b)
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "contest.h"
#include "expected_volume.h"
#include "front.h"
#include "gain.h"
#include "hypervolume.h"
#include "improvement.h"

enum { DRAWS = 128, MEASURED_MAX = 64 };

/* Smoothness of the positive part in scaled units: wider than for one goal, since products of
 * lengths fall off in every goal. */
static const double TAU_LENGTH = 1e-3;

typedef struct {
    itp_gain base;
    itp_draws *draws;
    size_t n, goals;
    itp_boxes boxes; /* of all draws, one after the other */
    size_t *first;   /* n + 1: where a draw's boxes begin */
    double reference[ITP_PARETO_GOALS];
    size_t n_new;
    double *new_x;              /* n_new x d: pending and chosen points */
    itp_expected_volume likely; /* over the front of the posterior means: orders points */
} nehvi;

/* ln of the volume gained in one draw by goals y; dy (goals): its gradient. */
static double log_gain(const nehvi *self, size_t s, const double *y, double *dy)
{
    size_t m = self->goals;
    double sum = 0, length[ITP_PARETO_GOALS], slope[ITP_PARETO_GOALS];
    memset(dy, 0, m * sizeof *dy);
    for (size_t b = self->first[s]; b < self->first[s + 1]; b++) {
        const double *low = self->boxes.low + b * m, *high = self->boxes.high + b * m;
        double volume = 1;
        for (size_t j = 0; j < m; j++) {
            length[j] = itp_fat_relu(y[j] - low[j], TAU_LENGTH, &slope[j]);
            if (length[j] > high[j] - low[j]) length[j] = high[j] - low[j], slope[j] = 0;
            volume *= length[j];
        }
        sum += volume;
        for (size_t j = 0; j < m; j++) dy[j] += volume * slope[j] / length[j];
    }
    for (size_t j = 0; j < m; j++) dy[j] /= sum;
    return log(sum);
}

static double one_draw(const void *context, size_t s, const double *z, double *dz, double *part)
{
    const nehvi *self = context;
    const itp_view *view = self->base.view;
    double y[ITP_PARETO_GOALS], dy[ITP_PARETO_GOALS];
    for (size_t g = 0; g < self->goals; g++) y[g] = itp_view_goal(view, g, z, NULL);
    double value = log_gain(self, s, y, dy);
    if (dz) memset(dz, 0, view->m * sizeof *dz);
    for (size_t g = 0; dz && g < self->goals; g++) {
        (void)itp_view_goal(view, g, z, part);
        for (size_t k = 0; k < view->m; k++) dz[k] += dy[g] * part[k];
    }
    return value + itp_contest_log_holds(view, z, 1, dz);
}

static double eval(const itp_gain *gain, const double *x, double *grad, double *work)
{
    const nehvi *self = (const nehvi *)gain;
    return itp_draws_log_mean(self->draws, x, one_draw, self, grad, work);
}

/* Fronts and boxes of all draws, from the anchors as they are. */
static itp_status make_boxes(nehvi *self)
{
    const itp_view *view = self->base.view;
    size_t b = itp_draws_anchors(self->draws), goals = self->goals, m = view->m;
    double *y = malloc((b * goals + m + 1) * sizeof *y), *z = y + b * goals;
    if (!y) return ITP_ENOMEM;
    itp_status st = ITP_OK;
    self->boxes.n = 0;
    for (size_t s = 0; s < self->n && st == ITP_OK; s++) {
        size_t count = 0;
        for (size_t j = 0; j < b; j++) {
            itp_draws_anchor(self->draws, j, s, z);
            int holds = 1;
            for (size_t i = 0; i < view->problem->n_bounds; i++)
                holds &= itp_view_slack(view, i, z, NULL) >= 0;
            if (!holds) continue;
            for (size_t g = 0; g < goals; g++)
                y[count * goals + g] = itp_view_goal(view, g, z, NULL);
            count++;
        }
        count = itp_front(count, goals, y, self->reference);
        self->first[s] = self->boxes.n;
        st = itp_boxes_add(&self->boxes, count, y, self->reference);
    }
    self->first[self->n] = self->boxes.n;
    self->base.work = itp_draws_log_mean_work(self->draws);
    free(y);
    return st;
}

/* --- The order of many points ----------------------------------------------------------------- */

/* Goals by latent means and variances (m each): their means and sds, by slopes. */
static void goals_at(const nehvi *self, const double *mean, const double *var, double *goal,
                     double *sd, double *part)
{
    const itp_view *view = self->base.view;
    for (size_t g = 0; g < self->goals; g++) {
        double sum = 0;
        goal[g] = itp_view_goal(view, g, mean, part);
        for (size_t k = 0; k < view->m; k++) sum += part[k] * part[k] * var[k];
        sd[g] = sqrt(sum);
    }
}

/* Latent moments of all outcomes at n points: mean and var, n x m each. */
static itp_status moments(const itp_view *view, size_t n, const double *x, double *mean,
                          double *var)
{
    size_t m = view->m;
    double *column = malloc((2 * n + 1) * sizeof *column);
    itp_status st = column ? ITP_OK : ITP_ENOMEM;
    for (size_t k = 0; k < m && st == ITP_OK; k++) {
        memset(column, 0, 2 * n * sizeof *column);
        if (view->problem->belief[k]) st = itp_view_predict(view, k, n, x, column, column + n);
        for (size_t i = 0; i < n; i++) mean[i * m + k] = column[i], var[i * m + k] = column[n + i];
    }
    free(column);
    return st;
}

static itp_status rank(const itp_gain *gain, size_t n, const double *x, double *value)
{
    const nehvi *self = (const nehvi *)gain;
    size_t m = gain->view->m;
    double *mean = malloc((2 * n * m + m + self->likely.edges + 1) * sizeof *mean);
    if (!mean) return ITP_ENOMEM;
    double *var = mean + n * m, *part = var + n * m, *work = part + m;
    itp_status st = moments(gain->view, n, x, mean, var);
    for (size_t i = 0; i < n && st == ITP_OK; i++) {
        double goal[ITP_PARETO_GOALS], sd[ITP_PARETO_GOALS];
        goals_at(self, mean + i * m, var + i * m, goal, sd, part);
        value[i] = itp_log_expected_volume(&self->likely, goal, sd, work);
    }
    free(mean);
    return st;
}

/* The front by posterior means of what is measured and probably feasible, and of n points x. */
static itp_status find_likely(nehvi *self, size_t n, const double *x)
{
    const itp_view *view = self->base.view;
    size_t goals = self->goals, m = view->m, count = 0;
    double *y = malloc(((view->n + n) * goals + (2 * n + 1) * m + 1) * sizeof *y);
    if (!y) return ITP_ENOMEM;
    double *mean = y + (view->n + n) * goals, *var = mean + n * m, sd[ITP_PARETO_GOALS];
    for (size_t i = 0; i < view->n; i++)
        if (view->log_feasible[i] > log(0.5))
            memcpy(y + count++ * goals, view->value + i * goals, goals * sizeof *y);
    itp_status st = moments(view, n, x, mean, var);
    for (size_t i = 0; i < n && st == ITP_OK; i++)
        goals_at(self, mean + i * m, var + i * m, y + count++ * goals, sd, var + n * m);
    itp_expected_volume_deinit(&self->likely);
    if (st == ITP_OK)
        st = itp_expected_volume_init(&self->likely, count, goals, y, self->reference);
    free(y);
    return st;
}

/* After the anchors have changed. */
static itp_status adopt(nehvi *self)
{
    itp_status st = make_boxes(self);
    if (st == ITP_OK) st = find_likely(self, self->n_new, self->new_x);
    return st;
}

/* --- Life ------------------------------------------------------------------------------------- */

static itp_status take_new(nehvi *self, size_t n, const double *x)
{
    size_t d = self->base.view->d;
    double *grown = realloc(self->new_x, (self->n_new + n + 1) * d * sizeof *grown);
    if (!grown) return ITP_ENOMEM;
    if (n) memcpy(grown + self->n_new * d, x, n * d * sizeof *x);
    self->new_x = grown, self->n_new += n;
    return ITP_OK;
}

static itp_status extend(itp_gain *gain, const double *x)
{
    nehvi *self = (nehvi *)gain;
    itp_status st = take_new(self, 1, x);
    if (st == ITP_OK) st = itp_draws_extend(self->draws, x);
    return st == ITP_OK ? adopt(self) : st;
}

static void destroy(itp_gain *gain)
{
    nehvi *self = (nehvi *)gain;
    if (!self) return;
    itp_draws_destroy(self->draws);
    itp_boxes_deinit(&self->boxes);
    itp_expected_volume_deinit(&self->likely);
    free(self->first);
    free(self->new_x);
    free(self);
}

static itp_status create(itp_gain **out, const itp_view *view, unsigned threads)
{
    (void)threads;
    if (view->problem->n_goals > ITP_PARETO_GOALS) return ITP_ENOTSUP;
    nehvi *self = calloc(1, sizeof *self);
    if (!self) return ITP_ENOMEM;
    self->base = (itp_gain){&itp_gain_qlognehvi, view, 0, NULL, eval, extend, destroy, rank};
    self->n = DRAWS, self->goals = view->problem->n_goals, self->boxes.m = self->goals;
    self->first = calloc(DRAWS + 1, sizeof *self->first);
    double *x = NULL;
    size_t measured = 0, n = 0;
    itp_status st =
        self->first ? itp_front_anchors(view, MEASURED_MAX, &x, &measured, &n) : ITP_ENOMEM;
    itp_front_reference(view, self->reference);
    if (st == ITP_OK) st = itp_draws_create(&self->draws, view, DRAWS, n, x, measured, "qlognehvi");
    if (st == ITP_OK) st = take_new(self, n - measured, x + measured * view->d);
    if (st == ITP_OK) st = adopt(self);
    free(x);
    if (st == ITP_OK)
        *out = &self->base;
    else
        destroy(&self->base);
    return st;
}

const itp_gain_kind itp_gain_qlognehvi = {
    "qlognehvi", "log noisy expected hypervolume improvement",
    ITP_TRAIT_PENDING | ITP_TRAIT_BOUNDS | ITP_TRAIT_FORMULAS | ITP_TRAIT_PARETO, create};
