/* matern32.c - k = (1 + u) exp(-u), u = sqrt(3 s); once differentiable samples.
 *   dk/ds = -(3/2) exp(-u),  d2k/ds2 = (9/4) exp(-u) / u. Rasmussen & Williams 2006, eq. 4.17.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "radial.h"
#include "simd.h"

ITP_CLONES static void value(size_t m, const double *s, double shape, double *k)
{
    (void)shape;
    for (size_t j = 0; j < m; j++) {
        double u = sqrt(3 * s[j]);
        k[j] = (1 + u) * itp_exp_neg(-u);
    }
}

ITP_CLONES static void slope(size_t m, const double *s, double shape, double *h)
{
    (void)shape;
    for (size_t j = 0; j < m; j++) h[j] = -1.5 * itp_exp_neg(-sqrt(3 * s[j]));
}

ITP_CLONES static void both(size_t m, const double *restrict s, double *restrict k,
                            double *restrict h)
{
    for (size_t j = 0; j < m; j++) {
        double u = sqrt(3 * s[j]), e = itp_exp_neg(-u);
        k[j] = (1 + u) * e;
        h[j] = -1.5 * e;
    }
}

/* At s = 0 it is infinite, but is multiplied there by a product of two differences that are 0. */
static double curve(double s, double shape)
{
    (void)shape;
    double u = sqrt(3 * (s < 1e-300 ? 1e-300 : s));
    return 2.25 * exp(-u) / u;
}

const itp_radial ITP_MATERN32 = {"matern32", 0, 1, value, slope, both, curve, NULL};
