/* ask.c - answers in the outcome's unit: means, variances and quantiles of the mixture of members.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"
#include "normal.h"

/* Latent means and variances of all members: members x n each. */
static itp_status all_members(const itp_surrogate *s, size_t n, const double *x, double *mean,
                              double *var)
{
    size_t members = itp_surrogate_members(s);
    itp_status st = members ? ITP_OK : ITP_ENOTFIT;
    for (size_t k = 0; k < members && st == ITP_OK; k++)
        st = itp_latent_predict(s, k, n, x, mean + k * n, var ? var + k * n : NULL);
    return st;
}

itp_status itp_surrogate_predict(const itp_surrogate *s, size_t n, const double *x, double *mean,
                                 double *var)
{
    size_t members = itp_surrogate_members(s);
    if (!members) return ITP_ENOTFIT;
    int plain = s->transform[0].kind == ITP_TRANSFORM_STANDARDISE;
    int wants_var = var || !plain;
    double *m = malloc((2 * members * n + 1) * sizeof *m), *v = m + members * n;
    itp_status st = m ? all_members(s, n, x, m, wants_var ? v : NULL) : ITP_ENOMEM;
    for (size_t i = 0; i < n && st == ITP_OK; i++) {
        const itp_transform *t = itp_surrogate_transform(s, x + i * s->d);
        double first = 0, second = 0, within = 0, at = 0;
        for (size_t k = 0; k < members; k++) {
            double my, vy = 0;
            itp_transform_moments(t, m[k * n + i], wants_var ? v[k * n + i] : 0, &my,
                                  var ? &vy : NULL);
            if (k == 0) at = my; /* differences from the first member do not cancel */
            first += (my - at) / (double)members;
            second += (my - at) * (my - at) / (double)members;
            within += vy / (double)members;
        }
        mean[i] = at + first;
        if (var) var[i] = within + fmax(second - first * first, 0);
    }
    free(m);
    return st;
}

/* Latent quantile p of an even mixture of normals, by bisection. */
static double mixture_quantile(size_t members, size_t stride, const double *mean, const double *sd,
                               double p)
{
    double low = INFINITY, high = -INFINITY, q = itp_ndtri(p);
    for (size_t k = 0; k < members; k++) {
        low = fmin(low, mean[k * stride] + q * sd[k * stride]);
        high = fmax(high, mean[k * stride] + q * sd[k * stride]);
    }
    for (int i = 0; i < 200 && high - low > 1e-15 * (1 + fabs(low)); i++) {
        double middle = 0.5 * (low + high), below = 0;
        if (middle <= low || middle >= high) break;
        for (size_t k = 0; k < members; k++)
            below += itp_ndtr((middle - mean[k * stride]) / sd[k * stride]) / (double)members;
        if (below < p)
            low = middle;
        else
            high = middle;
    }
    return 0.5 * (low + high);
}

itp_status itp_surrogate_quantile(const itp_surrogate *s, size_t n, const double *x, double p,
                                  double *out)
{
    size_t members = itp_surrogate_members(s);
    if (!members) return ITP_ENOTFIT;
    if (!(p > 0 && p < 1)) return ITP_EINVAL;
    double *m = malloc((2 * members * n + 1) * sizeof *m), *v = m + members * n;
    itp_status st = m ? all_members(s, n, x, m, v) : ITP_ENOMEM;
    for (size_t k = 0; k < members && st == ITP_OK; k++)
        for (size_t i = 0; i < n; i++)
            v[k * n + i] = sqrt(v[k * n + i] + itp_surrogate_noise_var(s, k));
    for (size_t i = 0; i < n && st == ITP_OK; i++)
        out[i] = itp_transform_from(itp_surrogate_transform(s, x + i * s->d),
                                    mixture_quantile(members, n, m + i, v + i, p));
    free(m);
    return st;
}

itp_status itp_surrogate_relevance(const itp_surrogate *s, double *relevance)
{
    size_t members = itp_surrogate_members(s);
    if (!members) return ITP_ENOTFIT;
    const itp_param *params = itp_kernel_params(s->kernel);
    memset(relevance, 0, s->d * sizeof *relevance);
    for (size_t k = 0; k < members; k++) {
        const itp_hyper *hyper = s->class->hyper(s, k);
        for (size_t p = 0; p < itp_kernel_n_params(s->kernel); p++)
            if (params[p].kind == ITP_PARAM_LENGTH || params[p].kind == ITP_PARAM_MISMATCH)
                relevance[params[p].column] += exp(-hyper->theta[p]) / (double)members;
    }
    return ITP_OK;
}

size_t itp_surrogate_outliers(const itp_surrogate *s, size_t *rows, size_t max)
{
    return s->class && s->class->outliers ? s->class->outliers(s, rows, max) : 0;
}
