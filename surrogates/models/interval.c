/* interval.c - where a new measurement will lie: the posterior's normal score of it, in the
 * distribution that scores of unseen rows were found to have (calibration.c).
 *   P(z < t) = G(r(t)),  p(z) = g(r) p_0(z) / phi(r)   with p_0 and r of the posterior alone
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "model.h"
#include "normal.h"

/* Of a new measurement at n points: latent means and sds of all members, n x members each. */
typedef struct {
    size_t members;
    double *mean, *sd;
    double *t; /* scratch, members */
} outlook;

static itp_status look_out(const itp_surrogate *s, size_t n, const double *x, outlook *o)
{
    size_t members = o->members = itp_surrogate_members(s);
    double *m = malloc((2 * n + 1) * sizeof *m), *v = m + n;
    o->mean = malloc((2 * members * n + members + 1) * sizeof *o->mean);
    o->sd = o->mean + members * n;
    o->t = o->sd + members * n;
    itp_status st = m && o->mean ? ITP_OK : ITP_ENOMEM;
    for (size_t k = 0; k < members && st == ITP_OK; k++) {
        if ((st = itp_latent_predict(s, k, n, x, m, v)) != ITP_OK) break;
        double noise = itp_surrogate_noise_var(s, k);
        for (size_t i = 0; i < n; i++) {
            o->mean[i * members + k] = m[i];
            o->sd[i * members + k] = sqrt(v[i] + noise);
        }
    }
    free(m);
    return st;
}

static double score(const outlook *o, size_t i, double z)
{
    const double *mean = o->mean + i * o->members, *sd = o->sd + i * o->members;
    for (size_t k = 0; k < o->members; k++) o->t[k] = (z - mean[k]) / sd[k];
    return itp_mixture_score(o->members, o->t, NULL);
}

/* The latent value at point i whose score is r; of a mixture by bisection. */
static double at_score(const outlook *o, size_t i, double r)
{
    const double *mean = o->mean + i * o->members, *sd = o->sd + i * o->members;
    double low = INFINITY, high = -INFINITY;
    for (size_t k = 0; k < o->members; k++) {
        low = fmin(low, mean[k] + r * sd[k]);
        high = fmax(high, mean[k] + r * sd[k]);
    }
    for (int step = 0; step < 200 && high - low > 1e-15 * (1 + fabs(low)); step++) {
        double middle = 0.5 * (low + high);
        if (middle <= low || middle >= high) break;
        if (score(o, i, middle) < r)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

static const itp_scales *scales_of(const itp_surrogate *s, const itp_transform *t)
{
    return &s->scales[t - s->transform];
}

itp_status itp_surrogate_quantile(itp_surrogate *s, size_t n, const double *x, double p,
                                  double *out)
{
    if (!s->class) return ITP_ENOTFIT;
    if (!(p > 0 && p < 1)) return ITP_EINVAL;
    outlook o = {0};
    itp_status st = itp_surrogate_calibrate(s, NULL);
    if (st == ITP_OK) st = look_out(s, n, x, &o);
    const itp_transform *last = NULL;
    double r = 0;
    for (size_t i = 0; i < n && st == ITP_OK; i++) {
        const itp_transform *t = itp_surrogate_transform(s, x + i * s->d);
        if (t != last) r = itp_scales_quantile(scales_of(s, t), p);
        last = t;
        double y = itp_transform_from(t, at_score(&o, i, r)); /* far tails can overflow */
        out[i] = fmin(fmax(y, -DBL_MAX), DBL_MAX);
    }
    free(o.mean);
    return st;
}

/* Latent log density of z at point i. */
static double log_density(const outlook *o, const itp_scales *scales, size_t i, double z)
{
    const double *mean = o->mean + i * o->members, *sd = o->sd + i * o->members;
    double sum = -INFINITY, r = score(o, i, z);
    for (size_t k = 0; k < o->members; k++)
        sum = itp_log_add(sum, itp_log_npdf((z - mean[k]) / sd[k]) - log(sd[k]));
    return sum - log((double)o->members) - itp_log_npdf(r) + itp_scales_log_density(scales, r);
}

itp_status itp_surrogate_log_density(itp_surrogate *s, size_t n, const double *x, const double *y,
                                     double *out)
{
    if (!s->class) return ITP_ENOTFIT;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(y[i])) return ITP_ENONFINITE;
    outlook o = {0};
    itp_status st = itp_surrogate_calibrate(s, NULL);
    if (st == ITP_OK) st = look_out(s, n, x, &o);
    for (size_t i = 0; i < n && st == ITP_OK; i++) {
        const itp_transform *t = itp_surrogate_transform(s, x + i * s->d);
        double z = itp_transform_to(t, y[i]);
        out[i] = t->kind == ITP_TRANSFORM_LOG && !(y[i] > 0)
                     ? -INFINITY
                     : log_density(&o, scales_of(s, t), i, z) - log(itp_transform_slope(t, z));
    }
    free(o.mean);
    return st;
}
