/* radial.h - families that are functions of a squared scaled distance s = sum_e (a_e - b_e)^2.
 *   Each family gives value, slope dk/ds and curvature d2k/ds2 over arrays of s (m whole vectors);
 * ard.c supplies the distance and applies the chain rule for lengthscales and inputs.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ITP_RADIAL_H
#define ITP_RADIAL_H

#include <stddef.h>

typedef struct itp_radial {
    const char *name;
    int has_shape; /* 1: one more parameter, ln of its shape */
    int is_smooth; /* 1: twice differentiable at s = 0 in the inputs */
    void (*value)(size_t m, const double *s, double shape, double *k);
    void (*slope)(size_t m, const double *s, double shape, double *h);
    /* Value and slope at once; NULL where that saves nothing. */
    void (*both)(size_t m, const double *s, double *k, double *h);
    double (*curve)(double s, double shape);
    /* d k / d ln shape; NULL without one. */
    void (*by_shape)(size_t m, const double *s, double shape, double *g);
} itp_radial;

extern const itp_radial ITP_MATERN12, ITP_MATERN32, ITP_MATERN52, ITP_RBF, ITP_RQ;

#endif
