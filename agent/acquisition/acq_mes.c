/* acq_mes.c - max-value entropy search: how much a measurement says about the maximum's value
 * (Wang & Jegelka 2017, eq. 6).
 *   mean over samples y* of  g phi(g) / (2 Phi(g)) - ln Phi(g),  g = (y* - mean)/sd
 * Samples of y* come from a Gumbel fit to P(max < y) = prod_i Phi((y - m_i)/s_i) over points that
 * stand for the space, by its quartiles; never below the incumbent.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "normal.h"
#include "reference.h"
#include "simple_gain.h"

enum { SAMPLES = 16, POINTS = 1000, BEST = 20 };

typedef struct {
    itp_marked_gain marked;
    double maxima[SAMPLES]; /* latent, upwards */
} mes;

static double entropy(const itp_gain *gain, size_t member, double mean, double var, double *dmean,
                      double *dvar)
{
    const mes *self = (const mes *)gain;
    double sd = sqrt(fmax(var, 1e-18)), sum = 0, dg_mean = 0, dg_sd = 0;
    (void)member;
    for (int i = 0; i < SAMPLES; i++) {
        double g = (self->maxima[i] - mean) / sd, ratio = itp_ndtr_slope(g);
        sum += 0.5 * g * ratio - itp_log_ndtr(g);
        /* d/dg [g r/2 - ln Phi] = (r/2)(1 - g (g + r)) - r, r = phi/Phi, r' = -r (g + r). */
        double dg = 0.5 * ratio * (1 - g * (g + ratio)) - ratio;
        dg_mean -= dg / sd;
        dg_sd -= dg * g / sd;
    }
    sum = fmax(sum, 1e-300);
    *dmean = dg_mean / sum;
    *dvar = dg_sd / sum / (2 * sd);
    return log(sum / SAMPLES);
}

/* y with sum_i ln Phi((y - m_i)/s_i) = ln p, by bisection. */
static double max_quantile(size_t n, const double *mean, const double *sd, double p, double low,
                           double high)
{
    for (int step = 0; step < 60; step++) {
        double y = 0.5 * (low + high), sum = 0;
        for (size_t i = 0; i < n; i++) sum += itp_log_ndtr((y - mean[i]) / sd[i]);
        *(sum < log(p) ? &low : &high) = y;
    }
    return 0.5 * (low + high);
}

static itp_status sample_maxima(mes *self, const itp_view *view)
{
    size_t n;
    double *x, low = -INFINITY, high = -INFINITY;
    itp_status st = itp_reference_and_best(view, POINTS, BEST, "mes", &n, &x);
    if (st != ITP_OK) return st;
    double *mean = malloc(2 * n * sizeof *mean), *sd = mean + n;
    st = mean ? itp_view_predict(view, view->goal_outcome, n, x, mean, sd) : ITP_ENOMEM;
    for (size_t i = 0; i < n && st == ITP_OK; i++) {
        mean[i] *= view->sign;
        sd[i] = sqrt(fmax(sd[i], 1e-12));
        low = fmax(low, mean[i] - 6 * sd[i]);
        high = fmax(high, mean[i] + 8 * sd[i]);
    }
    if (st == ITP_OK) {
        double q1 = max_quantile(n, mean, sd, 0.25, low, high);
        double q2 = max_quantile(n, mean, sd, 0.5, low, high);
        double q3 = max_quantile(n, mean, sd, 0.75, low, high);
        /* Gumbel: quantile p = a - b ln(-ln p). */
        double b = (q3 - q1) / (log(-log(0.25)) - log(-log(0.75))), a = q2 + b * log(log(2.0));
        for (int i = 0; i < SAMPLES; i++) {
            double y = a - b * log(-log((i + 0.5) / SAMPLES));
            self->maxima[i] = fmax(y, self->marked.mark + 1e-3 * fmax(b, 1e-6));
        }
    }
    free(mean);
    free(x);
    return st;
}

static void destroy(itp_gain *gain)
{
    free(gain);
}

static itp_status create(itp_gain **out, const itp_view *view, unsigned threads)
{
    (void)threads;
    mes *self = calloc(1, sizeof *self);
    if (!self) return ITP_ENOMEM;
    itp_gain *plain;
    itp_status st = itp_marked_gain_create(&plain, view, &itp_gain_mes, entropy);
    if (st == ITP_OK) {
        self->marked = *(itp_marked_gain *)plain;
        plain->destroy(plain);
        self->marked.base.destroy = destroy;
        st = sample_maxima(self, view);
    }
    if (st == ITP_OK)
        *out = &self->marked.base;
    else
        free(self);
    return st;
}

const itp_gain_kind itp_gain_mes = {"mes", "max-value entropy search", 0, create};
