/* matern12.c - exponential kernel: k = exp(-r), r = sqrt(s); continuous, nowhere smooth.
 *   dk/ds = -exp(-r) / (2r): infinite at r = 0, where its factor (a - b) is 0, so r is kept above
 * 1e-150. Rasmussen & Williams 2006, eq. 4.18.
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "radial.h"
#include "simd.h"

static const double TINY = 1e-300; /* of s */

ITP_CLONES static void value(size_t m, const double *s, double shape, double *k)
{
    (void)shape;
    for (size_t j = 0; j < m; j++) k[j] = itp_exp_neg(-sqrt(s[j]));
}

ITP_CLONES static void slope(size_t m, const double *s, double shape, double *h)
{
    (void)shape;
    for (size_t j = 0; j < m; j++) {
        double r = sqrt(s[j] < TINY ? TINY : s[j]);
        h[j] = -itp_exp_neg(-r) / (2 * r);
    }
}

ITP_CLONES static void both(size_t m, const double *restrict s, double *restrict k,
                            double *restrict h)
{
    for (size_t j = 0; j < m; j++) {
        double r = sqrt(s[j] < TINY ? TINY : s[j]);
        k[j] = itp_exp_neg(-r);
        h[j] = -k[j] / (2 * r);
    }
}

static double curve(double s, double shape)
{
    (void)shape;
    double r = sqrt(s < TINY ? TINY : s);
    return exp(-r) * (1 + r) / (4 * r * r * r);
}

const itp_radial ITP_MATERN12 = {"matern12", 0, 0, value, slope, both, curve, NULL};
