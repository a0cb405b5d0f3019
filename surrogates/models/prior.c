/* prior.c - log densities by the kind of parameter.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "prior.h"

#include <math.h>

#include "normal.h"

static const double LENGTH_SD = 1.7320508075688772; /* sqrt 3 */

typedef struct {
    double mean, sd; /* of theta */
    int is_log;      /* a density of exp(theta) under ITP_MEASURE_NATURAL */
    double lower, upper;
} shape;

static shape shape_of(itp_param_kind kind, size_t dims)
{
    double d = dims ? (double)dims : 1;
    switch (kind) {
    case ITP_PARAM_LENGTH:
    case ITP_PARAM_MISMATCH:
        return (shape){ITP_SQRT_2 + 0.5 * log(d), LENGTH_SD, 1, ITP_LENGTH_LN_LEAST,
                       ITP_LENGTH_LN_MOST};
    case ITP_PARAM_SHAPE: return (shape){0, 1, 0, -5, 5};
    case ITP_PARAM_VARIANCE: return (shape){-0.6931471805599453, 1.5, 0, -12, 6};
    case ITP_PARAM_SLOPE: return (shape){0, 2, 0, -14, 6};
    case ITP_PARAM_MIX: return (shape){0, 2, 0, -10, 10};
    case ITP_PARAM_LOADING: return (shape){0, 2, 0, -4, 4};
    }
    return (shape){0, 1, 0, -10, 10};
}

static double log_density(shape s, itp_measure measure, double theta, double *grad)
{
    double t = (theta - s.mean) / s.sd, natural = s.is_log && measure == ITP_MEASURE_NATURAL;
    if (grad) *grad += -t / s.sd - natural;
    return -0.5 * t * t - log(s.sd) - 0.5 * ITP_LOG_2PI - natural * theta;
}

double itp_prior_kernel(const itp_kernel *kernel, itp_measure measure, const double *theta,
                        double *grad)
{
    const itp_param *params = itp_kernel_params(kernel);
    double sum = 0;
    for (size_t p = 0; p < itp_kernel_n_params(kernel); p++) {
        shape s = shape_of(params[p].kind, itp_kernel_dims(kernel));
        sum += log_density(s, measure, theta[p], grad ? grad + p : NULL);
    }
    return sum;
}

double itp_prior_noise(itp_measure measure, double ln_noise, double *grad)
{
    return log_density((shape){-4, 1, 1, 0, 0}, measure, ln_noise, grad);
}

void itp_prior_box(const itp_kernel *kernel, double *lower, double *upper)
{
    const itp_param *params = itp_kernel_params(kernel);
    for (size_t p = 0; p < itp_kernel_n_params(kernel); p++) {
        shape s = shape_of(params[p].kind, itp_kernel_dims(kernel));
        lower[p] = s.lower;
        upper[p] = s.upper;
    }
}

/* Lengthscales are drawn around where the data usually put them, between the prior's mode and its
 * median: further out the likelihood is flat and a search would never come back. */
void itp_prior_draw(const itp_kernel *kernel, itp_stream *stream, double *theta)
{
    const itp_param *params = itp_kernel_params(kernel);
    for (size_t p = 0; p < itp_kernel_n_params(kernel); p++) {
        shape s = shape_of(params[p].kind, itp_kernel_dims(kernel));
        double centre = s.is_log ? s.mean - 2 : s.mean, sd = s.is_log ? 1 : 0.5 * s.sd;
        double draw = centre + sd * itp_stream_normal(stream);
        theta[p] = fmin(fmax(draw, s.lower), s.upper);
    }
}
