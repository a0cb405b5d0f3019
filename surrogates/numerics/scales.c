/* scales.c - expectation and maximisation (Dempster et al. 1977) over the weights of the grid.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "scales.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "normal.h"

static const double PRIOR_ROWS = 4, NARROWER = 0.25, WIDER = 0.5;
static const double LN_STEP = 0.34657359027997264; /* ln 2 / 2 */
enum { FIRST = -12, PASSES_MOST = 200 };
static const double SETTLED = 1e-6; /* largest change of a weight in a pass */

static double ln_scale(size_t k)
{
    return LN_STEP * ((double)k + FIRST);
}

/* ln N(r | 0, s_k^2). */
static double ln_normal(double r, size_t k)
{
    return itp_log_npdf(r / exp(ln_scale(k))) - ln_scale(k);
}

static void prior(double *weight)
{
    double sum = 0;
    for (size_t k = 0; k < ITP_SCALES; k++) {
        double l = ln_scale(k);
        sum += weight[k] = exp(l < 0 ? l / NARROWER : -l / WIDER);
    }
    for (size_t k = 0; k < ITP_SCALES; k++) weight[k] /= sum;
}

/* Rows of the likelihood, each relative to its largest. */
static void likelihoods(size_t n, const double *residual, double *out)
{
    for (size_t i = 0; i < n; i++, out += ITP_SCALES) {
        double most = -INFINITY;
        for (size_t k = 0; k < ITP_SCALES; k++) {
            out[k] = ln_normal(residual[i], k);
            most = fmax(most, out[k]);
        }
        for (size_t k = 0; k < ITP_SCALES; k++) out[k] = exp(out[k] - most);
    }
}

/* One pass; returns the largest change. */
static double improve(size_t n, const double *likelihood, const double *before, double *weight)
{
    double share[ITP_SCALES] = {0}, change = 0;
    for (size_t i = 0; i < n; i++, likelihood += ITP_SCALES) {
        double sum = 0;
        for (size_t k = 0; k < ITP_SCALES; k++) sum += weight[k] * likelihood[k];
        for (size_t k = 0; k < ITP_SCALES; k++) share[k] += weight[k] * likelihood[k] / sum;
    }
    for (size_t k = 0; k < ITP_SCALES; k++) {
        double next = (share[k] + PRIOR_ROWS * before[k]) / ((double)n + PRIOR_ROWS);
        change = fmax(change, fabs(next - weight[k]));
        weight[k] = next;
    }
    return change;
}

itp_status itp_scales_fit(itp_scales *scales, size_t n, const double *residual)
{
    double before[ITP_SCALES];
    prior(before);
    double *likelihood = malloc((n * ITP_SCALES + 1) * sizeof *likelihood);
    if (!likelihood) return ITP_ENOMEM;
    memcpy(scales->weight, before, sizeof before);
    likelihoods(n, residual, likelihood);
    for (int pass = 0; pass < PASSES_MOST; pass++)
        if (improve(n, likelihood, before, scales->weight) < SETTLED) break;
    free(likelihood);
    return ITP_OK;
}

double itp_scales_log_density(const itp_scales *scales, double r)
{
    double sum = -INFINITY;
    for (size_t k = 0; k < ITP_SCALES; k++)
        sum = itp_log_add(sum, log(scales->weight[k]) + ln_normal(r, k));
    return sum;
}

/* P(below r), r < 0. */
static double below(const itp_scales *scales, double r)
{
    double sum = 0;
    for (size_t k = 0; k < ITP_SCALES; k++)
        sum += scales->weight[k] * itp_ndtr(r / exp(ln_scale(k)));
    return sum;
}

double itp_scales_quantile(const itp_scales *scales, double p)
{
    if (p == 0.5) return 0;
    double tail = fmin(p, 1 - p), widest = exp(ln_scale(ITP_SCALES - 1));
    double low = widest * itp_ndtri(tail),
           high = 0; /* no mixture reaches further than its widest */
    for (int i = 0; i < 200 && high - low > 1e-14 * -low; i++) {
        double middle = 0.5 * (low + high);
        if (below(scales, middle) < tail)
            low = middle;
        else
            high = middle;
    }
    return p < 0.5 ? low : -low;
}
