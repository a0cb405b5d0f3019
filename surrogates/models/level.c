/* level.c - a prior mean: what another model says of f, in the units of y, is taken off before the
 * fit and added to every answer. Only the rest is standardised, so that its scale is the fit's own:
 *   z = (y - b(x) - c)/s,   f(x) = c + s (g(x) + b(x)/s)
 * The latent level at x is b(x)/s; its transform is affine, so that one scale serves all.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "model.h"

itp_status itp_surrogate_set_mean(itp_surrogate *s, const itp_surrogate *mean)
{
    if (mean && (!mean->class || mean->d != s->d || s->outcomes > 1)) return ITP_EINVAL;
    if (s->class) s->class->clear(s);
    s->class = NULL;
    s->mean = mean;
    if (mean) snprintf(s->transform_name, ITP_NAME_MAX, "standardise");
    return ITP_OK;
}

/* b(x) in units of y, averaged over members; its gradient (d, may be NULL). */
static itp_status mean_at(const itp_surrogate *mean, const double *x, double *value, double *grad)
{
    size_t d = mean->d, members = itp_surrogate_members(mean);
    double m, v, *slope = grad ? malloc((d + 1) * sizeof *slope) : NULL;
    if (grad && !slope) return ITP_ENOMEM;
    *value = 0;
    if (grad) memset(grad, 0, d * sizeof *grad);
    itp_status st = ITP_OK;
    for (size_t k = 0; k < members && st == ITP_OK; k++) {
        st = grad ? itp_latent_predict_grad(mean, k, x, &m, &v, slope, NULL)
                  : itp_latent_predict(mean, k, 1, x, &m, NULL);
        if (st != ITP_OK) break;
        double by = itp_surrogate_from_latent_slope(mean, m) / (double)members;
        *value += itp_surrogate_from_latent(mean, m) / (double)members;
        for (size_t j = 0; grad && j < d; j++) grad[j] += by * slope[j];
    }
    free(slope);
    return st;
}

itp_status itp_surrogate_level(const itp_surrogate *s, const double *x, double *value, double *grad)
{
    *value = 0;
    if (!s->mean) {
        if (grad) memset(grad, 0, s->d * sizeof *grad);
        return ITP_OK;
    }
    double scale = itp_transform_slope(&s->transform[0], 0);
    itp_status st = mean_at(s->mean, x, value, grad);
    *value /= scale;
    for (size_t j = 0; grad && j < s->d; j++) grad[j] /= scale;
    return st;
}

itp_status itp_surrogate_add_levels(const itp_surrogate *s, size_t n, const double *x, double *mean)
{
    if (!s->mean) return ITP_OK;
    double scale = itp_transform_slope(&s->transform[0], 0);
    size_t members = itp_surrogate_members(s->mean);
    double *m = malloc((n + 1) * sizeof *m);
    itp_status st = m ? ITP_OK : ITP_ENOMEM;
    for (size_t k = 0; k < members && st == ITP_OK; k++) {
        st = itp_latent_predict(s->mean, k, n, x, m, NULL);
        for (size_t i = 0; i < n && st == ITP_OK; i++)
            mean[i] += itp_surrogate_from_latent(s->mean, m[i]) / (double)members / scale;
    }
    free(m);
    return st;
}

itp_status itp_surrogate_add_slope(const itp_surrogate *s, const double *x, double *dmean)
{
    if (!s->mean || !dmean) return ITP_OK;
    double value, *slope = malloc((s->d + 1) * sizeof *slope);
    itp_status st = slope ? itp_surrogate_level(s, x, &value, slope) : ITP_ENOMEM;
    for (size_t j = 0; j < s->d && st == ITP_OK; j++) dmean[j] += slope[j];
    free(slope);
    return st;
}
