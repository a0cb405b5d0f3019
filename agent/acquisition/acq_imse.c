/* acq_imse.c - integrated variance: how much a measurement at x would lower the posterior variance
 * summed over the whole space (Cohn 1996): sum_i cov(i, x)^2 / (var(x) + noise), i over points that
 * stand for the space. Points already chosen count as measured.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "chol.h"
#include "reference.h"
#include "simple_gain.h"

enum { POINTS = 256 };

static const double FLOOR = 1e-300;

typedef struct {
    itp_gain base;
    itp_anchors *anchors; /* reference points, then pending ones */
    size_t n, pending;
    double noise;
    itp_chol factor; /* of the pending points' covariance + noise */
    double *shared;  /* n x pending: covariance of reference and pending points */
} imse;

/* Work: cov of all anchors, their gradients, dmean, dvar, w, and a row. */
static double eval(const itp_gain *gain, const double *x, double *grad, double *work)
{
    const imse *self = (const imse *)gain;
    size_t n = self->n, k = self->pending, all = n + k, d = gain->view->d;
    double mean, var, sum = 0;
    double *cov = work, *dmean = cov + all, *dvar = dmean + d, *w = dvar + d, *dcov = w + k + 1;
    double *back = dcov + all * d; /* weight of each anchor's covariance in the gradient */
    if (itp_anchors_cross(self->anchors, x, &mean, &var, cov, grad ? dmean : NULL,
                          grad ? dvar : NULL, grad ? dcov : NULL) != ITP_OK)
        return log(FLOOR);
    memcpy(w, cov + n, k * sizeof *w);
    if (k > 0) itp_chol_solve(&self->factor, 1, w, 1);
    for (size_t j = 0; j < k; j++) var -= w[j] * cov[n + j];
    double spread = fmax(var, 1e-12) + self->noise;
    memset(back, 0, all * sizeof *back);
    for (size_t i = 0; i < n; i++) {
        const double *row = self->shared + i * k;
        double c = cov[i];
        for (size_t j = 0; j < k; j++) c -= row[j] * w[j];
        sum += c * c;
        back[i] = 2 * c;
    }
    for (size_t j = 0; j < k; j++) { /* c_i depends on the pending covariances through w */
        w[j] = 0;
        for (size_t i = 0; i < n; i++) w[j] -= self->shared[i * k + j] * back[i];
    }
    if (grad && k > 0) itp_chol_solve(&self->factor, 1, w, 1);
    memcpy(back + n, w, k * sizeof *w);
    if (grad && k > 0) { /* and the variance through w' cov */
        memcpy(w, cov + n, k * sizeof *w);
        itp_chol_solve(&self->factor, 1, w, 1);
    }
    sum = fmax(sum, FLOOR);
    for (size_t j = 0; grad && j < d; j++) {
        double up = 0, down = dvar[j];
        for (size_t i = 0; i < all; i++) up += back[i] * dcov[i * d + j];
        for (size_t i = 0; i < k; i++) down -= 2 * w[i] * dcov[(n + i) * d + j];
        grad[j] += up / sum - (var > 1e-12 ? down / spread : 0);
    }
    return log(sum) - log(spread) - log((double)n);
}

static void resize_work(imse *self)
{
    size_t all = self->n + self->pending, d = self->base.view->d;
    self->base.work = 2 * all + 2 * d + self->pending + 1 + all * d;
}

static itp_status extend(itp_gain *gain, const double *x)
{
    imse *self = (imse *)gain;
    size_t n = self->n, k = self->pending;
    double mean, var, *cov = malloc((n + k + 1) * sizeof *cov);
    double *shared = malloc(n * (k + 1) * sizeof *shared);
    itp_status st = cov && shared ? ITP_OK : ITP_ENOMEM;
    if (st == ITP_OK) st = itp_anchors_cross(self->anchors, x, &mean, &var, cov, NULL, NULL, NULL);
    if (st == ITP_OK) st = itp_chol_append(&self->factor, cov + n, var + self->noise + 1e-9, 1e-9);
    if (st == ITP_OK) st = itp_anchors_add(self->anchors, x);
    if (st == ITP_OK) {
        for (size_t i = 0; i < n; i++) {
            if (k) memcpy(shared + i * (k + 1), self->shared + i * k, k * sizeof *shared);
            shared[i * (k + 1) + k] = cov[i];
        }
        free(self->shared);
        self->shared = shared, shared = NULL;
        self->pending++;
        resize_work(self);
    }
    free(shared);
    free(cov);
    return st;
}

static void destroy(itp_gain *gain)
{
    imse *self = (imse *)gain;
    if (!self) return;
    itp_anchors_destroy(self->anchors);
    itp_chol_deinit(&self->factor);
    free(self->shared);
    free(self);
}

static itp_status create(itp_gain **out, const itp_view *view, unsigned threads)
{
    (void)threads;
    const itp_problem *p = view->problem;
    const itp_surrogate *model = p->belief[view->goal_outcome];
    imse *self = calloc(1, sizeof *self);
    double *x = NULL;
    if (!self) return ITP_ENOMEM;
    self->base = (itp_gain){&itp_gain_imse, view, 0, NULL, eval, extend, destroy, NULL};
    itp_chol_init(&self->factor);
    self->noise = itp_surrogate_noise_var(model, 0);
    itp_status st = itp_reference_points(view, POINTS, "imse", &self->n, &x);
    if (st == ITP_OK) st = itp_anchors_create(&self->anchors, model, 0, self->n, x);
    for (size_t i = 0; i < p->n_pending && st == ITP_OK; i++)
        st = extend(&self->base, p->pending + i * view->d);
    resize_work(self);
    free(x);
    if (st == ITP_OK)
        *out = &self->base;
    else
        destroy(&self->base);
    return st;
}

const itp_gain_kind itp_gain_imse = {"imse", "integrated variance: learns the map everywhere",
                                     ITP_TRAIT_PENDING | ITP_TRAIT_NO_GOAL, create};
