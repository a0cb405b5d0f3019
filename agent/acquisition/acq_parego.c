/* acq_parego.c - many goals kept apart (Knowles 2006): each point to be chosen draws its own
 * weights evenly over the simplex, which make one goal of all (utility.c), and noisy expected
 * improvement is taken on that. Goals are measured from the ideal in units of the front's extent.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gain.h"
#include "hypervolume.h"
#include "stream.h"

typedef struct {
    itp_gain base;
    const itp_view *asked; /* what parego was asked about */
    itp_view view; /* the same with one goal, and its problem with what was chosen pending */
    itp_problem problem;
    itp_chebyshev join;
    double *weight, *ideal, *span; /* n_goals each */
    double *pending;               /* n_pending x d */
    itp_gain *inner;               /* noisy expected improvement of that one goal */
    itp_stream stream;
} parego;

static double eval(const itp_gain *gain, const double *x, double *grad, double *work)
{
    const itp_gain *inner = ((const parego *)gain)->inner;
    return inner->eval(inner, x, grad, work);
}

static void destroy(itp_gain *gain)
{
    parego *self = (parego *)gain;
    if (!self) return;
    if (self->inner) self->inner->destroy(self->inner);
    free(self->weight);
    free(self->pending);
    free(self);
}

/* Ideal and extent of the front by posterior means, of the feasible points where there are any. */
static itp_status measure_front(parego *self)
{
    const itp_view *view = self->asked;
    size_t goals = view->problem->n_goals, n = 0;
    double *y = malloc((view->n + 1) * goals * sizeof *y), *lowest = y + view->n * goals;
    if (!y) return ITP_ENOMEM;
    for (size_t g = 0; g < goals; g++) lowest[g] = -INFINITY;
    for (size_t i = 0; i < view->n; i++) {
        if (view->incumbent >= 0 && view->log_feasible[i] < -1) continue;
        memcpy(y + n++ * goals, view->value + i * goals, goals * sizeof *y);
    }
    n = itp_front(n, goals, y, lowest);
    for (size_t g = 0; g < goals; g++) {
        double low = INFINITY, high = -INFINITY, given = itp_view_reference(view, g);
        for (size_t i = 0; i < n; i++)
            low = fmin(low, y[i * goals + g]), high = fmax(high, y[i * goals + g]);
        if (isfinite(given)) low = given;
        self->ideal[g] = n > 0 ? high : 0;
        self->span[g] = n > 0 && high > low ? high - low : 1;
    }
    free(y);
    return ITP_OK;
}

/* Weights even over the simplex: exponentials divided by their sum. The incumbent is who is best
 * under them. */
static void draw_weights(parego *self)
{
    size_t goals = self->problem.n_goals;
    double sum = 0, best = -INFINITY;
    for (size_t g = 0; g < goals; g++)
        sum += self->weight[g] = itp_stream_exponential(&self->stream);
    for (size_t g = 0; g < goals; g++) self->weight[g] /= sum;
    for (size_t i = 0; i < self->view.n && self->asked->incumbent >= 0; i++) {
        double value = itp_view_utility(&self->view, self->view.mean + i * self->view.m, NULL);
        if (self->view.log_feasible[i] < -1 || !(value > best)) continue;
        best = value;
        self->view.incumbent = (long)i;
    }
}

static itp_status make_inner(parego *self)
{
    if (self->inner) self->inner->destroy(self->inner);
    self->inner = NULL;
    draw_weights(self);
    itp_status st = itp_gain_qlognei.create(&self->inner, &self->view, 1);
    if (st == ITP_OK) self->base.work = self->inner->work;
    return st;
}

static itp_status extend(itp_gain *gain, const double *x)
{
    parego *self = (parego *)gain;
    size_t d = self->view.d, n = self->problem.n_pending;
    double *pending = realloc(self->pending, (n + 1) * d * sizeof *pending);
    if (!pending) return ITP_ENOMEM;
    memcpy(pending + n * d, x, d * sizeof *x);
    self->problem.pending = self->pending = pending;
    self->problem.n_pending++;
    return make_inner(self);
}

static itp_status create(itp_gain **out, const itp_view *view, unsigned threads)
{
    const itp_problem *p = view->problem;
    (void)threads;
    parego *self = calloc(1, sizeof *self);
    if (!self) return ITP_ENOMEM;
    self->base = (itp_gain){&itp_gain_parego, view, 0, NULL, eval, extend, destroy, NULL};
    self->asked = view, self->view = *view, self->problem = *p;
    self->weight = calloc(3 * p->n_goals, sizeof *self->weight);
    self->pending = malloc((p->n_pending + 1) * view->d * sizeof *self->pending);
    itp_status st = self->weight && self->pending ? ITP_OK : ITP_ENOMEM;
    if (st == ITP_OK) {
        self->ideal = self->weight + p->n_goals, self->span = self->ideal + p->n_goals;
        self->join = (itp_chebyshev){self->weight, self->ideal, self->span};
        self->view.chebyshev = &self->join, self->view.problem = &self->problem;
        if (p->n_pending)
            memcpy(self->pending, p->pending, p->n_pending * view->d * sizeof *self->pending);
        self->problem.pending = self->pending;
        itp_stream_init(&self->stream, p->seed, p->number, "parego");
        st = measure_front(self);
    }
    if (st == ITP_OK) st = make_inner(self);
    if (st == ITP_OK)
        *out = &self->base;
    else
        destroy(&self->base);
    return st;
}

const itp_gain_kind itp_gain_parego = {
    "parego", "noisy expected improvement of goals joined by random Chebyshev weights",
    ITP_TRAIT_PENDING | ITP_TRAIT_BOUNDS | ITP_TRAIT_FORMULAS | ITP_TRAIT_PARETO, create};
