/* prior.c - a person's prior over the optimum (Hvarfner et al. 2022): parameters count
 * independently; a number is normal around what was expected, in the parameter's unit or by
 * factors, and a label counts by its odds. Inactive parameters say nothing.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "belief.h"

/* ln density up to a constant; *slope: its derivative in the parameter's unit. */
static double log_near(const itp_prior *prior, const itp_param *p, double value, double *slope)
{
    if (!isnan(prior->factor)) {
        double width = log(prior->factor), t = log(value / prior->near) / width;
        *slope = -t / (width * value);
        return -0.5 * t * t;
    }
    double off = value - prior->near;
    if (p->period > 0) off -= p->period * round(off / p->period);
    *slope = -off / (prior->sd * prior->sd);
    return -0.5 * off * off / (prior->sd * prior->sd);
}

static double log_odds(const itp_prior *prior, const itp_param *p, double value)
{
    double sum = 0;
    size_t at = 0;
    for (size_t i = 0; i < p->n_levels; i++) sum += prior->odds[i];
    if (p->kind == ITP_CATEGORICAL)
        at = (size_t)value;
    else
        while (at + 1 < p->n_levels && p->levels[at] < value) at++;
    return log(prior->odds[at] / sum);
}

/* slope: n_params, may be NULL. */
static double log_prior(const itp_campaign *c, const double *point, double *slope)
{
    double sum = 0, rise;
    for (size_t i = 0; i < c->n_priors; i++) {
        const itp_prior *prior = &c->priors[i];
        const itp_param *p = itp_space_param(c->space, prior->param);
        double value = point[prior->param];
        if (isnan(value)) continue;
        if (prior->odds) {
            sum += log_odds(prior, p, value);
            continue;
        }
        sum += log_near(prior, p, value, &rise);
        if (slope) slope[prior->param] = rise;
    }
    return sum;
}

static double log_prior_at(const void *context, const double *x, double *grad)
{
    const itp_campaign *c = context;
    size_t n = itp_space_n_params(c->space), d = itp_space_d(c->space);
    double point[n], slope[n];
    memset(slope, 0, n * sizeof *slope);
    if (itp_space_decode(c->space, x, point) != ITP_OK) return 0;
    double value = log_prior(c, point, grad ? slope : NULL);
    if (grad) {
        memset(grad, 0, d * sizeof *grad);
        slope_to_coordinates(c->space, point, slope, grad);
    }
    return value;
}

itp_status prior_pose(posed *p, const itp_campaign *c)
{
    size_t rows = itp_space_n_candidates(c->space);
    if (c->n_priors == 0) return ITP_OK;
    if (rows == 0) {
        p->problem.log_prior_at = log_prior_at;
        p->problem.log_prior_ctx = c;
        return ITP_OK;
    }
    p->log_prior = malloc(rows * sizeof *p->log_prior);
    if (!p->log_prior) return ITP_ENOMEM;
    for (size_t r = 0; r < rows; r++)
        p->log_prior[r] = log_prior(c, itp_space_candidate_point(c->space, r), NULL);
    p->problem.log_prior = p->log_prior;
    return ITP_OK;
}
