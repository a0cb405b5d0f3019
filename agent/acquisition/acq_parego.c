/* acq_parego.c - many goals kept apart, by random weights, as ParEGO (Knowles 2006) and qNParEGO
 * (Daulton et al. 2020) join them, over a model of each goal. Every joint draw has weights l of its
 * own, even over the positive unit sphere, and they scale what lies above the reference point r:
 *   s_l(y) = min_g max(0, (y_g - r_g)/l_g)^G,   ln mean_s [ s_l(y) - best_l ]_+ prod_b 1(limit b)
 * The mean of max s_l over all l is the hypervolume up to a factor (Golovin & Zhang 2020), so this
 * is its noisy expected improvement for any number of goals. An augmented Chebyshev function has no
 * r: with five goals it spent trials where one goal was far beyond any use.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "contest.h"
#include "front.h"
#include "gain.h"
#include "improvement.h"
#include "stream.h"

enum { DRAWS = 512, MEASURED_MAX = 128 };

/* Smoothness of the positive parts, in units of the extent above the reference. */
static const double TAU = 1e-3;

typedef struct {
    itp_gain base;
    itp_draws *draws;
    size_t n, goals;
    double *reference, *unit; /* goals: r, and the extent above it seen so far */
    double *ray;              /* n x goals */
    double *best;             /* n: largest root of s_l over the anchors, 0 when none is above r */
    int exponent;             /* G */
} parego;

/* min_g (y_g - r_g)/l_g, in which *worst is the least. */
static double along(const parego *self, size_t s, const double *z, size_t *worst)
{
    double least = INFINITY;
    for (size_t g = 0; g < self->goals; g++) {
        double by = self->ray[s * self->goals + g] * self->unit[g];
        double t = (itp_view_goal(self->base.view, g, z, NULL) - self->reference[g]) / by;
        if (t < least) least = t, *worst = g;
    }
    return least;
}

/* ln (t^G - b^G)_+ = ln (t - b)_+ + ln sum_j t^(G-1-j) b^j, with fat-tailed positive parts; where t
 * lies far below b it still says which way is up. */
static double log_rise(double t, double b, int exponent, double *slope)
{
    double up, down, v = itp_fat_relu(t, TAU, &down);
    double value = itp_log_fat_relu(t - b, TAU, &up), sum = 0, rise = 0;
    for (int j = 0; j < exponent; j++) {
        sum = sum * v + pow(b, j);
        if (exponent - 1 - j > 0) rise += (exponent - 1 - j) * pow(v, exponent - 2 - j) * pow(b, j);
    }
    *slope = up + rise / sum * down;
    return value + log(sum);
}

static double one_draw(const void *context, size_t s, const double *z, double *dz, double *spare)
{
    const parego *self = context;
    const itp_view *view = self->base.view;
    size_t worst = 0;
    double slope, t = along(self, s, z, &worst);
    double value = log_rise(t, self->best[s], self->exponent, &slope);
    (void)spare;
    if (dz) {
        (void)itp_view_goal(view, worst, z, dz);
        double by = slope / (self->ray[s * self->goals + worst] * self->unit[worst]);
        for (size_t k = 0; k < view->m; k++) dz[k] *= by;
    }
    return value + itp_contest_log_holds(view, z, 1, dz);
}

static double eval(const itp_gain *gain, const double *x, double *grad, double *work)
{
    const parego *self = (const parego *)gain;
    return itp_draws_log_mean(self->draws, x, one_draw, self, grad, work);
}

static void set_marks(parego *self)
{
    const itp_view *view = self->base.view;
    double *z = self->reference + 2 * self->goals; /* m more */
    size_t worst;
    for (size_t s = 0; s < self->n; s++) {
        self->best[s] = 0;
        for (size_t j = 0; j < itp_draws_anchors(self->draws); j++) {
            itp_draws_anchor(self->draws, j, s, z);
            int holds = 1;
            for (size_t b = 0; b < view->problem->n_bounds; b++)
                holds &= itp_view_slack(view, b, z, NULL) >= 0;
            if (holds) self->best[s] = fmax(self->best[s], along(self, s, z, &worst));
        }
    }
    self->base.work = itp_draws_log_mean_work(self->draws);
}

static itp_status extend(itp_gain *gain, const double *x)
{
    parego *self = (parego *)gain;
    itp_status st = itp_draws_extend(self->draws, x);
    if (st == ITP_OK) set_marks(self);
    return st;
}

static void destroy(itp_gain *gain)
{
    parego *self = (parego *)gain;
    if (!self) return;
    itp_draws_destroy(self->draws);
    free(self->reference);
    free(self->ray);
    free(self);
}

/* Goals are measured by how far above the reference they have come, so that no unit weighs. */
static void set_units(parego *self)
{
    const itp_view *view = self->base.view;
    itp_front_reference(view, self->reference);
    for (size_t g = 0; g < self->goals; g++) {
        double high = -INFINITY;
        for (size_t i = 0; i < view->n; i++) high = fmax(high, view->value[i * self->goals + g]);
        self->unit[g] = high > self->reference[g] ? high - self->reference[g] : 1;
    }
}

/* Normal vectors, folded into the positive part of the sphere. */
static void draw_rays(parego *self)
{
    const itp_problem *p = self->base.view->problem;
    itp_stream stream;
    itp_stream_init(&stream, p->seed, p->number, "parego");
    for (size_t s = 0; s < self->n; s++) {
        double *ray = self->ray + s * self->goals, sum = 0;
        for (size_t g = 0; g < self->goals; g++) {
            ray[g] = fmax(fabs(itp_stream_normal(&stream)), 1e-9);
            sum += ray[g] * ray[g];
        }
        for (size_t g = 0; g < self->goals; g++) ray[g] /= sqrt(sum);
    }
}

static itp_status create(itp_gain **out, const itp_view *view, unsigned threads)
{
    (void)threads;
    parego *self = calloc(1, sizeof *self);
    if (!self) return ITP_ENOMEM;
    self->base = (itp_gain){&itp_gain_parego, view, 0, NULL, eval, extend, destroy, NULL};
    self->n = DRAWS, self->goals = view->problem->n_goals, self->exponent = (int)self->goals;
    self->reference = calloc(2 * self->goals + view->m + 1, sizeof *self->reference);
    self->ray = calloc(DRAWS * (self->goals + 1), sizeof *self->ray);
    double *x = NULL;
    size_t measured = 0, n = 0;
    itp_status st = self->reference && self->ray ? ITP_OK : ITP_ENOMEM;
    if (st == ITP_OK) st = itp_front_anchors(view, MEASURED_MAX, &x, &measured, &n);
    if (st == ITP_OK) st = itp_draws_create(&self->draws, view, DRAWS, n, x, measured, "parego");
    if (st == ITP_OK) {
        self->unit = self->reference + self->goals, self->best = self->ray + DRAWS * self->goals;
        set_units(self);
        draw_rays(self);
        set_marks(self);
        *out = &self->base;
    } else {
        destroy(&self->base);
    }
    free(x);
    return st;
}

const itp_gain_kind itp_gain_parego = {
    "parego", "noisy expected hypervolume improvement by random weights",
    ITP_TRAIT_PENDING | ITP_TRAIT_BOUNDS | ITP_TRAIT_FORMULAS | ITP_TRAIT_PARETO, create};
