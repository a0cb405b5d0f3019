/* acq_qlognei.c - logarithm of the noisy expected improvement over joint draws (Ament et al. 2023).
 *   ln mean_s [ relu(u(z_s(x)) - best_s) prod_b 1(limit b holds in z_s(x)) ]
 * with smooth, fat-tailed relu and indicator; best_s is the best feasible *posterior draw* at the
 * measured, pending and chosen points, so that noise, pending trials and batches are one thing.
 * While nothing feasible is known the relu is left out, and draws in which a pending or chosen
 * point is feasible count for nothing: the next point should be feasible where those are not.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "contest.h"
#include "gain.h"
#include "improvement.h"

enum {
    DRAWS = 512,      /* numerics.md 2 */
    MEASURED_MAX = 48 /* measured points kept as anchors */
};
/* Smoothness of the positive part, in scaled units (numerics.md 2). */
static const double TAU_RELU = 1e-6;

typedef struct {
    itp_gain base;
    itp_draws *draws;
    size_t n;     /* draws */
    double *best; /* n: the mark in each draw */
    int *done;    /* n: 1 where an anchor is feasible already */
    double poor;  /* the mark where nothing is feasible */
    int seeking;  /* 1: no feasible point is known */
} qlognei;

static double one_draw(const void *context, size_t s, const double *z, double *dz, double *spare)
{
    const qlognei *self = context;
    const itp_view *view = self->base.view;
    double value = 0, slope;
    (void)spare;
    if (self->seeking && self->done[s]) return -INFINITY;
    if (dz) memset(dz, 0, view->m * sizeof *dz);
    if (!self->seeking) {
        double utility = itp_view_utility(view, z, dz);
        value = itp_log_fat_relu(utility - self->best[s], TAU_RELU, &slope);
        for (size_t k = 0; dz && k < view->m; k++) dz[k] *= slope;
    }
    return value + itp_contest_log_holds(view, z, 1, dz);
}

static double eval(const itp_gain *gain, const double *x, double *grad, double *work)
{
    const qlognei *self = (const qlognei *)gain;
    return itp_draws_log_mean(self->draws, x, one_draw, self, grad, work);
}

static void set_mark(qlognei *self)
{
    itp_contest_best(self->base.view, self->draws, self->poor, self->best, self->done);
    self->base.work = itp_draws_log_mean_work(self->draws);
}

static itp_status extend(itp_gain *gain, const double *x)
{
    qlognei *self = (qlognei *)gain;
    itp_status st = itp_draws_extend(self->draws, x);
    if (st == ITP_OK) set_mark(self);
    return st;
}

static void destroy(itp_gain *gain)
{
    qlognei *self = (qlognei *)gain;
    if (!self) return;
    itp_draws_destroy(self->draws);
    free(self->best);
    free(self->done);
    free(self);
}

/* Measured points that could be best, then pending ones. */
static itp_status find_anchors(const itp_view *view, int seeking, double **x, size_t *measured,
                               size_t *n)
{
    const itp_problem *p = view->problem;
    size_t rows[MEASURED_MAX + 1], d = view->d;
    *measured = 0;
    itp_status st = seeking ? ITP_OK : itp_contest_prune(view, MEASURED_MAX, rows, measured);
    *n = *measured + p->n_pending;
    *x = malloc((*n * d + d + 1) * sizeof **x);
    if (!*x) return ITP_ENOMEM;
    for (size_t i = 0; i < *measured; i++)
        memcpy(*x + i * d, p->measured + rows[i] * d, d * sizeof **x);
    if (p->n_pending) memcpy(*x + *measured * d, p->pending, p->n_pending * d * sizeof **x);
    return st;
}

static itp_status create(itp_gain **out, const itp_view *view, unsigned threads)
{
    (void)threads;
    qlognei *self = calloc(1, sizeof *self);
    if (!self) return ITP_ENOMEM;
    self->base = (itp_gain){&itp_gain_qlognei, view, 0, NULL, eval, extend, destroy, NULL};
    self->n = DRAWS;
    self->seeking = view->incumbent < 0;
    self->best = calloc(DRAWS, sizeof *self->best);
    self->done = calloc(DRAWS, sizeof *self->done);
    double *x = NULL;
    size_t measured = 0, n = 0;
    itp_status st = self->best && self->done ? ITP_OK : ITP_ENOMEM;
    if (st == ITP_OK) st = find_anchors(view, self->seeking, &x, &measured, &n);
    if (st == ITP_OK) st = itp_draws_create(&self->draws, view, DRAWS, n, x, measured, "qlognei");
    self->poor = INFINITY;
    for (size_t i = 0; i < view->n; i++)
        self->poor = fmin(self->poor, itp_view_utility(view, view->mean + i * view->m, NULL));
    if (!isfinite(self->poor)) self->poor = 0;
    if (st == ITP_OK) set_mark(self);
    free(x);
    if (st == ITP_OK)
        *out = &self->base;
    else
        destroy(&self->base);
    return st;
}

const itp_gain_kind itp_gain_qlognei = {
    "qlognei", "log noisy expected improvement over joint draws",
    ITP_TRAIT_PENDING | ITP_TRAIT_BOUNDS | ITP_TRAIT_FORMULAS, create};
