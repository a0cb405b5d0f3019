/* transform.h - outcomes to the latent scale and back: z = T(y), about standard normal.
 *   standardise  z = (y - c0) / s0
 *   log          z = (ln y - c1) / s1, positive outcomes only
 *   yeo-johnson  t = (y - c0) / s0;  z = (YJ(t, lambda) - c1) / s1, lambda by maximum likelihood
 * (Yeo & Johnson 2000). Quantiles go back exactly; moments of a latent normal by the lognormal's
 * formulas or by quadrature to rounding.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_TRANSFORM_H
#define ITP_TRANSFORM_H

#include <stddef.h>

#include "interphase/status.h"

typedef enum itp_transform_kind {
    ITP_TRANSFORM_STANDARDISE,
    ITP_TRANSFORM_LOG,
    ITP_TRANSFORM_YEO_JOHNSON
} itp_transform_kind;

typedef struct itp_transform {
    itp_transform_kind kind;
    double c0, s0, lambda, c1, s1;
} itp_transform;

/* Fits to y (n, finite). A log of something not positive becomes standardise. */
itp_status itp_transform_fit(itp_transform *t, itp_transform_kind kind, size_t n, const double *y);

double itp_transform_to(const itp_transform *t, double y);
double itp_transform_from(const itp_transform *t, double z);
/* dy/dz at z, positive. */
double itp_transform_slope(const itp_transform *t, double z);

/* Mean and variance of y when z ~ N(mean, var); var_y may be NULL. */
void itp_transform_moments(const itp_transform *t, double mean, double var, double *mean_y,
                           double *var_y);

/* "standardise", "log", "yeo-johnson". */
const char *itp_transform_name(itp_transform_kind kind);
/* -1: unknown. */
int itp_transform_find(const char *name);

#endif
