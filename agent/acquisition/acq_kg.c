/* acq_kg.c - knowledge gradient: how much the best posterior mean is expected to rise.
 *   E max_i (a_i + b_i Z) - max_i a_i over points i that stand for the space (the rows of a small
 * candidate table, the best measured points, and x itself), a_i the mean there and
 * b_i = cov(i, x)/sqrt(var(x) + noise): exact by the upper envelope of lines (Frazier et al. 2009,
 * algorithm 1; on continuous spaces the discretised form of Scott et al. 2011).
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "improvement.h"
#include "normal.h"
#include "reference.h"
#include "simple_gain.h"

enum { POINTS = 96, BEST = 32 };

static const double FLOOR = 1e-300; /* a gain that underflows still has a logarithm */

typedef struct {
    itp_gain base;
    itp_anchors *anchors;
    size_t n;     /* reference points; x is one more */
    double noise; /* of a measurement, latent */
    double *mean; /* n, upwards */
} kg;

/* Lines on the upper envelope, by slope; cut[i] is where line i ends (and i + 1 begins). */
static size_t envelope(size_t n, const double *a, const double *b, size_t *order, size_t *line,
                       double *cut)
{
    /* Insertion by slope, then height: n is about a hundred and mostly sorted from the last call.
     */
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        for (; at > 0; at--) {
            size_t before = order[at - 1];
            if (b[before] < b[i] || (b[before] == b[i] && a[before] <= a[i])) break;
            order[at] = before;
        }
        order[at] = i;
    }
    size_t m = 0;
    for (size_t k = 0; k < n; k++) {
        size_t i = order[k];
        double meet = -INFINITY;
        while (m > 0) {
            size_t j = line[m - 1];
            meet = b[i] > b[j] ? (a[j] - a[i]) / (b[i] - b[j]) : -INFINITY;
            /* The newer line passes the last one before that one even begins: the last is hidden.
             */
            if (m == 1 ? meet > -INFINITY : meet > cut[m - 2]) break;
            m--;
            meet = -INFINITY;
        }
        if (m > 0) cut[m - 1] = meet;
        line[m++] = i;
    }
    return m;
}

/* Work: a, b (n + 1 each), cut, cov n, dmean d, dvar d, dcov n x d, order and line as doubles. */
static double eval(const itp_gain *gain, const double *x, double *grad, double *work)
{
    const kg *self = (const kg *)gain;
    size_t n = self->n, d = gain->view->d;
    double sign = gain->view->sign, mean, var, sum = 0;
    double *a = work, *b = a + n + 1, *cut = b + n + 1, *cov = cut + n + 1;
    double *dmean = cov + n, *dvar = dmean + d, *dcov = dvar + d;
    size_t *order = (size_t *)(void *)(dcov + n * d), *line = order + n + 1;
    if (itp_anchors_cross(self->anchors, x, &mean, &var, cov, grad ? dmean : NULL,
                          grad ? dvar : NULL, grad ? dcov : NULL) != ITP_OK)
        return log(FLOOR);
    double spread = sqrt(fmax(var, 1e-14) + self->noise);
    for (size_t i = 0; i < n; i++) a[i] = self->mean[i], b[i] = sign * cov[i] / spread;
    a[n] = sign * mean, b[n] = fmax(var, 0) / spread;
    size_t m = envelope(n + 1, a, b, order, line, cut);
    /* Frazier's h: each break between lines adds (b_next - b) h(-|cut|). */
    for (size_t k = 0; k + 1 < m; k++)
        sum += (b[line[k + 1]] - b[line[k]]) * exp(itp_log_improvement(-fabs(cut[k]), NULL));
    sum = fmax(sum, FLOOR);
    for (size_t k = 0; grad && k < m; k++) {
        size_t i = line[k];
        double low = k > 0 ? cut[k - 1] : -INFINITY, high = k + 1 < m ? cut[k] : INFINITY;
        double in_a = itp_ndtr(high) - itp_ndtr(low);                   /* d E max / d a_i */
        double in_b = exp(itp_log_npdf(low)) - exp(itp_log_npdf(high)); /* d E max / d b_i */
        for (size_t j = 0; j < d; j++) {
            double dspread = 0.5 * dvar[j] / spread;
            double db = i < n ? sign * dcov[i * d + j] : dvar[j];
            grad[j] += in_b * (db - b[i] * dspread) / spread / sum;
            if (i == n) grad[j] += in_a * sign * dmean[j] / sum;
        }
    }
    /* The subtracted max a_i: moves only when x itself has the best mean. */
    for (size_t j = 0, best = n; grad && j < d; j++) {
        for (size_t i = 0; i < n && best == n; i++)
            if (a[i] >= a[n]) best = i;
        if (best == n) grad[j] -= sign * dmean[j] / sum;
    }
    return log(sum);
}

static void destroy(itp_gain *gain)
{
    kg *self = (kg *)gain;
    if (!self) return;
    itp_anchors_destroy(self->anchors);
    free(self->mean);
    free(self);
}

static itp_status create(itp_gain **out, const itp_view *view, unsigned threads)
{
    (void)threads;
    const itp_problem *p = view->problem;
    const itp_surrogate *model = p->belief[view->goal_outcome];
    kg *self = calloc(1, sizeof *self);
    double *x = NULL;
    if (!self) return ITP_ENOMEM;
    self->base = (itp_gain){&itp_gain_kg, view, 0, NULL, eval, NULL, destroy, NULL};
    itp_status st = itp_reference_and_best(view, POINTS, BEST, "kg", &self->n, &x);
    if (st == ITP_OK) {
        self->mean = malloc((self->n + 1) * sizeof *self->mean);
        st = self->mean ? itp_anchors_create(&self->anchors, model, 0, self->n, x) : ITP_ENOMEM;
    }
    if (st == ITP_OK) st = itp_latent_predict(model, 0, self->n, x, self->mean, NULL);
    for (size_t i = 0; i < self->n && st == ITP_OK; i++) self->mean[i] *= view->sign;
    self->noise = itp_surrogate_noise_var(model, 0);
    self->base.work = 4 * (self->n + 1) + 2 * view->d + self->n * view->d + 2 * (self->n + 1);
    free(x);
    if (st == ITP_OK)
        *out = &self->base;
    else
        destroy(&self->base);
    return st;
}

const itp_gain_kind itp_gain_kg = {"kg", "knowledge gradient", ITP_TRAIT_NO_GOAL, create};
