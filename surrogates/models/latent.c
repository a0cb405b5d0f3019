/* latent.c - questions on the latent scale, where f is a Gaussian process.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "model.h"

size_t itp_surrogate_members(const itp_surrogate *s)
{
    return s->class ? s->class->members(s) : 0;
}

static const itp_transform *transform_of(const itp_surrogate *s, unsigned outcome)
{
    return &s->transform[outcome < s->outcomes ? outcome : 0];
}

double itp_surrogate_to_latent(const itp_surrogate *s, double y)
{
    return itp_transform_to(transform_of(s, 0), y);
}

double itp_surrogate_from_latent(const itp_surrogate *s, double z)
{
    return itp_transform_from(transform_of(s, 0), z);
}

double itp_surrogate_outcome_to_latent(const itp_surrogate *s, unsigned outcome, double y)
{
    return itp_transform_to(transform_of(s, outcome), y);
}

double itp_surrogate_outcome_from_latent(const itp_surrogate *s, unsigned outcome, double z)
{
    return itp_transform_from(transform_of(s, outcome), z);
}

double itp_surrogate_from_latent_slope(const itp_surrogate *s, double z)
{
    return itp_transform_slope(transform_of(s, 0), z);
}

/* What is known of the rows' noise, as it was on average. */
static double usual_known(const itp_rows *rows)
{
    double sum = 0;
    for (size_t i = 0; i < rows->n; i++) sum += rows->known[i];
    return rows->n ? sum / (double)rows->n : 0;
}

double itp_surrogate_noise_var(const itp_surrogate *s, size_t member)
{
    return s->class ? s->class->noise_var(s, member) + usual_known(&s->rows) : 0;
}

static itp_status check(const itp_surrogate *s, size_t member)
{
    if (!s->class) return ITP_ENOTFIT;
    return member < s->class->members(s) ? ITP_OK : ITP_EINVAL;
}

itp_status itp_latent_predict(const itp_surrogate *s, size_t member, size_t n, const double *x,
                              double *mean, double *var)
{
    itp_status st = check(s, member);
    if (st != ITP_OK) return st;
    st = s->class->predict ? s->class->predict(s, member, n, x, mean, var)
                           : itp_gp_predict(&s->class->member(s, member)->gp, n, x,
                                            s->options.threads, mean, var);
    return st == ITP_OK ? itp_surrogate_add_levels(s, n, x, mean) : st;
}

itp_status itp_latent_predict_grad(const itp_surrogate *s, size_t member, const double *x,
                                   double *mean, double *var, double *dmean, double *dvar)
{
    itp_status st = check(s, member);
    if (st != ITP_OK) return st;
    st = s->class->predict_grad
             ? s->class->predict_grad(s, member, x, mean, var, dmean, dvar)
             : itp_gp_predict_grad(&s->class->member(s, member)->gp, x, mean, var, dmean, dvar);
    if (st == ITP_OK) st = itp_surrogate_add_levels(s, 1, x, mean);
    return st == ITP_OK ? itp_surrogate_add_slope(s, x, dmean) : st;
}

itp_status itp_latent_joint(const itp_surrogate *s, size_t member, size_t q, const double *x,
                            double *mean, double *cov)
{
    itp_status st = check(s, member);
    if (st != ITP_OK) return st;
    st = s->class->joint ? s->class->joint(s, member, q, x, mean, cov)
                         : itp_gp_joint(&s->class->member(s, member)->gp, q, x, mean, cov);
    return st == ITP_OK ? itp_surrogate_add_levels(s, q, x, mean) : st;
}
