/* matern52.c - the default: k = (1 + u + u^2/3) exp(-u), u = sqrt(5 s); twice differentiable
 * samples. dk/ds = -(5/6) (1 + u) exp(-u),  d2k/ds2 = (25/12) exp(-u). Rasmussen & Williams 2006,
 * eq. 4.17. SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "radial.h"
#include "simd.h"

ITP_CLONES static void value(size_t m, const double *s, double shape, double *k)
{
    (void)shape;
    for (size_t j = 0; j < m; j++) {
        double u = sqrt(5 * s[j]);
        k[j] = (1 + u + u * u * (1.0 / 3)) * itp_exp_neg(-u);
    }
}

ITP_CLONES static void slope(size_t m, const double *s, double shape, double *h)
{
    (void)shape;
    for (size_t j = 0; j < m; j++) {
        double u = sqrt(5 * s[j]);
        h[j] = (-5.0 / 6) * (1 + u) * itp_exp_neg(-u);
    }
}

ITP_CLONES static void both(size_t m, const double *restrict s, double *restrict k,
                            double *restrict h)
{
    for (size_t j = 0; j < m; j++) {
        double u = sqrt(5 * s[j]), e = itp_exp_neg(-u);
        k[j] = (1 + u + u * u * (1.0 / 3)) * e;
        h[j] = (-5.0 / 6) * (1 + u) * e;
    }
}

static double curve(double s, double shape)
{
    (void)shape;
    return 25.0 / 12 * exp(-sqrt(5 * s));
}

const itp_radial ITP_MATERN52 = {"matern52", 0, 1, value, slope, both, curve, NULL};
